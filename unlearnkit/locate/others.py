"""Who else a record names or is written by, where it leads to the person by a tie or a thread."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.entities import EntityRow
from unlearnkit.domain import IdentifierKind
from unlearnkit.locate.hits import Hit
from unlearnkit.locate.name_search import NO_NAMES, Asked
from unlearnkit.locate.ties import Linked, Ties, Value

MANY_TURNS = 20
"""A thread of more records is a channel or a folder."""
MANY_SPEAKERS = 5
_UNLIKE = ("typo", "phonetic", "transliterated", "marks")
"""Ways to write the person's name that may be another's: Leni for Lena."""
SEVERAL_HAVE = (IdentifierKind.EMAIL, IdentifierKind.PHONE)
"""What may be staff's, or a family's."""
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
_SIGNED_BEFORE = regex.compile(rf"{_SIGNED.pattern}[ \u00a0:]?[ \u00a0]?[(<\[]?\Z")
_SIGNED_BEHIND = regex.compile(r"[ \u00a0,]{0,2}[(<\[]?@[\w.-]*\w")
_KIN = regex.compile(
    r"(?<![^\W_])(?i:(?:grand|step)?(?:mother|father)|mum|mom|dad|parents?|guardian|husband|wife"
    r"|spouse|next of kin|emergency contact|mutter|vater|eltern|ehe(?:frau|mann)|vormund|betreuer"
    r"|betreuerin|madre|padre|tutora?|m[eè]re|p[eè]re|mãe|pai|genitor[ei]|c/o)(?![^\W_])"
    r"[^@\n;.!?]{0,30}\Z"
)
"""Said of whoever an address or a phone right behind belongs to."""
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
        theirs = any(one.how == "link" and one.kind in SEVERAL_HAVE for one in hits)
        return any(theirs or not self.many_customers(one) for one in found)

    def signs_beside(self, record_id: str, hits: Sequence[Hit]) -> bool:
        """Whether each whole name stands beside a user name that is another's.

        Where the request gives a user name, that is: `@maxm (Max Meier)`.
        """
        if IdentifierKind.HANDLE not in self.known:
            return False
        self.read({record_id})
        text = self._texts[record_id]
        return all(
            _SIGNED_BEFORE.search(text, max(0, one.start - _NEAR), one.start)
            or _SIGNED_BEHIND.match(text, one.end)
            for one in hits
            if one.full_name
        )

    def without_kin_s(
        self,
        linked: Linked,
        tying: Collection[str],
        places: Callable[[Value], Sequence[EntityRow]],
    ) -> Linked:
        """A single record that calls an address or phone a parent's does not make it the person's.

        `tying` are the records with identifying evidence, `places` tells where a value stands.
        """
        single = {}
        for value in linked.certain:
            rows = [one for one in places(value) if one.record_id in tying]
            if value.kind in SEVERAL_HAVE and len({one.record_id for one in rows}) == 1:
                single[value] = rows
        self.read({one.record_id for rows in single.values() for one in rows})
        theirs = {value for value, rows in single.items() if all(map(self._is_kin_s, rows))}
        return Linked(linked.certain - theirs, linked.uncertain | theirs)

    def _is_kin_s(self, row: EntityRow) -> bool:
        """Whether the text calls it somebody's: `mother a@b.example`."""
        text = self._texts[row.record_id]
        return _KIN.search(text, max(0, row.start - 2 * _NEAR), row.start) is not None

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
