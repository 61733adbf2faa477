"""Whose a date of birth is, and what one that is not the subject's says of the name beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.normalise import fold
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.dates import DATES, days
from unlearnkit.locate.hits import Hit

_ISO = regex.compile(r"\d{4}-\d{2}-\d{2}")
_NEAR = 60
_OF_A_PERSON = (
    r"born(?:\s+on)?(?:\s+the)?|b\.|geb(?:oren)?\.?(?:\s*am|\s+op)?|nee?\s+(?:le|en|el)|nacio(?:\s+el)?"
    r"|nacid[oa](?:\s+el)?|nat[oa](?:\s+il)?|nascid[oa](?:\s+em)?|ur\.|urodzon[ya]"
)
"""Said of whoever is named before; accents are gone."""
_OF_A_FIELD = (
    r"d\.?\s?o\.?\s?b\.?|date\s+of\s+birth|birth[ -]?(?:date|day)|geburts(?:tag|datum)"
    r"|geb\.?[ -]?dat(?:um|\.)?|fecha\s+de\s+nacimiento|f\.?\s?nac\.?|date\s+de\s+naissance"
    r"|data\s+(?:di\s+nascita|urodzenia|de\s+nascimento)|geboortedatum"
)
_SAID = regex.compile(
    rf"(?:(?<![^\W_])(?:(?P<field>{_OF_A_FIELD})|{_OF_A_PERSON})|(?<!\*)\*)"
    r"[\s\"'`*_:=(\[]*(?:(?:am|on|is|was|ist|war|es|est)[\s:]+)?\Z",
    regex.IGNORECASE,
)
_OTHER_NAME = regex.compile(
    r"(?<!\w)\p{Lu}[\w'\u2019-]+[ \u00a0]\p{Lu}[\w'\u2019-]+[^\w\r\n]{0,4}\Z"
)
_NOTHING_BETWEEN = regex.compile(r"[^\w(\r\n]{0,4}(?:\([^()\r\n]{1,30}\))?[\W_]{0,8}")
"""Or what stands in brackets."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A date in a text."""

    start: int
    """Of what calls it a birthday, where something does."""
    end: int
    said: bool
    field: bool
    """Whether it is a form's field, and not said of who is named before."""
    own: bool


def birthdays_of(identifiers: Iterable[Identifier]) -> frozenset[str]:
    """The dates of birth that a request gives as whole days."""
    return frozenset(
        one.value
        for one in identifiers
        if one.kind is IdentifierKind.DATE_OF_BIRTH and one.format == "raw"
        if _ISO.fullmatch(one.value)
    )


def weighed(
    text: str, hits: Sequence[Hit], own: Callable[[str], bool], regions: Sequence[str]
) -> list[Hit]:
    """The hits of one record, with less said by dates and whole names that do not go together.

    `own` tells whether a day, in ISO 8601, is the subject's birthday. A whole name to which another
    birthday stands nearer is `otherborn` where it stands right behind, else `otherday`. The
    subject's date is `partial` where every whole name is one of these, or it is said of somebody
    else.
    """
    names = [one for one in hits if one.full_name]
    if not names:
        return list(hits)
    told = [*_told(text, hits, own, regions)]
    unlike = {one: how for one in names if (how := _unlike(text, one, told))}
    others = len(unlike) == len(set(names))
    strangers = [one for one in told if one.own and _of_another(text, one, hits)]

    def weighed_one(hit: Hit) -> Hit:
        if hit in unlike:
            return replace(hit, how=unlike[hit])
        if hit.born and (others or any(one.start <= hit.start < one.end for one in strangers)):
            return replace(hit, how="partial")
        return hit

    return list(map(weighed_one, hits))


def _told(
    text: str, hits: Sequence[Hit], own: Callable[[str], bool], regions: Sequence[str]
) -> Iterator[_Day]:
    """The subject's birthday wherever it stands, and every other date that is called one."""
    folded = fold(text)
    born = [(one.start, one.end) for one in hits if one.born]
    spans = {found.span() for found in DATES.finditer(folded)}
    for start, end in sorted(spans.union(born)):
        meant = days(folded[start:end], regions)
        is_own = (start, end) in born or any(map(own, meant))
        said = _SAID.search(folded[max(0, start - _NEAR) : start])
        begins = start - (len(said[0]) if said else 0)
        if is_own or (said and meant):
            yield _Day(begins, end, bool(said), bool(said and said["field"]), is_own)


def _unlike(text: str, name: Hit, told: Sequence[_Day]) -> str:
    """How the name is written where the birthday that goes with it is another's; else nothing."""

    def nearness(day: _Day) -> tuple[bool, bool, int]:
        gap = max(day.start - name.end, name.start - day.end)
        return not _right_behind(text, name, day), not day.said, gap

    nearest = min(told, key=nearness, default=None)
    if nearest is None or nearest.own:
        return ""
    return "otherborn" if _right_behind(text, name, nearest) else "otherday"


def _right_behind(text: str, name: Hit, day: _Day) -> bool:
    between = _NOTHING_BETWEEN.fullmatch(text, name.end, day.start)
    return name.end <= day.start and between is not None


def _of_another(text: str, day: _Day, hits: Sequence[Hit]) -> bool:
    """Whether a name stands right before it that is not the subject's: `Peter Pan (1980-03-04)`."""
    if day.field:
        return False
    first = max(0, day.start - _NEAR)
    found = _OTHER_NAME.search(text[first : day.start])
    if found is None:
        return False
    start, end = first + found.start(), first + found.end()
    return not any(
        one.kind is IdentifierKind.NAME and one.start < end and start < one.end for one in hits
    )
