"""The recognisers that always run, one by one."""

from __future__ import annotations

import pytest

from unlearnkit.corpus.identifiers import kinds
from unlearnkit.corpus.nlp import Analyzer, detect
from unlearnkit.corpus.recognisers import OfflineEmailRecognizer, standing_recognisers
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
