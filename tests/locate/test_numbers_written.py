"""Customer numbers, addresses and IBANs as people, Word and line breaks write them."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped]

from tests.locate.conftest import Build
from tests.locate.test_screening import sureness
from unlearnkit.corpus.normalise import REGIONS, fold
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.blocks import blocks, holding
from unlearnkit.locate.identifiers import how_written, patterns_for
from unlearnkit.locate.sieve import needed

NUMBER = Identifier(IdentifierKind.CUSTOMER_ID, "C-104211")
DIGITS = Identifier(IdentifierKind.CUSTOMER_ID, "10115678")
CLOCK = Identifier(IdentifierKind.CUSTOMER_ID, "AM-1200")
ADDRESS = Identifier(IdentifierKind.ADDRESS, "Lindenstraße 12, 10969 Berlin")
IBAN = Identifier(IdentifierKind.OTHER, "DE89370400440532013000")


def located(one: Identifier, text: str) -> str:
    """How `locate` takes what it finds; empty where its coarse or its fine look finds nothing."""
    among = blocks([text])
    if not any(list(holding(pattern, among)) for pattern in needed(one, REGIONS)):
        return ""
    patterns = (regex.compile(each, regex.IGNORECASE) for each in patterns_for(one, REGIONS))
    found = [each.span() for pattern in patterns for each in pattern.finditer(fold(text))]
    return how_written(one, text, *found[0], REGIONS) if found else ""


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (NUMBER, "see C\u2011104211"),
        (NUMBER, "see C\u2013104211"),
        (NUMBER, "Kundennr. C 104 211"),
        (DIGITS, "Kunden-Nr.: 10 115 678"),
        (IBAN, "to de89 3704 0044 0532 0130 00"),
        (IBAN, "to DE89\n3704 0044 0532\n0130 00."),
    ],
)
def test_they_are_certain(world: Build, one: Identifier, text: str) -> None:
    assert located(one, text) in ("exact", "normalised")
    assert sureness(world(text), one) == {"1": "certain"}


@pytest.mark.parametrize(
    ("one", "text"),
    [(NUMBER, "C-10 42 11"), (DIGITS, "10 115 678 then")],
)
def test_figures_apart_may_be_others(world: Build, one: Identifier, text: str) -> None:
    assert located(one, text) == "partial"
    assert sureness(world(text), one) == {"1": "uncertain"}


@pytest.mark.parametrize(
    ("one", "text"),
    [(NUMBER, "C 104 212"), (NUMBER, "XC-104211"), (IBAN, "DE89 3704 0044 0532 0130 01")],
)
def test_others_are_not_found(world: Build, one: Identifier, text: str) -> None:
    assert located(one, text) == ""
    assert sureness(world(text), one) == {}


def test_the_list_which_has_no_digits_takes_a_letter_and_threes_for_the_number(
    world: Build,
) -> None:
    assert located(NUMBER, "see C 104 211") == "partial"
    assert sureness(world("see C 104 211"), NUMBER) == {"1": "certain"}


def test_a_time_of_day_is_no_customers(world: Build) -> None:
    assert located(CLOCK, "am 12 00 Uhr") == ""
    assert sureness(world("am 12 00 Uhr"), CLOCK) == {"1": "uncertain"}


@pytest.mark.parametrize(
    "text", ["Lindenstrasse 12, 10969 Berlin", "LINDENSTRASSE 12 10969 BERLIN"]
)
def test_an_address_is_found_with_two_s_for_one_letter(text: str) -> None:
    assert located(ADDRESS, text)
