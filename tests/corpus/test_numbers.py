"""One spelling for numbers and dates with a standard, and none for what may be something else."""

from __future__ import annotations

import datetime
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from unlearnkit.corpus.numbers import NUMBERS, card, date, iban, ip_address

GERMAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    "written",
    ["DE89 3704 0044 0532 0130 00", "de89-3704-0044-0532-0130-00", f"IBAN: {GERMAN}", GERMAN],
)
def test_an_iban_is_the_same_in_any_spelling(written: str) -> None:
    assert iban(written) == GERMAN


@pytest.mark.parametrize("wrong", ["DE88370400440532013000", GERMAN[:-1], "DE89", "", "IBAN"])
def test_what_fails_its_check_digits_is_no_iban(wrong: str) -> None:
    assert iban(wrong) == ""


def spaced(text: str, gaps: list[int], gap: str) -> str:
    for at in sorted(gaps, reverse=True):
        text = text[:at] + gap + text[at:]
    return text


@given(st.integers(0, 10**18 - 1), st.lists(st.integers(1, 21), unique=True), st.sampled_from(" -"))
def test_any_iban_stays_what_it_is_with_gaps(account: int, gaps: list[int], gap: str) -> None:
    number = f"{account:018d}"
    whole = f"DE{mod_97_10.calc_check_digits(number + 'DE')}{number}"
    assert iban(spaced(whole, gaps, gap).lower()) == whole


@given(st.integers(10**11, 10**18 - 1), st.lists(st.integers(1, 11), unique=True))
def test_any_card_stays_what_it_is_with_gaps(number: int, gaps: list[int]) -> None:
    whole = f"{number}{luhn.calc_check_digit(str(number))}"
    assert card(spaced(whole, gaps, " ")) == card(spaced(whole, gaps, "-")) == whole
    other = whole[:-1] + str((int(whole[-1]) + 1) % 10)
    assert card(other) == ""


@given(st.ip_addresses(v=6))
def test_an_address_of_version_6_has_one_spelling(address: ipaddress.IPv6Address) -> None:
    spellings = (address.compressed, address.exploded, address.exploded.upper())
    assert {ip_address(one) for one in spellings} == {str(address)}
    assert ip_address(f"[{address}]") == str(address)


def test_what_is_no_address_has_none() -> None:
    assert [ip_address(one) for one in ("1.2.3", "1.2.3.256", "", "::g")] == [""] * 4
    assert ip_address(" 192.0.2.1 ") == "192.0.2.1"


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(9999, 12, 31)))
def test_a_whole_date_has_one_spelling(day: datetime.date) -> None:
    month = day.strftime("%B")
    for written in (
        day.isoformat(),
        f"{day.day} {month} {day.year:04d}",
        f"{month} {day.day}, {day.year:04d}",
        f"{day.day}th of {month[:3]} {day.year:04d}",
    ):
        assert date(written) == day.isoformat(), written


UNSURE = "03/04/1980|March 1980|3 March|1980|3 March 80|yesterday|14:00||٣ May 1980"


@pytest.mark.parametrize("unsure", UNSURE.split("|"))
def test_a_date_that_may_be_another_day_has_none(unsure: str) -> None:
    assert date(unsure) == ""


def test_a_day_over_twelve_says_which_is_the_month() -> None:
    assert date("13/04/1980") == date("04/13/1980") == "1980-04-13"


@given(st.sampled_from(sorted(NUMBERS)), st.text() | st.text("0123456789 :-/.,DEabt+T"))
def test_no_text_is_too_strange_and_what_is_spelt_stays(entity: str, text: str) -> None:
    once = NUMBERS[entity](text)
    assert NUMBERS[entity](once) == once
