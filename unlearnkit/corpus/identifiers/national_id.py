"""National identity and tax numbers whose check digits let one be sure.

Germany's tax number (Identifikationsnummer), Spain's DNI and NIE, France's NIR, Italy's codice
fiscale and Poland's PESEL, each checked by python-stdnum as its authority defines it. Left out are
numbers without a check digit (US social security, UK national insurance) and England's NHS number:
of ten figures that mean something else, a telephone number's for one, every eleventh would pass.
"""

from __future__ import annotations

import unicodedata
from importlib import import_module
from typing import Any

ENTITY = "NATIONAL_ID"
STANDARDS = ("de.idnr", "es.dni", "es.nie", "fr.nir", "it.codicefiscale", "pl.pesel")
"""Modules of stdnum; the first whose check holds says which it is."""
PATTERNS = {
    "figures in groups": r"(?<![\w.-])\d(?:[ -]?\d){10,14}(?![\w-]|[.,]\d)",
    "DNI or NIE": r"(?<!\w)[XYZ]?[ -]?\d{7,8}[ -]?[A-Z](?!\w)",
    "NIR of Corsica": r"(?<!\w)[12](?: ?\d){4} ?2[AB](?: ?\d){8}(?!\w)",
    "codice fiscale": r"(?<!\w)[A-Z]{6} ?\d{2}[A-EHLMPRST]\d{2} ?[A-Z]\d{3}[A-Z](?!\w)",
}
"""What may be one; `standard` says what is."""
POSSIBLE = 0.1


def standard(value: str) -> str:
    """Which it is, and the number without spaces: `pl.pesel:44051401359`; "" where none holds."""
    text = unicodedata.normalize("NFKC", value).strip()
    if not text.isascii():
        return ""
    named, _, rest = text.partition(":")
    for name in STANDARDS:
        number = _valid(name, rest if named == name else text)
        if number:
            return f"{name}:{number}"
    return ""


def _valid(name: str, text: str) -> str:
    from stdnum.exceptions import ValidationError

    try:
        return str(import_module(f"stdnum.{name}").validate(text))
    except ValidationError:
        return ""


def recogniser(language: str) -> Any:
    """Finds them by form, and keeps those whose check digit holds."""
    from presidio_analyzer import Pattern, PatternRecognizer

    class NationalIdRecogniser(PatternRecognizer):
        def validate_result(self, pattern_text: str) -> bool:
            return bool(standard(pattern_text))

    return NationalIdRecogniser(
        ENTITY,
        name="NationalIdRecognizer",
        supported_language=language,
        patterns=[Pattern(name, regex, POSSIBLE) for name, regex in PATTERNS.items()],
    )
