"""One spelling for each identifier, so that equal things have equal keyed hashes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from unlearnkit.domain import IdentifierKind

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "PL")
"""Where a phone number without country code may be from, tried in this order."""

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

# Letters that Unicode does not decompose into a base letter and a mark.
_BASE_LETTERS = str.maketrans("łŁøØđĐħĦŧŦıÐð", "lLoOdDhHtTiDd")


def normalise(kind: IdentifierKind, value: str, regions: Sequence[str] = REGIONS) -> str:
    """The one spelling of an identifier; empty when nothing is left of it.

    - email: lower case, without `mailto:`. Plus tags stay: `a+b@` may be another person's mailbox.
    - phone: E.164, read with the first region in which the number is valid, else its digits.
    - customer id: upper case letters and digits only, so `c 123-456` is `C123456`.
    - name: lower case without accents and punctuation, words separated by one space.
    - everything else: lower case, words separated by one space.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if kind is IdentifierKind.EMAIL:
        return text.casefold().strip(" .<>").removeprefix("mailto:").strip(" .<>")
    if kind is IdentifierKind.PHONE:
        return normalise_phone(text, regions)
    if kind is IdentifierKind.CUSTOMER_ID:
        return "".join(letter for letter in text.upper() if letter.isalnum())
    if kind is IdentifierKind.NAME:
        # Possessive 's goes first: it is no part of the name.
        words = re.sub(r"['’]s\b", "", fold(text)).replace("ß", "ss").casefold()
        # Marks belong to a word: many scripts write their vowels with them.
        letters = (one if unicodedata.category(one)[0] in "LM" else " " for one in words)
        return " ".join("".join(letters).split())
    return " ".join(text.casefold().split())


def normalise_phone(value: str, regions: Sequence[str] = REGIONS) -> str:
    """E.164 by the `phonenumbers` library; only the digits where no region makes it valid."""
    import phonenumbers

    for region in regions:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return re.sub(r"\D", "", value)


def fold(text: str) -> str:
    """`text` without accents and exactly as long, so that spans in one are spans in the other.

    A letter whose plain form has several characters (ß, ligatures) stays as it is.
    """
    return "".join(_plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter
    decomposed = unicodedata.normalize("NFD", letter)
    base = [part for part in decomposed if not unicodedata.combining(part)]
    return base[0].translate(_BASE_LETTERS) if len(base) == 1 else letter
