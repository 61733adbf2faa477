"""One plain spelling of any text: what stands in a text stands, so spelt, in the text so spelt."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from unlearnkit.corpus.normalise import fold

_SEPARATING = "\x1c\x1d\x1e\x1f"
"""White space in a text, and none in bytes: a pattern means the same in both."""
_BEYOND_ASCII = re.compile(r"([^\x00-\x7f])")


def longest_run(value: str) -> str:
    """The longest run of letters and digits, as `plain` has it."""
    return max(re.findall(r"[^\W_]+", plain(value)), key=len, default="")


def plain(text: str) -> str:
    """Lower case without accents. What stands in a text stands, so spelt, in the text so spelt."""
    text = text if text.isascii() else _western(text)
    if not text.isascii():
        parts = _BEYOND_ASCII.split(text)
        parts[1::2] = map(_in_plain, parts[1::2])
        text = "".join(parts)
    for sign in _SEPARATING:
        text = text.replace(sign, " ")
    return text.lower()


def _western(text: str) -> str:
    """The same for letters that become one of ASCII, many times as fast; of Latin-1 alone."""
    try:
        return text.encode("latin-1").translate(_of_latin_1()).decode("latin-1")
    except UnicodeEncodeError:
        return text


@cache
def _of_latin_1() -> bytes:
    return "".join(_one_of_ascii(chr(code)) for code in range(256)).encode("latin-1")


def _one_of_ascii(letter: str) -> str:
    found = letter if letter.isascii() else _in_plain(letter)
    return found if found.isascii() and len(found) == 1 else letter


@lru_cache(maxsize=10_000)
def _in_plain(letter: str) -> str:
    """What one character stands for; of a mark and of what is not seen nothing, signs are alike."""
    if letter.isspace():
        return " "
    parts = unicodedata.normalize("NFKD", fold(letter)).casefold()
    kept = "".join(one for one in parts if one.isalnum() or (one.isascii() and one != " "))
    unseen = unicodedata.category(letter)[0] == "M" or unicodedata.category(letter) == "Cf"
    return kept or ("" if unseen else "-")
