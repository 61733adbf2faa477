"""Numbers that are written as the subject's and may be another: a post code, a part of one.

What stands right before and behind them tells. In doubt a person is asked (docs/locate.md).
"""

from __future__ import annotations

import re
from functools import cache

from unlearnkit.corpus.figures import EXTENSION, no_phone

GAP = r"[\s()./\u2010-\u2013-]{0,3}"
"""What may stand between the figures of a phone number."""
SHORT_NUMBER = 5
"""A customer number of fewer characters than this may stand for anything; it only hints."""
SHORT_PHONE = 7
"""And so many digits may be an order's: a phone written with fewer only hints too."""
_SHORT_FIGURES = 8
"""A customer number of fewer digits, and nothing else, may be a post code, a sum or an order's."""
_LONGEST_GROUP = 4
"""Digits of a group that may go on a number; one of more stands for itself."""
_NEAR = 60
"""Characters looked at on either side."""
_SPACE = r"[^\S\r\n]"
_NUMBER_WORD = r"(?:ident|id|no|nr|nro|num|number|nummer|n[º°]|número|numéro)(?![^\W\d])"
_SIGNS = rf"""(?:{_SPACE}|[.:#=_"'*([-])*"""
_CUSTOMER = re.compile(
    r"(?<![^\W_])(?:customer|cust|client[ea]?|account|acct?|kunde|kundin|kd|klient"
    rf"|kunden(?=[ .-]?{_NUMBER_WORD})){_SIGNS}(?:{_NUMBER_WORD})?{_SIGNS}\Z",
    re.IGNORECASE,
)
_ANOTHER_S = re.compile(
    r"(?<![^\W_])(?:orders?|invoices?|tickets?|(?<!in )cases?|commandes?|factures?|pedidos?"
    r"|facturas?|(?!kund)[^\W\d_]{0,20}(?:rechnung(?:s|en)?|bestell(?:ung(?:s|en)?)?"
    rf"|auftr[aä]ge?s?)){_SIGNS}(?:{_NUMBER_WORD})?{_SIGNS}\Z",
    re.IGNORECASE,
)
"""What else has numbers: orders, invoices, tickets and cases, in four languages."""
_JOINED_BEFORE = re.compile(r"\d[./-]\Z|(?<![^\s(+])\d+[ \u00a0]\Z")
_JOINED_AFTER = re.compile(r"[./-]\d|[ \u00a0]\d+(?![^\s,;.)])|,\d\d?(?!\d)")
_FIGURES_BEFORE = re.compile(r"(?<![\d:])(?:\d+[ \u00a0./-])+\Z")
_FIGURES_AFTER = re.compile(r"(?:[ \u00a0./-]\d+)+(?![\d:])")
_LETTERS_APART = re.compile(r"([^\W\d_]+)[.#]?\s+\d{1,5}")
_IN_A_CODE = (
    re.compile(r"[^\W_][-_]\Z|(?<![^\W_])(?:[A-Z]{1,4}|[A-Z]*\d+[A-Z]*)[/.]\Z"),
    re.compile(r"[-_@][^\W_]|[/.](?:[A-Z]{1,4}(?![^\W_])|\d)"),
)
"""What makes a number of letters and figures a part of another: `SKU-C-104211`, `C-104211-B`."""
_WORDS = frozenset(
    {
        *("am", "pm", "in", "on", "at", "to", "of", "or", "by", "as", "is", "no", "nr", "num"),
        *("nro", "and", "for", "from", "the", "bis", "von", "um", "ab", "mit", "bei", "der"),
        *("die", "das", "und", "im", "en", "de", "el", "la", "le", "les", "del", "du", "di"),
        *("da", "do", "od"),
    }
)
_POST_CODE = re.compile(r"([^\W\d_]{1,3})([ \u00a0-])\d{4,5}")
_COUNTRY_SIGNS = frozenset(
    {
        *("A", "B", "CH", "CZ", "D", "DK", "E", "F", "FL", "H", "HR", "I", "L", "N", "NL", "P"),
        *("PL", "S", "SK", "SLO", "AT", "BE", "DE", "ES", "FI", "FR", "IT", "LU", "NO", "PT", "SE"),
    }
)
"""Of countries, as they stand before a post code."""
_ABROAD = re.compile(rf"(?:\+|(?<!\d)00){GAP}(?:\d{{1,3}}{GAP})?\Z")
_CENTRAL = re.compile(r"\A-0(?![\d-])")
"""A company's switchboard, as Germans write it."""


