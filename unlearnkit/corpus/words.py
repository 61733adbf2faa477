"""The words of a text, in any script: what likeness and overlap of texts are counted in."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

_UNSPACED = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"]


def words(text: str) -> list[str]:
    """Runs of letters, their marks and digits, composed (NFKC) and case folded.

    Scripts that put no spaces between words give a word a letter.
    """
    found: list[str] = _pattern().findall(unicodedata.normalize("NFKC", text).casefold())
    return found


@cache
def _pattern() -> Any:
    import regex  # type: ignore[import-untyped]

    alone = "".join(rf"\p{{Script={one}}}" for one in _UNSPACED)
    return regex.compile(rf"[{alone}]\p{{M}}*|(?:(?![{alone}])[\p{{L}}\p{{M}}\p{{N}}])+")
