"""Records of people who were forgotten, found by the hashes of the do-not-train list alone.

What is found is weighed as `locate` weighs it (rules.py), with three differences. A full name alone
never is certain: nobody can be asked who is meant. A date of birth or an address beside the full
name makes it certain. And so is a customer number of a letter and threes of figures (`C 104 211`),
which `locate` asks about. Listed names are looked for in every text by their hash, so that no
model has to notice them first.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, partial

from unlearnkit.config import LocateSettings
from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.nlp import DATE, EMAIL, LOCATION, PERSON
from unlearnkit.corpus.normalise import mailbox, normalise
from unlearnkit.corpus.numbers import FIGURES
from unlearnkit.domain import Forgotten, IdentifierKind, Match, Progress, Record, silent
from unlearnkit.locate.birthdays import weighed
from unlearnkit.locate.do_not_train import MAILBOX, RECORD
from unlearnkit.locate.engine import as_matches
from unlearnkit.locate.hits import Hit, strongest
from unlearnkit.locate.identifiers import digest_spellings
from unlearnkit.locate.list_search import ListSearch
from unlearnkit.locate.lookup import DoNotTrain
from unlearnkit.locate.name_search import in_lower_case
from unlearnkit.locate.odds import Rarity
from unlearnkit.locate.others import Others, of_many_customers
from unlearnkit.locate.rules import judge
from unlearnkit.locate.search import Found
from unlearnkit.locate.ties import TIED, Value, by_value, tie

_IN_THE_TEXTS = (PERSON, LOCATION, DATE)
_COMMON = (DATE, "IP_ADDRESS")
"""What many people have at once: it says who is meant only beside a name."""
_ALONE = ("IBAN_CODE", "CREDIT_CARD", RECORD)
"""Numbers of other kinds that one person has, and a forgotten record itself."""
_BESIDE_A_NAME = (IdentifierKind.DATE_OF_BIRTH, IdentifierKind.ADDRESS, IdentifierKind.OTHER)
_DIGESTS = ("sha256", "sha1", "md5")


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
    hits: defaultdict[str, defaultdict[str, list[Hit]]] = defaultdict(lambda: defaultdict(list))
    resolved: defaultdict[str, set[Value]] = defaultdict(set)
    for row in rows:
        for request_id, hit in _of_row(row, contents[row.record_id], listed, regions):
            hits[request_id][row.record_id].append(hit)
            if hit.how == "hashed" and row.entity in TIED:
                resolved[request_id].add(Value(hit.kind, row.hash))
    search = ListSearch(listed, regions)
    for at, record in enumerate(records):
        if at % 500 == 0:
            progress("screening", at, len(records))
        for request_id, hit in search.of_text(record.content):
            hits[request_id][record.id].append(hit)
    progress("screening", len(records), len(records))

    tied = [row for row in rows if row.entity in TIED]
    places, owned = by_value(tied), listed.owned()
    ties = tie(places, records, cautious.shared_after)
    dated = listed.requests_with(DATE)
    texts_of = partial(_those_of, contents)
    known = listed.known()
    ordinary = cache(lambda word: any(in_lower_case(word, one) for one in contents.values()))
    staff = cache(
        lambda name: of_many_customers(
            (one for one, text in contents.items() if name in text), ties
        )
    )
    order = {record.id: at for at, record in enumerate(records)}
    matches: list[Match] = []
    for request_id in sorted(hits):
        found: Mapping[str, list[Hit]] = hits[request_id]
        if request_id in dated:
            own = partial(_born_on, listed, request_id)
            found = {one: weighed(contents[one], some, own, regions) for one, some in found.items()}
        telling = {
            record_id: strongest(of_record)
            for record_id, of_record in found.items()
            if _tells(of_record)
        }
        judged = judge(
            Found(telling, frozenset(resolved[request_id]), Rarity(len(records))),
            owned.get(request_id, frozenset()) | resolved[request_id],
            ties=ties,
            places=lambda value: places.get(value, ()),
            settings=cautious,
            others=Others(texts_of, _no_ner, ordinary, staff, known[request_id]),
            sure={record_id for record_id in telling if _sure(found[record_id])},
        )
        matches += as_matches(request_id, judged, Rarity(len(records))).values()
    return sorted(matches, key=lambda match: (order[match.record_id], match.request_id))


def _those_of(contents: Mapping[str, str], ids: Set[str]) -> dict[str, str]:
    return {one: contents[one] for one in ids}


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
    for request_id in sorted(whole):
        yield request_id, Hit(kind, "normalised", *span)
    value = content[row.start : row.end]
    if row.entity == EMAIL:
        for one in listed.of_value(MAILBOX, mailbox(normalise(kind, value))):
            if one.request_id not in whole:
                yield one.request_id, Hit(kind, "mailbox", *span)
    for request_id in _by_digest(kind, value, listed, regions):
        yield request_id, Hit(kind, "hashed", *span)


def _by_digest(
    kind: IdentifierKind, value: str, listed: DoNotTrain, regions: Sequence[str]
) -> Iterator[str]:
    """Requests that gave a digest of the value in one of its spellings."""
    for name in _DIGESTS:
        hashed_as = f"{kind.value}:{name}"
        if hashed_as in listed.kinds:
            for text in sorted(digest_spellings(kind, value, regions)):
                digest = hashlib.new(name, text.encode()).hexdigest()
                for one in listed.of_value(hashed_as, digest):
                    yield one.request_id
