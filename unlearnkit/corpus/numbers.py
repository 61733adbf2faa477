"""Numbers and dates that anybody may write in several ways, in the one way of their standard.

Each function gives the standard's own spelling, or nothing where the value is not one for certain:
a check digit that is wrong, a date that could be two days.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime

from unlearnkit.corpus.identifiers import kinds

_LONGEST_DATE = 40
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")


def iban(value: str) -> str:
    """ISO 13616, without spaces; checked by length and check digits (python-stdnum)."""
    from stdnum import iban as standard
    from stdnum.exceptions import ValidationError

    number = re.sub(r"^\s*IBAN[:\s]*", "", _plain(value), flags=re.IGNORECASE)
    try:
        return standard.validate(number, check_country=False)
    except ValidationError:
        return ""


def card(value: str) -> str:
    """A payment card's 12 to 19 digits (ISO/IEC 7812-1), checked by Luhn's formula."""
    from stdnum import luhn

    digits = re.sub(r"[\s-]", "", _plain(value))
    return digits if re.fullmatch(r"[0-9]{12,19}", digits) and luhn.is_valid(digits) else ""


def ip_address(value: str) -> str:
    """IPv4 or IPv6; the latter as RFC 5952 has it."""
    try:
        return str(ipaddress.ip_address(_plain(value).strip("[]")))
    except ValueError:
        return ""


def date(value: str) -> str:
    """ISO 8601, of one whole day with a year of four figures; English months."""
    from dateutil.parser import parse

    text = _plain(value)
    # Other scripts' figures, and numbers without end, are more than dateutil is made for.
    if len(text) > _LONGEST_DATE or not text.isascii() or not _YEAR.search(text):
        return ""
    try:
        # What is not said is taken from the default: two defaults tell. So do two orders, but
        # after a year the month comes first.
        one = parse(text, default=datetime(2000, 1, 1))
        day_first = _YEAR.match(text) is None
        other = parse(text, default=datetime(2001, 2, 2), dayfirst=day_first)
    except (ValueError, OverflowError, ArithmeticError, TypeError, LookupError):
        return ""
    return one.date().isoformat() if one.date() == other.date() else ""


NUMBERS: dict[str, Callable[[str], str]] = {
    "IBAN_CODE": iban,
    "CREDIT_CARD": card,
    "IP_ADDRESS": ip_address,
    "DATE_TIME": date,
    **{kind.ENTITY: kind.standard for kind in kinds()},
}
"""Presidio entity -> its standard."""


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()
