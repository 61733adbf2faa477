"""E-mail addresses in every spelling and setting: behind other signs for @, and glued to a text.

A list of hashes has to read an address off the text; a request's own address is looked for by a
pattern. Both take the same signs for an @, and the same letters for something that is none of the
address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.normalise import fold

AT = r"(?:@|%40|\s?[(\[]\s?at\s?[)\]]\s?)"
"""As it stands in an address, in a web address, and where it is hidden from robots."""
SIGNS = ("@", "%40", r"[(\[]\s?at\s?[)\]]")
"""The same, each a pattern of its own for texts in their plain spelling."""
_CODE = r"(?:%(?:2[0-9A-Fa-f]|3[A-Fa-f]|5[BDbd])|=(?:20|22|3[CD]))"
"""A sign before the address as URLs and quoted-printable (RFC 2045) write it: `%3C`, `=3D`."""
BEFORE = rf"(?:(?<![\w.+-])|(?<=(?<![\w.+-])_{{1,2}})|(?<={_CODE}))"
_SENTENCE = r"\.(?-i:\p{Lu}\p{Ll}+)(?![\w@-]|\.\w)"
"""`x@y.example.Thanks a lot`: no space behind the full stop."""
AFTER = rf"(?![^\W_]|-|(?!(?<=(?-i:\p{{Ll}})){_SENTENCE})\.\w)"
_SHORTEST_WORD = 5
"""Letters of a word behind `x@y.example.` that is hardly a domain: `Org` and `Info` may be one."""
_LONGEST = 64
"""Characters of what stands before the @ (RFC 5321, section 4.5.3.1.1)."""

_AT = regex.compile(AT, regex.IGNORECASE)
_LOCAL = regex.compile(r"[\w.+-]+\Z")
_DOMAIN = regex.compile(r"[^\W_](?:[^\W_]|-)*(?:\.[^\W_](?:[^\W_]|-)*)*")
_CODED = regex.compile(_CODE)
_NEXT = regex.compile(_SENTENCE)
_GLUED = regex.compile(r"[^\W_]['\u2019&]\Z")
"""What stands inside a longer local part (RFC 5322, section 3.2.3), as `o'hara@x.example`."""


@dataclass(frozen=True, slots=True)
class Address:
    """What may be an address, in a text."""

    start: int
    end: int
    plain: str
    """With an @."""


def addresses(text: str) -> Iterator[Address]:
    """Everything that may be an e-mail address, in each of the ways in which it may be cut."""
    folded = fold(text)
    for at in _AT.finditer(folded):
        domain = _DOMAIN.match(folded, at.end())
        local = _LOCAL.search(folded, max(0, at.start() - _LONGEST), at.start())
        if not domain or not local:
            continue
        for start in _begins(folded, local.start(), at.start()):
            for end in _ends(folded, domain.end()):
                if start < at.start() and end > at.end():
                    plain = f"{text[start : at.start()]}@{text[at.end() : end]}"
                    yield Address(start, end, plain)


def _begins(text: str, start: int, at: int) -> Iterator[int]:
    yield start
    under = len(text[start:at]) - len(text[start:at].lstrip("_"))
    if 0 < under <= 2:
        yield start + under
    if coded := _CODED.match(text, max(0, start - 1)):
        yield coded.end()


def _ends(text: str, end: int) -> Iterator[int]:
    yield end
    full_stop = text.rfind(".", 0, end)
    if full_stop > 0 and text[full_stop - 1].islower() and _NEXT.match(text, full_stop):
        yield full_stop


def with_at(written: str) -> str:
    """An address as it stands in a text, with an @ in it."""
    plain: str = _AT.sub("@", written, count=1)
    return plain


def may_be_anothers(text: str, start: int, end: int) -> bool:
    """Whether the address at text[start:end] may be a part of a longer one.

    A `_` before it is Markdown's where one stands behind it too, and else may be a letter of its
    own; so may an apostrophe or `&` behind a letter. A word behind a full stop, in capitals or
    short, may be the end of the domain.
    """
    if text[start - 1 : start] == "_" and text[end : end + 1] != "_":
        return True
    if _GLUED.search(text[max(0, start - 2) : start]):
        return True
    behind = _NEXT.match(text, end)
    return behind is not None and len(behind[0]) - 1 < _SHORTEST_WORD
