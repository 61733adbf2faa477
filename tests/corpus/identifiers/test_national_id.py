"""National numbers: found where the check digit holds, in any spelling, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.identifiers.national_id import ENTITY, standard
from unlearnkit.corpus.nlp import Analyzer, detect

NUMBERS = [
    ("36 574 261 809", "de.idnr:36574261809"),
    ("54362315-K", "es.dni:54362315K"),
    ("x-2482300w", "es.nie:X2482300W"),
    ("2 95 10 99 126 111 93", "fr.nir:295109912611193"),
    ("RCCMNL83S18D969H", "it.codicefiscale:RCCMNL83S18D969H"),
    ("44051401359", "pl.pesel:44051401359"),
]


@pytest.mark.parametrize(("written", "whole"), NUMBERS)
def test_it_is_one_number_however_it_is_written(written: str, whole: str) -> None:
    assert standard(written) == standard(f" {written} ") == standard(whole) == whole


@pytest.mark.parametrize(("written", "whole"), NUMBERS)
def test_it_is_found_in_a_sentence(patterns_only: Analyzer, written: str, whole: str) -> None:
    text = f"The file says {written}, since May."
    (spans,) = detect(patterns_only, [text])
    found = [text[one.start : one.end] for one in spans if one.entity == ENTITY]
    assert [standard(one) for one in found] == [whole]


@pytest.mark.parametrize(
    "text",
    [
        "36 574 261 890",  # two figures changed places
        "54362315-L",
        "44051401358",
        "order 10000000000, invoice 12345678901",
        "call +1 202 555 0143",
        "078-05-1120",
    ],
)
def test_figures_that_fail_the_check_are_none(patterns_only: Analyzer, text: str) -> None:
    (spans,) = detect(patterns_only, [f"See {text}."])
    assert [one for one in spans if one.entity == ENTITY] == []


@given(st.integers(0, 10**11 - 1))
def test_of_ten_last_figures_one_at_most_makes_a_number(number: int) -> None:
    found = [standard(f"{number:011d}"[:-1] + last) for last in "0123456789"]
    for name in ("de.idnr", "pl.pesel"):
        assert sum(one.startswith(name) for one in found) <= 1
