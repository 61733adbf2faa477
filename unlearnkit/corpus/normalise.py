"""One spelling for each identifier, so that equal things have equal keyed hashes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache

from unlearnkit.domain import IdentifierKind

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "PL")
"""Where a phone number without country code may be from, tried in this order."""

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

# Letters that Unicode does not decompose into a base letter and a mark.
_BASE_LETTERS = str.maketrans("łŁøØđĐħĦŧŦıÐð", "lLoOdDhHtTiDd")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")


def normalise(kind: IdentifierKind, value: str, regions: Sequence[str] = REGIONS) -> str:
    """The one spelling of an identifier; empty when nothing is left of it.

    - email: lower case, without `mailto:`, an international domain in ASCII (IDNA). Plus tags and
      dots stay: `a+b@` may be another person's mailbox. See `mailbox`.
    - phone: E.164, read with the first region in which the number is valid, else its digits.
    - customer id: upper case letters and digits only, so `c 123-456` is `C123456`.
    - name: lower case without accents and punctuation, words separated by one space; Chinese in
      simplified characters.
    - everything else: lower case, words separated by one space.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if kind is IdentifierKind.EMAIL:
        return _with_domain(_address(text), _in_ascii)
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


def mailbox(address: str) -> str:
    """The mailbox that a normalised address leads to with the providers that most people have.

    Without what follows a `+` (RFC 5233); Gmail's also without dots. Other providers may do
    otherwise: two addresses of one mailbox are a hint, and no more than that.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


def email_spellings(value: str) -> list[str]:
    """An address as it may stand in a text: its domain as given, in ASCII and in its own script."""
    address = _address(unicodedata.normalize("NFKC", value).strip())
    ascii_only = _with_domain(address, _in_ascii)
    return list(dict.fromkeys([address, ascii_only, _with_domain(ascii_only, _in_letters)]))


def _address(text: str) -> str:
    return text.casefold().strip(" .<>").removeprefix("mailto:").strip(" .<>")


def _with_domain(address: str, spelt: Callable[[str], str]) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{spelt(domain)}" if at else address


def _in_ascii(domain: str) -> str:
    """A-labels (RFC 5891); what is no such domain stays."""
    import idna

    try:
        return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return domain


def _in_letters(domain: str) -> str:
    """U-labels."""
    import idna

    try:
        return idna.decode(domain) if "xn--" in domain else domain
    except UnicodeError:
        return domain


def normalise_phone(value: str, regions: Sequence[str] = REGIONS) -> str:
    """E.164 by the `phonenumbers` library; only the digits where no region makes it valid."""
    return next(phone_readings(value, regions))


def phone_readings(value: str, regions: Sequence[str] = REGIONS) -> Iterator[str]:
    """E.164 for each region in which the number is valid; only the digits where it is in none.

    `044 668 18 00` is a number in Germany, in France and in Switzerland.
    """
    import phonenumbers

    valid = False
    for region in regions:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            valid = True
            yield phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not valid:
        yield re.sub(r"\D", "", value)


def national_format(number: str) -> str:
    """A number in E.164 as it is written within its country; what is no such number stays."""
    import phonenumbers

    if not number.startswith("+"):
        return number
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def fold(text: str) -> str:
    """`text` without accents and exactly as long, so that spans in one are spans in the other.

    Chinese characters become simplified ones. A letter whose plain form has several characters (ß,
    ligatures) stays as it is.
    """
    return text if text.isascii() else _BEYOND_ASCII.sub(lambda found: _plain(found[0]), text)


@lru_cache(maxsize=10_000)
def _plain(letter: str) -> str:
    if "\uff01" <= letter <= "\uff5e":  # full width, as Japanese texts write Latin letters
        letter = chr(ord(letter) - 0xFEE0)
    decomposed = unicodedata.normalize("NFD", letter)
    base = [part for part in decomposed if not unicodedata.combining(part)]
    return simplified(base[0].translate(_BASE_LETTERS)) if len(base) == 1 else letter


def simplified(text: str) -> str:
    """With simplified Chinese characters for traditional ones, each by itself, by OpenCC.

    張偉 is 张伟. Some are one character then that were two: 后 is an empress and, for 後, after.
    """
    return _HAN.sub(lambda found: _to_simplified()(found[0]), text)


@cache
def _to_simplified() -> Callable[[str], str]:
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    return lambda letter: convert(convert(letter))  # 薴 is 苧, and that is 苎
