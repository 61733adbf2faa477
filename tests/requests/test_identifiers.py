"""What counts as an identifier, and texts that must not hold one."""

from __future__ import annotations

import pytest

from unlearnkit.domain import Identifier, IdentifierKind, Subject
from unlearnkit.errors import BadInput
from unlearnkit.requests.identifiers import identifier, refuse_identifiers


def test_white_space_is_tidied_and_nothing_else() -> None:
    assert identifier(IdentifierKind.NAME, "  Ülker\n von  Zoll ").value == "Ülker von Zoll"


def test_names_in_scripts_with_joiners_are_taken() -> None:
    assert identifier(IdentifierKind.NAME, "علی‌رضا").value == "علی‌رضا"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IdentifierKind.NAME, ""),
        (IdentifierKind.NAME, "--"),
        (IdentifierKind.NAME, "Zoltana\x00Q"),
        (IdentifierKind.NAME, "Zoltana" * 100),
        (IdentifierKind.NAME, "Q."),
        (IdentifierKind.NAME, "E\u0301"),
        (IdentifierKind.NAME, "李"),
        (IdentifierKind.NAME, "de la"),
        (IdentifierKind.NAME, "DE LA"),
        (IdentifierKind.NAME, "Van der"),
        (IdentifierKind.NAME, "le van"),
        (IdentifierKind.NAME, "Frau von"),
        (IdentifierKind.NAME, "Dr."),
        (IdentifierKind.EMAIL, "zoltana"),
        (IdentifierKind.EMAIL, "zoltana@a@b"),
        (IdentifierKind.PHONE, "ext. 12"),
        (IdentifierKind.DATE_OF_BIRTH, "03/04/1980"),
        (IdentifierKind.DATE_OF_BIRTH, "1980-02-30"),
        (IdentifierKind.HANDLE, "der"),
        (IdentifierKind.HANDLE, "Fr"),
    ],
)
def test_what_could_match_nobody_or_everybody_is_refused(kind: IdentifierKind, value: str) -> None:
    with pytest.raises(ValueError) as refusal:
        identifier(kind, value)
    assert not value or value not in str(refusal.value)


@pytest.mark.parametrize("value", ["@der", "@a", "@x1", "max", "q_7t"])
def test_a_user_name_with_its_sign_or_of_three_letters_is_one(value: str) -> None:
    assert identifier(IdentifierKind.HANDLE, value).value == value


@pytest.mark.parametrize(
    "value",
    [
        "Bo Li",
        "Ng",
        "U Nu",
        "Le Van",
        "Mr. Le",
        "李明",
        "李 明",
        "นี",
        "J. R.",
        "O'o",
        "Otto von Zoll",
    ],
)
def test_short_names_are_names(value: str) -> None:
    assert identifier(IdentifierKind.NAME, value).value == value


def test_a_name_that_names_nobody_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="give the whole name, with its capitals, or another"):
        identifier(IdentifierKind.NAME, "de la")


ZOLTANA = Subject(
    "6a7551aa-d5d6-44b2-9831-815ac9017798",
    (
        Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth"),
        Identifier(IdentifierKind.CUSTOMER_ID, "C-77"),
    ),
)


@pytest.mark.parametrize("text", ["ask QUIBBLEWORTH again", "see c-77", "zoltana  quibbleworth"])
def test_a_reason_that_names_the_person_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        refuse_identifiers(text, ZOLTANA)
    assert "quibble" not in str(refusal.value).lower()


@pytest.mark.parametrize("text", ["legal hold (Art. 17(3)(e))", "C-778 is someone else's number"])
def test_other_reasons_pass(text: str) -> None:
    assert refuse_identifiers(text, ZOLTANA) == text
