"""User names: where a text uses one as such, and where it may be a word of the language.

`max` stands in texts about anybody. In doubt a person is asked (docs/locate.md).
"""

from __future__ import annotations

import re

_LONG_ENOUGH = 5
"""Characters of a user name that is no word, if it has a digit, `_` or `.` too: `mira_h`."""
_NEAR = 60
"""Characters looked at in front of it."""
_PERSON = (
    r"user|benutzer(?:in)?|nutzer(?:in)?|usuari[oa]|utilisat(?:eur|rice)|utente|gebruiker"
    r"|u[zż]ytkowni(?:k|czka)"
)
"""What may stand right before it, with a space alone between: `user max`."""
_FIELD = (
    r"user[ _-]?(?:name|id|handle)|(?:be)?nutzername|handle|alias|author|assignee|reviewer"
    r"|(?:login|account|nick|screen)(?:[ _-]?name)?|committer|owner|sender|posted by"
)
"""What names a field, with a colon or the like: `login: max`."""
_OPENS = r"[\s\"'`*_(\[{]*"
_CLOSES = r"[\"'`*_)\]}]*"
_LABEL = re.compile(
    rf"(?<![^\W_])(?:(?:{_PERSON})(?:{_CLOSES}\s*[:=]|\s){_OPENS}"
    rf"|(?:{_FIELD}){_CLOSES}\s*[:=]{_OPENS})\Z",
    re.IGNORECASE,
)
_EACH = re.compile(
    rf"(?<![^\W_])(?:per|each|every|pro|je|jeder|por|cada|par|chaque|ogni) (?:{_PERSON})\s\Z",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\.?[ \u00a0]+(?!\d+[-:]\d)\d")
"""`each user max. 3 devices`, `account name: max 20 characters`; no date and no time."""
_PLACE = re.compile(
    r"(?:\b(?:github|gitlab|bitbucket|twitter|x|instagram|facebook|tiktok|threads|medium|t)"
    r"\.(?:com|org|net|me)/|\b(?:linkedin\.com/in|reddit\.com/u(?:ser)?)/|(?:/home|[/\\]Users)[/\\])\Z",
    re.IGNORECASE,
)
"""Right before it: where a web site or a computer keeps what is a user's."""


def may_be_a_word(text: str, start: int, end: int) -> bool:
    """Whether the user name at text[start:end] may stand there as a word, and mean nobody.

    It does not where it has its `@`, where it cannot be a word, or the text calls it a user's and
    no figure stands right behind it.
    """
    name = text[start:end]
    if name.startswith("@"):
        return False
    joined = any(one.isdigit() or one in "_." for one in name)
    if joined and len(name) >= _LONG_ENOUGH and any(one.isalpha() for one in name):
        return False
    before = text[max(0, start - _NEAR) : start]
    if _FIGURE.match(text, end) or _EACH.search(before):
        return True
    return _LABEL.search(before) is None and _PLACE.search(before) is None
