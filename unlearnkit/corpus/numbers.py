"""Numbers and dates that anybody may write in several ways, in the one way of their standard.

Each function gives the standard's own spelling, or nothing where the value is not one for certain:
a check digit that is wrong, a date that could be two days. What has no standard here has its
letters and digits.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from importlib import import_module

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

NATIONAL = {
    "ABA_ROUTING_NUMBER": "us.rtn",
    "AU_ABN": "au.abn",
    "AU_ACN": "au.acn",
    "AU_TFN": "au.tfn",
    "CA_SIN": "ca.sin",
    "DE_TAX_ID": "de.idnr",
    "DE_VAT_ID": "de.vat",
    "ES_NIE": "es.nie",
    "ES_NIF": "es.nif",
    "FI_PERSONAL_IDENTITY_CODE": "fi.hetu",
    "IN_AADHAAR": "in_.aadhaar",
    "IN_GSTIN": "in_.gstin",
    "IN_PAN": "in_.pan",
    "IN_VOTER": "in_.epic",
    "IT_FISCAL_CODE": "it.codicefiscale",
    "IT_VAT_CODE": "it.iva",
    "KR_BRN": "kr.brn",
    "KR_RRN": "kr.rrn",
    "PL_PESEL": "pl.pesel",
    "SE_ORGANISATIONSNUMMER": "se.orgnr",
    "SE_PERSONNUMMER": "se.personnummer",
    "SG_UEN": "sg.uen",
    "TH_TNIN": "th.pin",
    "TR_NATIONAL_ID": "tr.tckimlik",
    "UK_NHS": "gb.nhs",
    "US_ITIN": "us.itin",
    "US_SSN": "us.ssn",
    "ZA_ID_NUMBER": "za.idnr",
}
"""Entities of Presidio's recognisers by country -> the module of python-stdnum that checks them."""
FIGURES = "figures"
"""What a value without a standard is hashed as, whatever entity it was found as."""


def national(entity: str, value: str) -> str:
    """One of NATIONAL as its authority writes it, checked by python-stdnum; else nothing."""
    from stdnum.exceptions import ValidationError

    standard = import_module(f"stdnum.{NATIONAL[entity]}")
    # Separators may say something: a Swede's or Finn's century. Others are left out by hand.
    for text in (_plain(value), letters_and_digits(value)):
        try:
            return str(standard.validate(text))
        except ValidationError:
            continue
    return ""


def letters_and_digits(value: str) -> str:
    """These alone, in upper case: `l 01x-00.t4` is `L01X00T4`."""
    return "".join(letter for letter in _plain(value).upper() if letter.isalnum())


def _plain(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip()