def may_be_no_customers(text: str, start: int, end: int) -> bool:
    """Whether the customer number at text[start:end] may be another figure.

    It may where it is short, or where letters and up to 5 figures stand apart as words and a figure
    do (`in 2024`, `8 am 1200`, `vitamin C 1000`), or as a country's sign and a post code (`D-10115
    Berlin`), or are a part of a longer code, and no word for a customer stands right before. One of
    digits only may where it is a part of more figures, where the words right before it call it an
    order's or the like, and no customer's, and, under 8 digits, where no word for a customer stands
    right before it.
    """
    number = [one for one in text[start:end] if one.isalnum()]
    if len(number) < SHORT_NUMBER:
        return True
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    if not all(one.isdigit() for one in number):
        apart = _is_word_and_figure(text[start:end]) or _is_post_code(text[start:end], after)
        doubtful = apart or is_in_a_code(text, start, end)
        return doubtful and _CUSTOMER.search(before) is None
    if _JOINED_BEFORE.search(before) or _JOINED_AFTER.match(after):
        return True
    if another := _ANOTHER_S.search(before):
        return _CUSTOMER.search(before[: another.start()]) is None
    return len(number) < _SHORT_FIGURES and _CUSTOMER.search(before) is None


def is_in_a_code(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] is a part of a longer number, product's code or web address."""
    before, after = _IN_A_CODE
    return bool(before.search(text[max(0, start - _NEAR) : start]) or after.match(text, end))


def _is_word_and_figure(number: str) -> bool:
    """Whether a space parts a single letter, a word or small letters from the figures."""
    found = _LETTERS_APART.fullmatch(number)
    return found is not None and (
        len(found[1]) == 1 or not found[1].isupper() or found[1].casefold() in _WORDS
    )


def _is_post_code(number: str, after: str) -> bool:
    """Whether it is a country's sign and 4 or 5 figures, apart by a space or before a place."""
    found = _POST_CODE.fullmatch(number)
    placed = re.match(r"[ \u00a0][^\W\d_]", after) is not None and after[1].isupper()
    return (
        found is not None and found[1].upper() in _COUNTRY_SIGNS and (placed or found[2].isspace())
    )


def called_customers(text: str, start: int) -> bool:
    """Whether a word for a customer stands right before it."""
    return _CUSTOMER.search(text[max(0, start - _NEAR) : start]) is not None


def may_be_no_phone(text: str, end: int, national: str, code: str) -> bool:
    """Whether the phone number whose last figure is before text[end] may be another number.

    `national` are the digits that every way to write it has, `code` its country's, if known.
    """
    first = _start_of(text, end, len(national))
    window = text[max(0, first - _NEAR) : first]
    own = _own_prefix(code).search(window)
    before = window[: own.start()] if own else window
    after = _CENTRAL.sub("", text[end : end + _NEAR])
    if _ABROAD.search(before) or _goes_on(before, after):
        return True
    if own and own["abroad"]:
        return False
    whole = window + text[first:end]
    return no_phone(whole + after, len(before), len(whole))


def _start_of(text: str, end: int, digits: int) -> int:
    """Where so many digits begin that end there."""
    at = end
    while digits and at:
        at -= 1
        digits -= text[at].isdigit()
    return at


def _goes_on(before: str, after: str) -> bool:
    """Whether a letter touches the number, or further figures do that are no number themselves."""
    if EXTENSION.match(after):
        after = ""
    if re.search(r"[^\W_]\Z", before) or re.match(r"[^\W_]", after):
        return True
    ahead, behind = _FIGURES_BEFORE.search(before), _FIGURES_AFTER.match(after)
    return bool(
        (ahead and _belong(re.findall(r"\d+", ahead[0])[::-1]))
        or (behind and _belong(re.findall(r"\d+", behind[0])))
    )


def _belong(groups: list[str]) -> bool:
    """Whether groups of figures, the nearest first, are too few to be another phone, or a date."""
    return len(groups[0]) <= _LONGEST_GROUP and sum(map(len, groups)) < SHORT_PHONE


@cache
def _own_prefix(code: str) -> re.Pattern[str]:
    """What may stand before the national digits: the country's code, what is dialled at home."""
    import phonenumbers

    ways = []
    if code:
        region = phonenumbers.region_code_for_country_code(int(code))
        # Where nothing is dialled today (Poland, Italy), a zero once was.
        trunk = phonenumbers.ndd_prefix_for_region(region, True) or "0"
        zero = rf"(?:\(?0\)?{GAP})?"
        ways.append(rf"(?:(?P<abroad>\+|00){GAP})?{GAP.join(code)}{GAP}{zero}")
        ways.append(rf"\(?{trunk}\)?{GAP}")
    either = f"(?:{'|'.join(ways)})?" if ways else "(?P<abroad>(?!))?"
    return re.compile(rf"(?<![\d+]){either}\(?\Z")
