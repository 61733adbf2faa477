"""Who else a record names or is written by, where it leads to the person by a tie or a thread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import regex  # type: ignore[import-untyped]

from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.hits import Hit
from unlearnkit.locate.name_search import NO_NAMES, Asked
from unlearnkit.locate.ties import Ties, Value

MANY_TURNS = 20
"""A thread of more records is a channel or a folder."""
MANY_SPEAKERS = 5
_UNLIKE = ("typo", "phonetic", "transliterated", "marks")
"""Ways to write the person's name that may be another's: Leni for Lena."""
_STAFF_HAVE = (IdentifierKind.EMAIL, IdentifierKind.PHONE)
_NEAR = 40
_WORD = r"\p{Lu}[\p{L}\p{M}'\u2019-]+"
_PAIR = rf"{_WORD}(?:[ \u00a0](?:\p{{Lu}}\.|{_WORD})){{0,2}}[ \u00a0]{_WORD}"
_NAME = regex.compile(rf"(?<![\w@.]){_PAIR}(?![\w@-])")
_BY = r"(?:from|by|author|name|patient(?:in)?|von|de|da|od)\s?:\s*"
_HEAD = regex.compile(
    rf"^[\s>]*(?i:{_BY})?(?P<name>{_PAIR})(?=\s*(?:[,:<(|+\d\u2013-]|$|\p{{Ll}}))", regex.MULTILINE
)
"""A line that begins with a name: who speaks, who signs."""
_CALLED = regex.compile(rf"[\d)]\s?[:,-]\s(?P<name>{_WORD}) \p{{Ll}}")
"""One word right behind a number, as in `0171 2223334: Peter has`."""
_SIGNED = regex.compile(r"(?<![\w@.])@[\w.-]*\w")
_SPEAKER = regex.compile(
    rf"^[\s>]*(?:<(?P<by>@\w+)>|(?P<by>@[\w.-]+)|(?i:from|von|de|da|od)\s?:\s*(?P<by>[^\r\n]+)"
    rf"|(?P<by>{_WORD}(?:[ \u00a0]{_WORD})?|[\w.-]+)\s?:\s)",
    regex.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Others:
    """What tells that a record speaks of somebody else."""

    texts_of: Callable[[Set[str]], Mapping[str, str]]
    """Record ids -> their texts; a call for one takes as long as a call for many."""
    persons: Callable[[str], Iterable[tuple[int, int]]]
    """Where NER found people in a record; nowhere without it."""
    ordinary: Asked
    """Whether a word stands anywhere in lower case, and so is hardly a name."""
    many_customers: Asked
    """Whether a name stands in the records of many customers, as those of staff do."""
    known: Collection[IdentifierKind]
    """What is known of the person: without the name nobody can say whose another one is."""
    _texts: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def named(self, record_id: str, hits: Sequence[Hit]) -> bool:
        """Whether the record names somebody and not the person, whom `hits` are of.

        Staff do not count, who are named in everybody's; but their own phone leads to theirs.
        """
        self.read({record_id})
        text = self._texts[record_id]
        signed = any(one.kind is IdentifierKind.HANDLE and one.identifies for one in hits)
        if IdentifierKind.HANDLE in self.known and not signed and _SIGNED.search(text):
            return True
        named = (one.kind is IdentifierKind.NAME and one.how not in _UNLIKE for one in hits)
        if IdentifierKind.NAME not in self.known or any(named):
            return False
        people = (text[start:end] for start, end in self.persons(record_id))
        found = {one for one in people if _NAME.fullmatch(one)}
        found.update(filter(self._is_name, _candidates(text, hits)))
        theirs = any(one.how == "link" and one.kind in _STAFF_HAVE for one in hits)
        return any(theirs or not self.many_customers(one) for one in found)

    def many_speak(self, record_ids: Sequence[str]) -> bool:
        """Whether a thread has so many turns, or speakers, that it is no single matter's."""
        if len(record_ids) > MANY_TURNS:
            return True
        self.read(set(record_ids))
        texts = map(self._texts.__getitem__, record_ids)
        return len({one for text in texts for one in _speakers(text)}) > MANY_SPEAKERS

    def read(self, record_ids: Set[str]) -> None:
        """Read at once the texts of records that will be asked about."""
        if unread := record_ids - self._texts.keys():
            self._texts.update(self.texts_of(unread))

    def _is_name(self, words: str) -> bool:
        plain = [one.casefold() for one in words.split()]
        return not any(one in NO_NAMES or self.ordinary(one) for one in plain)


def _candidates(text: str, hits: Sequence[Hit]) -> Iterator[str]:
    """What may be names: at the beginning of a line, and beside what ties the record."""
    for found in _HEAD.finditer(text):
        yield found["name"]
    for hit in hits:
        if hit.how != "link":
            continue
        begins = max(text.rfind("\n", 0, hit.start) + 1, hit.start - _NEAR)
        line = text[hit.end : hit.end + _NEAR].partition("\n")[0]
        for part in (text[begins : hit.start], line):
            yield from _NAME.findall(part)
        if called := _CALLED.match(text, hit.end - 1):
            yield called["name"]


def of_many_customers(ids: Iterable[str], ties: Ties) -> bool:
    """Whether these records, or their threads, hold many customer numbers or e-mail addresses."""
    held: dict[IdentifierKind, set[Value]] = {
        kind: set() for kind in (IdentifierKind.CUSTOMER_ID, IdentifierKind.EMAIL)
    }
    for one in ids:
        for value in ties.around(one):
            if value.kind in held:
                held[value.kind].add(value)
        if any(len(some) >= ties.shared_after for some in held.values()):
            return True
    return False


def _speakers(text: str) -> Iterator[str]:
    for found in _SPEAKER.finditer(text):
        yield found["by"].casefold()
