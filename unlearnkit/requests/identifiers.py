"""What counts as an identifier. Refuses what could match nobody, or everybody."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Literal

from unlearnkit.domain import (
    ALSO_NAMES,
    PARTICLES,
    TITLES,
    Identifier,
    IdentifierKind,
    Subject,
    needs_at,
)
from unlearnkit.errors import BadInput

Format = Literal["raw", "sha1", "md5", "sha256"]

HEX_DIGITS: dict[Format, int] = {"md5": 32, "sha1": 40, "sha256": 64}
MAX_LENGTH = 500


def identifier(kind: IdentifierKind, value: str, how: Format = "raw") -> Identifier:
    """A checked identifier, white space tidied. Raises ValueError, which never holds the value."""
    value = " ".join(value.split())
    if how != "raw":
        value = value.lower()
        if not re.fullmatch(rf"[0-9a-f]{{{HEX_DIGITS[how]}}}", value):
            raise ValueError(f"a {how} is {HEX_DIGITS[how]} hexadecimal digits")
        return Identifier(kind, value, how)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValueError(f"{_named(kind)} holds control characters")
    if not any(character.isalnum() for character in value):
        raise ValueError(f"{_named(kind)} is empty")
    if len(value) > MAX_LENGTH:
        raise ValueError(f"{_named(kind)} is longer than {MAX_LENGTH} characters")
    if kind is IdentifierKind.EMAIL and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError("an e-mail address needs one @ with something on both sides")
    if kind is IdentifierKind.PHONE and sum(character.isdigit() for character in value) < 5:
        raise ValueError("a phone number needs at least 5 digits")
    if kind is IdentifierKind.DATE_OF_BIRTH:
        _check_date(value)
    if kind is IdentifierKind.NAME:
        _check_name(value)
    if kind is IdentifierKind.HANDLE and not value.startswith("@") and needs_at(value):
        raise ValueError(
            "so short a user name, or one that is a particle or a title, stands in texts about "
            "anybody; put an @ before it, and it is found only so, or give another identifier"
        )
    return Identifier(kind, value)


def folded(value: str) -> str:
    """The value as it is compared: compatibility form, case and white space away."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def refuse_identifiers(text: str, subject: Subject) -> str:
    """`text` unchanged, if it may be kept for good (a reason, a note). Raises BadInput when not.

    Looks for every identifier as it was given, and for each word of a name (3 letters and more).
    """
    plain = folded(text)
    words = set(re.findall(r"\w+", plain))
    for one in subject.identifiers:
        if one.format != "raw":
            continue
        value = folded(one.value)
        parts = re.findall(r"\w{3,}", value) if one.kind is IdentifierKind.NAME else []
        if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", plain) or words & set(parts):
            raise BadInput(
                f"the text holds {_named(one.kind)} of the person; it would be kept for good",
                fix="Say it without naming the person: the request's id stands beside it anyway.",
            )
    return text


def _named(kind: IdentifierKind) -> str:
    word = kind.value.replace("_", " ")
    return f"{'an' if word[0] in 'aeo' else 'a'} {word}"


def _check_name(value: str) -> None:
    """Refuse what would be searched for as a name and stands in texts about anybody."""
    letters = unicodedata.normalize("NFC", value)
    if sum(unicodedata.category(one)[0] in "LMN" for one in letters) < 2:
        raise ValueError(
            "a name of one letter names nobody; give the whole name, or another identifier"
        )
    words = [word.strip(".,'’") for word in letters.split()]
    words = [word for word in words if word.lower() not in TITLES]
    particles = all(word.lower() in PARTICLES | ALSO_NAMES for word in words)
    if particles and not all(word.lower() in ALSO_NAMES and word[0].isupper() for word in words):
        raise ValueError(
            "a name of particles alone names nobody; give the whole name, with its capitals, or "
            "another identifier"
        )
    if not words:
        raise ValueError("a title alone names nobody; give the name, or another identifier")


def _check_date(value: str) -> None:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        # 03/04/1980 is two different days in two countries.
        raise ValueError("a date of birth is written year-month-day, as in 1980-04-03") from None
