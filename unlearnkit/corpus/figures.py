"""Figures that look like a phone number to a numbering plan, and are a date, a sum or a code.

Seven regions' plans together take most runs of eight to eleven figures for a phone: `05.03.2024`
is a valid German one. What stands there, and beside it, tells.
"""

from __future__ import annotations

import re

_NEAR = 30
"""Characters looked at on either side."""
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
_DATE = re.compile(
    "|".join(
        rf"(?<!\d)(?<!\d{at})(?:(?:{_DAY}{at}{_MONTH}|{_MONTH}{at}{_DAY}){at}(?:{_YEAR}|\d\d)"
        rf"|{_YEAR}{at}{_MONTH}{at}{_DAY})(?!{at}?\d)"
        for at in (r"\.", "/", "-")
    )
)
_TIME = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?!\d)")
_CURRENCY = r"(?:€|\$|£|EUR|USD|GBP|CHF|PLN|zł|Euro|Dollar|dollars?)"
_ALONE = re.compile(
    rf"{_YEAR}{_MONTH.replace('?', '')}(?:0[1-9]|[12]\d|3[01])"  # 20240305
    rf"|{_YEAR}[/-]\d{{3,8}}|(?:00\d+|[1-9]\d*)/{_YEAR}"  # 2024/000123, 000123/2024
    rf"|{_YEAR}(?:[\s/,-]+{_YEAR})+"  # 2023 2024 2025
    r"|[1-9]\d{0,2}(?:\.\d{3})+,\d\d?|[1-9]\d{0,2}(?:,\d{3})+(?:\.\d\d?)?"  # 1.234.567,00
    r"|[1-9]\d?(?:\.\d{3}){2,}"  # 8.955.501.234; three and three and three may be a Spanish phone
    r"|(?:\d|[1-9]\d|1[0-8]\d)\.\d{4,}"  # 48.137154
    r"|(?:\d|[1-9]\d|1\d\d|2[0-5]\d)(?:\.(?:\d|[1-9]\d|1\d\d|2[0-5]\d)){3}"  # 192.168.10.12
)
_CALLED = re.compile(
    r"(?:\btel|phone|telefo\w*|t[eé]l[eé]fono|\bfax|telefax|mobile?|m[oó]vil|\bhandy|\bcell\w*"
    r"|\bcall(?:ed|ing)?|\bring|\brang|\bsms|whatsapp|rückruf|anruf\w*|durchwahl)"
    r"(?:[\s-]*(?:no|nr|number|nummer)\b)?[\s.:(#=-]*$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:\border|invoice|ticket|\bcase|tracking|\bparcel|\bsku|\bisbn|\bean|\bgtin|\biban|\bpart"
    r"|\bref(?:erence)?|\bserial|\bplz|\bzip|\baz|rechnung|auftrag|bestell\w*|vertrag|sendung"
    r"|artikel|steuer-?id|beleg|vorgang|zähler\w*|\bversion|\bcontract|\bcommande|\bfacture"
    r"|\bpedido|\bfactura|\bordine|\bfattura)(?:s?-?(?:nummer|nr|no|number|id)\b)?"
    r"[\s.:#=-]*(?:(?:nr|no|number|nummer|id)\b)?[\s.:#=-]*$",
    re.IGNORECASE,
)
EXTENSION = re.compile(r"\s*(?:x|ext|extension|dw)\.?\s*\d", re.IGNORECASE)
_RUN = re.compile(r"\d(?:[.,/-]?\d)*")


def no_phone(text: str, start: int, end: int) -> bool:
    """Whether what was read as a phone at text[start:end] is more likely another figure.

    Never what begins with a plus sign, nor what a word for phones stands before.
    """
    before, found, after = text[max(0, start - _NEAR) : start], text[start:end], text[end:][:_NEAR]
    if found.startswith("+") or before.endswith("+") or _CALLED.search(before):
        return False
    return (
        _overlaps(text, start, end)
        or named_otherwise(before)
        or _ALONE.fullmatch(found.strip()) is not None
        or _ALONE.fullmatch(_whole(text, start, end)) is not None
        or _goes_on(before, after)
        or re.search(rf"{_CURRENCY}\s?$", before) is not None
        or re.match(rf"\s?{_CURRENCY}(?!\w)", re.sub(r"^[.,]\d\d(?!\d)", "", after)) is not None
        or _is_ean(found)
    )


def named_otherwise(before: str) -> bool:
    """Whether what stands before a number calls it an order's, an invoice's or the like."""
    return _OTHER.search(before) is not None or before.endswith("#")


def _overlaps(text: str, start: int, end: int) -> bool:
    """Whether a date in figures, or a time, stands where the phone is, in part or whole."""
    first = max(0, start - _NEAR)
    window = text[first : end + _NEAR]
    return any(
        first + one.start() < end and start < first + one.end()
        for pattern in (_DATE, _TIME)
        for one in pattern.finditer(window)
    )


def _whole(text: str, start: int, end: int) -> str:
    """The figures with what touches them: `1,234,567.89` where `234` was read."""
    first = max(0, start - _NEAR)
    for one in _RUN.finditer(text[first : end + _NEAR]):
        if first + one.start() <= start and end <= first + one.end():
            return one[0]
    return ""


def _goes_on(before: str, after: str) -> bool:
    """Whether letters or further figures touch it. A slash may part two phones, a comma too."""
    if re.search(r"(?:[^\W\d]|\d[.-]?|\d\.)$", before):
        return True
    return re.match(r"[^\W\d]|[.-]?\d", after) is not None and not EXTENSION.match(after)


def _is_ean(found: str) -> bool:
    """An article's or book's 13 figures (GS1, ISO 2108) with the right check digit."""
    digits = re.sub(r"[\s-]", "", found)
    if not re.fullmatch(r"[1-9][0-9]{12}", digits):
        return False
    return sum(int(one) * (3 if at % 2 else 1) for at, one in enumerate(digits)) % 10 == 0
