"""The recognisers that always run, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer import Pattern, PatternRecognizer
from presidio_analyzer.predefined_recognizers import DateRecognizer, IbanRecognizer, IpRecognizer

from unlearnkit.corpus.identifiers import kinds
from unlearnkit.corpus.nlp import Analyzer, detect
from unlearnkit.corpus.recognisers import (
    OfflineEmailRecognizer,
    standing_recognisers,
    where_a_pattern_stands,
)
from unlearnkit.errors import BadInput

FOUND = [
    ("EMAIL_ADDRESS", "zoltana+shop@quibble.example"),
    ("PHONE_NUMBER", "+44 20 7946 0958"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("IBAN_CODE", "DE89370400440532013000"),
    ("IP_ADDRESS", "192.168.10.77"),
    ("DATE_TIME", "2024-03-09"),
    ("CUSTOMER_ID", "CUST-0815"),
    ("CUSTOMER_ID", "c#4711"),
]


VALUES = [value for _, value in FOUND] + ["::1", "1/2/24", "GB82WEST12345698765432", "z@y", "1.2.3"]
TEXTS = st.lists(st.sampled_from(VALUES) | st.text(max_size=4), max_size=4).map(" ".join)


@pytest.mark.parametrize(("entity", "value"), FOUND)
def test_it_is_found_in_a_sentence(patterns_only: Analyzer, entity: str, value: str) -> None:
    text = f"Please see {value}, thanks."
    (spans,) = detect(patterns_only, [text])
    assert (entity, value) in [(one.entity, text[one.start : one.end]) for one in spans]


@pytest.mark.parametrize("value", ["4111 1111 1111 1112", "DE88370400440532013000"])
def test_a_wrong_checksum_is_no_card_and_no_account(patterns_only: Analyzer, value: str) -> None:
    (spans,) = detect(patterns_only, [f"Please see {value}, thanks."])
    assert not {"CREDIT_CARD", "IBAN_CODE"} & {one.entity for one in spans}


def test_a_public_suffix_makes_sure_and_a_private_one_stays_possible() -> None:
    recogniser = OfflineEmailRecognizer()
    assert recogniser.validate_result("zoltana@quibble.co.uk") is True
    assert recogniser.validate_result("zoltana@mail.corp.local") is None


def test_customer_numbers_are_optional_and_their_patterns_are_checked() -> None:
    found = [standing_recognisers("en", ["US"], some) for some in ([], [r"\d{9}"])]
    usual, with_numbers = ([one.name for one in some] for some in found)
    assert with_numbers == [*usual, "CustomerIdRecognizer"]
    assert len(usual) == 6 + len(kinds())
    with pytest.raises(BadInput, match=r"pattern '\*' is malformed"):
        standing_recognisers("en", ["US"], ["*"])


@pytest.mark.parametrize(
    "kind", [OfflineEmailRecognizer, IbanRecognizer, IpRecognizer, DateRecognizer]
)
def test_it_finds_the_same_where_only_texts_with_a_pattern_are_looked_at(kind: Any) -> None:
    asked, always = where_a_pattern_stands(kind()), kind()

    @given(TEXTS)
    def same(text: str) -> None:
        entities = always.supported_entities
        assert asked.analyze(text=text, entities=entities) == always.analyze(text, entities)

    same()


def test_a_pattern_that_takes_too_long_is_left_to_presidio(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in ("unlearnkit.corpus.recognisers", "presidio_analyzer.pattern_recognizer"):
        monkeypatch.setattr(f"{module}.REGEX_TIMEOUT_SECONDS", 0.2)
    patterns = [Pattern("slow", r"(a|a)+$", 0.5), Pattern("quick", "c", 0.5)]
    asked = where_a_pattern_stands(PatternRecognizer("THING", patterns=patterns))
    found = asked.analyze(text="a" * 60 + "c", entities=["THING"])
    assert [(one.start, one.end) for one in found] == [(60, 61)]
    assert "'slow' timed out" in caplog.text
