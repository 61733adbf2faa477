"""Why a record matched, in words."""

from __future__ import annotations

import pytest

from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.hits import WEIGHTS, Hit
from unlearnkit.locate.reasons import reason

K = IdentifierKind


def test_each_reason_is_told_once_strongest_first_and_then_the_doubt() -> None:
    hits = [
        Hit(K.EMAIL, "exact", 0, 1, "test"),
        Hit(K.NAME, "partial", 2, 3, "test"),
        Hit(K.NAME, "partial", 4, 5, "test"),
    ]
    assert reason(hits, "") == "The subject's e-mail address; part of the subject's full name"
    assert reason(hits[1:], "weak") == (
        "Part of the subject's full name - nothing else in the record says who is meant"
    )


def test_a_number_in_doubt_is_told_as_what_it_is() -> None:
    """All of it stands there: it is no part of a longer one."""
    told = reason([Hit(K.PHONE, "partial", 0, 5, "test")], "")
    assert told == "Figures like the subject's phone number that may be another number"


@pytest.mark.parametrize("kind", list(K))
@pytest.mark.parametrize("how", sorted(WEIGHTS))
def test_every_piece_of_evidence_has_words(kind: IdentifierKind, how: str) -> None:
    sentence = reason([Hit(kind, how, 0, 1, "test")], "")
    assert sentence[0].isupper()
    assert "{" not in sentence


@pytest.mark.parametrize(
    "doubt",
    [
        *("linked", "beside another", "mixed thread", "crowded", "names another", "name only"),
        *("namesake", "born", "weak"),
    ],
)
def test_every_doubt_has_words(doubt: str) -> None:
    certain = reason([Hit(K.NAME, "exact", 0, 1, "test")], "")
    assert reason([Hit(K.NAME, "exact", 0, 1, "test")], doubt).startswith(f"{certain} - ")
