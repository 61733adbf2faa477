"""Records of people who were forgotten, found by the hashes of the do-not-train list alone.

What is found is weighed as `locate` weighs it (rules.py), with three differences. A full name alone
never is certain: nobody can be asked who is meant. A date of birth or an address beside the full
name makes it certain. And so is a customer number of a letter and threes of figures (`C 104 211`),
which `locate` asks about. Listed names are looked for in every text by their hash, so that no
model has to notice them first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial

from unlearnkit.config import LocateSettings
from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.nlp import DATE, EMAIL, LOCATION, PERSON
from unlearnkit.corpus.normalise import mailbox, normalise
from unlearnkit.corpus.numbers import FIGURES
from unlearnkit.domain import Forgotten, IdentifierKind, Match, Progress, Record, silent
from unlearnkit.locate.birthdays import weighed
from unlearnkit.locate.digests import address_value
from unlearnkit.locate.do_not_train import MAILBOX, RECORD
from unlearnkit.locate.engine import as_matches
from unlearnkit.locate.hits import Hit, strongest
from unlearnkit.locate.identifiers import is_a_part
from unlearnkit.locate.list_search import ListSearch
from unlearnkit.locate.lookup import DoNotTrain
from unlearnkit.locate.name_search import Asked, in_lower_case
from unlearnkit.locate.odds import Rarity
from unlearnkit.locate.others import Others, of_many_customers
from unlearnkit.locate.rules import Verdict, judge
from unlearnkit.locate.search import Found
from unlearnkit.locate.ties import TIED, Ties, Value, by_value, tie

_IN_THE_TEXTS = (PERSON, LOCATION, DATE)
_COMMON = (DATE, "IP_ADDRESS")
"""What many people have at once: it says who is meant only beside a name."""
_ALONE = ("IBAN_CODE", "CREDIT_CARD", RECORD)
"""Numbers of other kinds that one person has, and a forgotten record itself."""
_BESIDE_A_NAME = (IdentifierKind.DATE_OF_BIRTH, IdentifierKind.ADDRESS, IdentifierKind.OTHER)


def entities(indexed: Iterable[str]) -> tuple[str, ...]:
    """Of those in an index, which a screening reads; names and dates it looks for in the texts."""
    return tuple(one for one in indexed if one not in _IN_THE_TEXTS)


def screen(
    entries: Sequence[Forgotten],
    records: Sequence[Record],
    rows: Sequence[EntityRow],
    key: bytes,
    *,
    regions: Sequence[str],
    settings: LocateSettings | None = None,
    progress: Progress = silent,
) -> list[Match]:
    """Every record that is or may be about somebody on the list, in the records' order.

    `rows` are those of an index of these records (`entities`), made with the same key and regions.
    """
    listed = DoNotTrain.of(entries, key)
    contents = {one.id: one.content for one in records}
    cautious = (settings or LocateSettings()).model_copy(update={"accept_unique_full_name": False})
    found = _look(listed, contents, rows, regions, progress)
    around = _Around.of(records, contents, rows, cautious.shared_after)
    dated, owned, known = listed.requests_with(DATE), listed.owned(), listed.known()
    matches: list[Match] = []
    for request_id in sorted(found.hits):
        hits: Mapping[str, list[Hit]] = found.hits[request_id]
        resolved = found.resolved[request_id]
        if request_id in dated:
            own = partial(_born_on, listed, request_id)
            hits = {one: weighed(contents[one], some, own, regions) for one, some in hits.items()}
        judged = _judged(
            hits,
            frozenset(resolved),
            owned.get(request_id, frozenset()),
            around=around,
            known=known[request_id],
            settings=cautious,
        )
        matches += as_matches(request_id, judged, Rarity(len(records))).values()
    order = {record.id: at for at, record in enumerate(records)}
    return sorted(matches, key=lambda match: (order[match.record_id], match.request_id))


@dataclass(frozen=True, slots=True)
class _Found:
    """What of the list stands in the records."""

    hits: defaultdict[str, defaultdict[str, list[Hit]]]
    """Request id -> record id -> hits."""
    resolved: defaultdict[str, set[Value]]
    """Request id -> detected values whose digest the request gave."""


def _look(
    listed: DoNotTrain,
    contents: Mapping[str, str],
    rows: Sequence[EntityRow],
    regions: Sequence[str],
    progress: Progress,
) -> _Found:
    """By what was detected, and then by the words of each text."""
    found = _Found(defaultdict(lambda: defaultdict(list)), defaultdict(set))
    for row in rows:
        for request_id, hit in _of_row(row, contents[row.record_id], listed, regions):
            found.hits[request_id][row.record_id].append(hit)
            if hit.how == "hashed" and row.entity in TIED:
                found.resolved[request_id].add(Value(hit.kind, row.hash))
    search = ListSearch(listed, regions, contents.values())
    for at, (record_id, content) in enumerate(contents.items()):
        if at % 500 == 0:
            progress("screening", at, len(contents))
        for request_id, hit in search.of_text(content):
            found.hits[request_id][record_id].append(hit)
            if hit.how == "hashed":
                written = content[hit.start : hit.end]
                found.resolved[request_id].add(address_value(written, listed.key))
    progress("screening", len(contents), len(contents))
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """What all records together say of what stands in one, whoever is looked for."""

    contents: Mapping[str, str]
    ties: Ties
    places: Mapping[Value, Sequence[EntityRow]]
    ordinary: Asked
    """Whether a word stands anywhere in lower case."""
    staff: Asked
    """Whether a name stands in the records of many customers."""

    @classmethod
    def of(
        cls,
        records: Sequence[Record],
        contents: Mapping[str, str],
        rows: Sequence[EntityRow],
        shared_after: int,
    ) -> _Around:
        """Of these records, and what was detected in them."""
        places = by_value([row for row in rows if row.entity in TIED])
        ties = tie(places, records, shared_after)
        ordinary = cache(lambda word: any(in_lower_case(word, one) for one in contents.values()))
        staff = cache(
            lambda name: of_many_customers(
                (one for one, text in contents.items() if name in text), ties
            )
        )
        return cls(contents, ties, places, ordinary, staff)

    def texts_of(self, ids: Set[str]) -> dict[str, str]:
        """Record id -> its text."""
        return {one: self.contents[one] for one in ids}


def _judged(
    hits: Mapping[str, list[Hit]],
    resolved: frozenset[Value],
    own: frozenset[Value],
    *,
    around: _Around,
    known: Set[IdentifierKind],
    settings: LocateSettings,
) -> dict[str, Verdict]:
    """Record id -> how sure it is, for one person.

    `own` are the identifying values on the list, `known` which of names and user names it has.
    """
    telling = {one: strongest(some) for one, some in hits.items() if _tells(some)}
    return judge(
        Found(telling, resolved, Rarity(len(around.contents))),
        own | resolved,
        ties=around.ties,
        places=lambda value: around.places.get(value, ()),
        settings=settings,
        others=Others(around.texts_of, _no_ner, around.ordinary, around.staff, known),
        sure={one for one in telling if _sure(hits[one])},
    )


def _no_ner(record_id: str) -> Iterator[tuple[int, int]]:
    return iter(())


def _born_on(listed: DoNotTrain, request_id: str, day: str) -> bool:
    return any(one.request_id == request_id for one in listed.of_value(DATE, day))


def _tells(hits: Sequence[Hit]) -> bool:
    """Whether anything says who is meant: a day or an IP address by itself does not."""
    return any(hit.recogniser not in _COMMON for hit in hits)


def _sure(hits: Sequence[Hit]) -> bool:
    """A number that one person has; or the full name with something else of the person's."""
    if any(hit.recogniser in _ALONE for hit in hits):
        return True
    beside = any(hit.kind in _BESIDE_A_NAME and hit.how != "partial" for hit in hits)
    return beside and any(hit.full_name for hit in hits)


def _of_row(
    row: EntityRow, content: str, listed: DoNotTrain, regions: Sequence[str]
) -> Iterator[tuple[str, Hit]]:
    """Request id and hit of a value that was detected."""
    span = (row.start, row.end, row.recogniser)
    kind = KINDS.get(row.entity)
    if kind is None:
        for one in (*listed.at(row.entity, row.hash), *listed.at(FIGURES, row.hash)):
            number = Hit(IdentifierKind.OTHER, "normalised", row.start, row.end, row.entity)
            yield one.request_id, number
        return
    whole = {one.request_id for one in listed.at(kind.value, row.hash) if one.kind == kind.value}
    a_part = is_a_part(kind, content, row.start, row.end)
    for request_id in sorted(whole):
        yield request_id, Hit(kind, "partial" if a_part else "normalised", *span)
    value = content[row.start : row.end]
    if row.entity == EMAIL:
        for one in listed.of_value(MAILBOX, mailbox(normalise(kind, value))):
            if one.request_id not in whole:
                yield one.request_id, Hit(kind, "mailbox", *span)
    for request_id in listed.by_digest(kind, value, regions):
        yield request_id, Hit(kind, "partial" if a_part else "hashed", *span)
