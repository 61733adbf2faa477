"""A value is found however it is written, and not inside another one."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unlearnkit.corpus.nlp import CUSTOMER, DATE, EMAIL, LOCATION, PERSON, PHONE
from unlearnkit.corpus.spellings import says

AROUND = st.text(alphabet="abc ,;:!?\n", max_size=12)
WORDS = st.text(alphabet="abcdefghij", min_size=2, max_size=8)
PHONES = st.from_regex(r"212[2-9][0-9]{6}", fullmatch=True)
DAYS = st.dates(date(1950, 1, 1), date(2050, 12, 31))
CODES = st.from_regex(r"[A-Z]{1,3}-?[0-9]{4,8}", fullmatch=True)


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        (PERSON, "Geneviève Letellier", "it was GENEVIEVE  LETELLIER's parcel"),
        (PERSON, "J. Smith", "ask j smith"),
        (LOCATION, "New York", "in new\nyork,"),
        (EMAIL, "R.Smith@Quibble.example", "write to r.smith@quibble.example."),
        (PHONE, "(212) 555-0142", "+1 212 555 0142"),
        (PHONE, "(212) 555-0142", "tel 212.555.0142, or"),
        (PHONE, "+44 20 7946 0018", "call 020 7946 0018"),
        (PHONE, "030 901820", "+49 (0)30 901820"),
        (DATE, "3 March 2024", "on 2024-03-03"),
        (DATE, "3 March 2024", "on March 3rd, 2024"),
        (DATE, "2024-03-13", "the 13th of march 2024"),
        (DATE, "13.03.2024", "13 Mar 2024"),
        (DATE, "26 October", "since october 26"),
        (DATE, "Sept 9, 2023", "9 September 2023"),
        (DATE, "17:30", "at 17:30."),
        (DATE, "Monday", "MONDAY it is"),
        (CUSTOMER, "C-123456", "number c 123456"),
        ("AMOUNT", "$1,312.50", "it was 1312.50 USD"),
        ("AMOUNT", "$312", "312.00 dollars"),
        ("REFERENCE", "LN-334332", "order LN334332"),
        (PERSON, "Ｍｉｒａ Holt", "Mira Holt"),
    ],
)
def test_other_spellings_are_the_same_value(entity: str, value: str, text: str) -> None:
    assert says(text, entity, value)


@pytest.mark.parametrize(
    ("entity", "value", "text"),
    [
        ("FIGURES", "12", "in 2012"),
        ("FIGURES", "1234", "12345"),
        (PERSON, "Ann", "Anna"),
        (PERSON, "Mira Holt", "Mira Colt"),
        (EMAIL, "smith@quibble.example", "r.smith@quibble.example"),
        (EMAIL, "smith@quibble.example", "smith@quibble.example.com"),
        (PHONE, "(212) 555-0142", "212 555 01421"),
        (PHONE, "(212) 555-0142", "9212 555 0142"),
        (DATE, "3 March 2024", "13 March 2024"),
        (DATE, "3 March 2024", "3 March 2023"),
        (DATE, "26 October", "26 Octavia"),
        (DATE, "3 May 2024", "3 4 2024"),
        (CUSTOMER, "C-123456", "C-1234567"),
        ("AMOUNT", "$312.50", "$31,250"),
        ("AMOUNT", "$312.50", "$1,312.50"),
        ("AMOUNT", "$312", "$312.50"),
        (PERSON, "--", "-- a --"),
    ],
)
def test_another_value_is_not_this_one(entity: str, value: str, text: str) -> None:
    assert not says(text, entity, value)


@given(value=WORDS, before=AROUND, after=AROUND, entity=st.sampled_from([PERSON, LOCATION, DATE]))
def test_a_word_is_found_by_itself_in_any_case(
    value: str, before: str, after: str, entity: str
) -> None:
    assert says(f"{before} {value.upper()} {after}", entity, value)


@given(value=WORDS, more=WORDS, entity=st.sampled_from([PERSON, LOCATION, "OTHER"]))
def test_no_part_of_a_longer_word_counts(value: str, more: str, entity: str) -> None:
    assert not says(value + "x" + more, entity, value)
    assert not says(more + "x" + value, entity, value)


@given(
    digits=PHONES,
    separators=st.lists(st.sampled_from(["", " ", "-", ".", ") "]), min_size=9, max_size=9),
)
def test_a_phone_number_is_its_digits_whatever_stands_between(
    digits: str, separators: list[str]
) -> None:
    written = "".join(a + b for a, b in zip(digits, [*separators, ""], strict=True))
    value = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    assert says(f"call {written} now", PHONE, value)
    assert not says(f"call {written}7", PHONE, value)


SWISS = ("US", "GB", "DE", "FR", "CH")


@pytest.mark.parametrize("regions", [("CH",), ("CH", "US"), SWISS])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("044 668 18 00", "Call +41446681800 now"),
        ("044 668 18 00", "Call 0041 44 668 18 00 now"),
        ("+41 44 668 18 00", "Call 044 668 18 00 now"),
    ],
)
def test_a_number_may_be_of_any_of_the_regions(
    value: str, text: str, regions: tuple[str, ...]
) -> None:
    assert says(text, PHONE, value, regions)
    assert not says(text.replace("668", "669"), PHONE, value, regions)


def test_a_number_of_no_region_is_another_one() -> None:
    assert not says("Call +41446681800 now", PHONE, "044 668 18 00", ("US", "GB"))


@given(day=DAYS, other=DAYS)
def test_a_day_is_found_in_every_format_and_no_other_day(day: date, other: date) -> None:
    value = f"{day.day} {day:%B %Y}"
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y"):
        assert says(f"born {day.strftime(form)}.", DATE, value)
    swapped = (other.year, other.day, other.month) == (day.year, day.month, day.day)
    assume(other != day and not swapped)
    assert not says(f"born {other:%Y-%m-%d}.", DATE, value)
    assert not says(f"born {other:%d.%m.%Y}.", DATE, value)


@given(value=CODES, digit=st.integers(0, 9))
def test_a_code_is_found_with_and_without_its_dash_and_not_in_a_longer_one(
    value: str, digit: int
) -> None:
    assert says(f"code {re.sub('-', ' ', value).lower()}.", "REFERENCE", value)
    assert not says(f"code {value}{digit}", "REFERENCE", value)
