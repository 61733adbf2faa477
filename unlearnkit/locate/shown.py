"""What a reader sees of a text, every letter where it stands in the text.

A name may be written over quoted lines, with HTML around or in its words, or in the fields of a
form. Here entities are letters, tags and signs of layout are spaces, and what parts two fields is a
bar; so that the ways to write a name (`names.py`) need to know of none of these. Spans in one are
spans in the other. Names are looked for in the text as well, for an attribute may hold one.
"""

from __future__ import annotations

import html
from collections.abc import Callable

import regex  # type: ignore[import-untyped]

BAR = "|"
"""Parts two fields."""
BETWEEN_FIELDS = r"[\s\"']{0,9}(?:[,;|]|&\s*\|)[\s\"',;|]{0,400}"
"""What may stand between a first name and a surname in two of them, as it is shown."""
ENTITY = r"&(?:#[0-9]{2,4}|#[xX][0-9a-fA-F]{2,4}|[a-zA-Z]{2,8});"
_UNSEEN = "\u2060"
"""Fills up where a letter takes the place of several; no part of a word to a search."""
_LABEL = (
    r"(?:first|last|given|family|middle|sur|fore|full|user)?[ _-]?names?|given|family|first|last"
    r"|vor-?name|nach-?name|familien-?name|nombres?|apellidos?|pr[eé]noms?|noms?|cognome|nomi?"
    r"|nomes?|sobrenome|apelido|imi[eę]|nazwisko|voornaam|achternaam|fornavn|etternavn|efternamn"
)
"""What forms call names."""
_FIELD = regex.compile(
    rf"(?<=[\"'{{,;&?|\s>]|^)(?:{_LABEL})[\"']?[ \t]*[:=][ \t]*(?=[\"'\p{{L}}])",
    regex.IGNORECASE | regex.MULTILINE,
)
_IN_LINE = regex.compile(
    r"</?(?:a|abbr|b|bdi|big|cite|em|font|i|mark|s|small|span|strong|sub|sup|u)(?:\s[^<>]{0,300})?>"
    r"|(?<![\w*])[*_]++(?=\p{L})|(?<=\p{L})[*_]++(?![^\W_])",
    regex.IGNORECASE,
)
"""HTML and Markdown within a line."""
_BLOCK = regex.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,9}(?:\s[^<>]{0,300})?/?>")
"""Any other tag: a cell, a line, a paragraph."""
_QUOTED = regex.compile(r"^[ \t]*(?:>[ \t]*|//+[ \t]|#+[ \t])+", regex.MULTILINE)
"""Signs of quotation and comment, which each line of a text has."""
_BROKEN = regex.compile(r"(?<=\p{Ll})[-\u2010]\r?\n[ \t]*(?=\p{Ll})")
"""A word that goes on in the next line."""
_NEWLINE = regex.compile(r"\\[nrt]")
"""With the backslash written out."""
_ANY = regex.compile(r"[<>&*_:=\\]|[-\u2010]\r?\n|^[ \t]*(?:#|//)", regex.MULTILINE)


def shown(text: str) -> str:
    """The text as it is seen, exactly as long."""
    if not _ANY.search(text):
        return text
    text = regex.sub(ENTITY, lambda found: _as_letter(found[0]), text)
    for what, becomes in _STEPS:
        text = what.sub(lambda found, by=becomes: by(found[0]), text)
    return text


def _as_letter(entity: str) -> str:
    letter = html.unescape(entity)
    if len(letter) != 1:
        return entity
    fill = _UNSEEN * (len(entity) - 1)
    if letter.isspace():
        return " " * len(entity)
    return letter + fill if letter.isalpha() else fill + letter


def _spaces(found: str) -> str:
    return " " * len(found)


def _bar(found: str) -> str:
    return BAR + " " * (len(found) - 1)


def _nothing(found: str) -> str:
    return _UNSEEN * len(found)


_STEPS: tuple[tuple[regex.Pattern[str], Callable[[str], str]], ...] = (
    (_NEWLINE, _spaces),
    (_IN_LINE, _spaces),
    (_BLOCK, _bar),
    (_QUOTED, _spaces),
    (_BROKEN, _nothing),
    (_FIELD, _bar),
)
