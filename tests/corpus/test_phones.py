"""The quick phone recogniser finds what Presidio's finds, to the letter."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.corpus.phones import QuickPhoneRecognizer

EVERY_REGION = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = (
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.UAN,
)
WIDE = str.maketrans("0123456789+()-", "０１２３４５６７８９＋（）－")
BETWEEN = [
    "", " ", "  ", "-", " - ", ".", "/", "(", ")", " (", "[", "]", "+", "＋", "\u00a0", "\u2013",
    "\uff0d", "~", "x", " x", " ext. ", ";ext=", " #", "\n", ", ", "a", "$", "%", "é",
]  # fmt: skip


def written(region: str, kind: int, form: int) -> str:
    """A number of this kind as the region writes it, abroad, at home, or as a link."""
    example = phonenumbers.example_number_for_type(region, kind)
    return phonenumbers.format_number(example, form) if example else "112"


NUMBERS = st.builds(
    written, st.sampled_from(EVERY_REGION), st.sampled_from(KINDS), st.integers(0, 3)
)
USUAL_NUMBERS = st.builds(
    written, st.sampled_from(REGIONS), st.sampled_from(KINDS), st.integers(0, 3)
)
FIGURES = st.text("0123456789", min_size=1, max_size=13)
ABROAD = st.builds("".join, st.tuples(st.sampled_from(["00", "011", "0049", "1"]), FIGURES))
PARTS = st.one_of(NUMBERS, USUAL_NUMBERS, FIGURES, ABROAD, st.text(max_size=3))
TEXTS = st.lists(
    st.tuples(PARTS | PARTS.map(lambda part: part.translate(WIDE)), st.sampled_from(BETWEEN)),
    max_size=5,
).map(lambda parts: "".join(part + between for part, between in parts))


def found(recogniser: Any, text: str) -> list[tuple[str, int, int, float, str]]:
    name = "recognizer_name"
    return [
        (one.entity_type, one.start, one.end, one.score, one.recognition_metadata[name])
        for one in recogniser.analyze(text, ["PHONE_NUMBER"])
    ]


def both(regions: tuple[str, ...], text: str) -> tuple[list[Any], list[Any]]:
    presidio = PhoneRecognizer(supported_regions=regions)
    return found(QuickPhoneRecognizer("en", regions), text), found(presidio, text)


@settings(max_examples=300)
@given(TEXTS)
def test_it_finds_what_presidio_finds_in_the_usual_regions(text: str) -> None:
    ours, presidios = both(REGIONS, text)
    assert ours == presidios


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*EVERY_REGION, "XX"]), min_size=1, max_size=4), TEXTS)
def test_it_finds_what_presidio_finds_in_any_regions(regions: list[str], text: str) -> None:
    ours, presidios = both(tuple(regions), text)
    assert ours == presidios


@pytest.mark.parametrize("region", EVERY_REGION)
def test_numbers_of_a_region_are_found_however_they_are_dialled(region: str) -> None:
    own = {written(region, kind, form) for kind in KINDS for form in range(4)}
    example = phonenumbers.example_number(region)
    national = phonenumbers.national_significant_number(example)
    bare = {national, f"{example.country_code}{national}", f"00{example.country_code}{national}"}
    for number in own | bare | {f"011 {example.country_code} {national}", national[-7:]}:
        ours, presidios = both((region,), f"call {number}, thanks")
        assert ours == presidios


@pytest.mark.parametrize(
    ("regions", "text", "spans"),
    [
        (("US",), "call (702) 555-0143 x12 or +49 30 901820", [(5, 23), (27, 40)]),
        (("DE", "US"), "030 901820 and 212 555 0142", [(0, 10), (15, 27)]),
        (("DE",), "dial 001 212 555 0142", [(5, 21)]),
        (("AG",), "locally 4601234", [(8, 15)]),  # seven figures, to which 268 is added
        (("US",), "locally 4601234", []),
        (("AG",), "212 555 0142", [(0, 12)]),  # of another region with the same country code
        (("XX",), "020 7946 0958 or +44 20 7946 0958", [(17, 33)]),
        (("GB",), "on 2024-05-06, order 5550143, 12.50", []),
    ],
)
def test_what_it_finds(regions: tuple[str, ...], text: str, spans: list[Any]) -> None:
    ours, presidios = both(regions, text)
    assert ours == presidios
    assert [(start, end) for _, start, end, *_ in ours] == spans
