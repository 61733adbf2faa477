"""Which words are known to be names."""

from __future__ import annotations

from unlearnkit.corpus.known_names import known_names


def test_names_that_are_words_too_are_known() -> None:
    assert {"Mark", "Rose", "Bill", "Hill", "Koch", "Sommer", "Müller"} <= known_names()


def test_words_that_are_no_names_are_not() -> None:
    assert known_names().isdisjoint({"Nummer", "Rechnung", "Adresse", "der", "van", "the"})
