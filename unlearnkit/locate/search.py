"""Searching a corpus for one subject, record by record. What it finds is judged in rules.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import regex  # type: ignore[import-untyped]

from unlearnkit.corpus.entities import EntityRow
from unlearnkit.corpus.nlp import EMAIL, Analyzer, search
from unlearnkit.corpus.normalise import fold, mailbox, normalise, phone_readings
from unlearnkit.domain import Identifier, IdentifierKind, Progress, Record, Subject, silent
from unlearnkit.locate.addresses import SIGNS
from unlearnkit.locate.birthdays import birthdays_of, weighed
from unlearnkit.locate.digests import hashed_addresses, hashed_hits
from unlearnkit.locate.doubts import may_be_no_customers
from unlearnkit.locate.haystack import Haystack
from unlearnkit.locate.hits import Hit, strongest
from unlearnkit.locate.identifiers import (
    adhoc_recogniser,
    how_written,
    is_a_part,
    mailboxes,
    national_values,
    number_values,
    own_values,
    patterns_for,
)
from unlearnkit.locate.name_search import (
    Place,
    bare_names,
    in_longer_names,
    misspellings,
    words_of,
)
from unlearnkit.locate.names import Name, NameForm, name_forms, parse_name
from unlearnkit.locate.odds import Rarity, rarity
from unlearnkit.locate.perhaps_words import perhaps_words, without_capitals
from unlearnkit.locate.scripts import in_latin, transliterated
from unlearnkit.locate.shown import shown
from unlearnkit.locate.sieve import needed, same_mailbox
from unlearnkit.locate.slips import misspelt
from unlearnkit.locate.sounds import heard
from unlearnkit.locate.ties import Value


@dataclass(frozen=True, slots=True)
class Found:
    """What the search came to."""

    hits: dict[str, list[Hit]]
    """Record id -> hits, strongest first, none inside a stronger one."""
    resolved: frozenset[Value]
    """Detected values whose digest the request gave."""
    rarity: Rarity
    """How rare in the corpus the person's names are, and what people share."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """One way to write one identifier, with the recogniser that finds it."""

    recogniser: Any
    how: Callable[[str, int, int], str]
    """A text, and from where to where it stands there -> how it was written."""


def search_subject(
    subject: Subject,
    haystack: Haystack,
    analyzer: Analyzer,
    *,
    key: bytes,
    surname_bearers: int,
    first_name_bearers: int,
    progress: Progress = silent,
) -> Found:
    """What the texts write, what the index detected, and near misses of names."""
    regions = analyzer.settings.regions
    hits, bare = _written(subject, haystack, analyzer, progress)
    own = {Value(*value) for value in own_values(subject.identifiers, key, regions)}
    for record_id, hit in _as_indexed(own, haystack, hits):
        hits[record_id].append(hit)
    for record_id, hit in _as_read(subject, haystack, key):
        hits[record_id].append(hit)
    for row in _same_mailbox(subject, haystack, own):
        hits[row.record_id].append(
            Hit(IdentifierKind.EMAIL, "mailbox", row.start, row.end, row.recogniser)
        )
    resolved = set()
    for row, hit in _of_more_countries(subject, haystack, key, regions):
        hits[row.record_id].append(hit)
        if hit.how != "partial":
            resolved.add(Value(IdentifierKind.PHONE, row.hash))
    for record_id, hit, value in _by_digest(subject, haystack, key, regions):
        hits[record_id].append(hit)
        if hit.how == "hashed" and hit.kind is not IdentifierKind.NAME:
            resolved.add(value)
    for record_id, hit in _near_misses(
        subject,
        haystack,
        bare,
        surname_bearers=surname_bearers,
        first_name_bearers=first_name_bearers,
    ):
        hits[record_id].append(hit)
    if birthdays := birthdays_of(subject.identifiers):
        texts = haystack.texts_of(hits.keys())
        for one, some in hits.items():
            hits[one] = weighed(texts[one], some, birthdays.__contains__, regions)
    return Found(
        {one: strongest(some) for one, some in hits.items()},
        frozenset(resolved),
        rarity(len(haystack.corpus.records), _held(bare), hits),
    )


def _as_indexed(
    own: Iterable[Value], haystack: Haystack, written: Mapping[str, Sequence[Hit]]
) -> list[tuple[str, Hit]]:
    """Where the index has their values; a part of a longer one stays what it was `written`."""
    rows = [(value.kind, row) for value in sorted(own) for row in haystack.places(value)]
    doubted = {
        (record_id, hit.start, hit.end)
        for record_id, some in written.items()
        for hit in some
        if hit.how == "partial"
    }
    doubted &= {(row.record_id, row.start, row.end) for _, row in rows}
    texts = haystack.texts_of({record_id for record_id, _, _ in doubted})

    def how(kind: IdentifierKind, row: EntityRow) -> str:
        place = (row.record_id, row.start, row.end)
        a_part = place in doubted and is_a_part(kind, texts[row.record_id], row.start, row.end)
        return "partial" if a_part else "normalised"

    return [
        (row.record_id, Hit(kind, how(kind, row), row.start, row.end, row.recogniser))
        for kind, row in rows
    ]


def _by_digest(
    subject: Subject, haystack: Haystack, key: bytes, regions: Sequence[str]
) -> Iterator[tuple[str, Hit, Value]]:
    """Record id, hit and value of what has a digest that the request gives."""
    digests = [one for one in subject.identifiers if one.format != "raw"]
    if not digests:
        return
    for row, hit in hashed_hits(digests, haystack.detected(), haystack.text, regions):
        yield row.record_id, hit, Value(hit.kind, row.hash)
    if any(one.kind is IdentifierKind.EMAIL for one in digests):
        yield from hashed_addresses(digests, haystack.holding(SIGNS), key)


def _of_more_countries(
    subject: Subject, haystack: Haystack, key: bytes, regions: Sequence[str]
) -> Iterator[tuple[EntityRow, Hit]]:
    """Where a phone of theirs was taken for another country's number, or may be one.

    Theirs is a number without country's code that is theirs in their country. Another country's
    code behind which the same figures stand is asked about, and only where the request has none.
    """
    without_code = {
        normalise(one.kind, one.value, regions)
        for one in subject.identifiers
        if one.format == "raw" and not one.value.strip().startswith(("+", "00"))
    }
    rows = [
        (number, row)
        for number, hashes in national_values(subject.identifiers, key, regions).items()
        for hashed in sorted(hashes)
        for row in haystack.places(Value(IdentifierKind.PHONE, hashed))
    ]
    texts = haystack.texts_of({row.record_id for _, row in rows})
    for number, row in rows:
        theirs = number in phone_readings(texts[row.record_id][row.start : row.end], regions)
        if theirs or number in without_code:
            how = "normalised" if theirs else "partial"
            yield row, Hit(IdentifierKind.PHONE, how, row.start, row.end, row.recogniser)


_Bare = dict[tuple[Name, str], list[Place]]
"""A name and one word of it -> where the word stands."""


def _held(bare: _Bare) -> Iterator[list[set[str]]]:
    """For each name the records that hold each word of it that was looked for."""
    for name in dict.fromkeys(name for name, _ in bare):
        yield [{place[0].id for place in some} for (one, _), some in bare.items() if one == name]


def _written(
    subject: Subject, haystack: Haystack, analyzer: Analyzer, progress: Progress
) -> tuple[defaultdict[str, list[Hit]], _Bare]:
    """Where the texts hold what the request gives, and single words of names."""
    hits: defaultdict[str, list[Hit]] = defaultdict(list)
    bare: _Bare = {}
    raw = list(_spelt(subject))
    for at, (identifier, script) in enumerate(raw):
        progress("searching", at, len(raw))
        records = haystack.holding(needed(identifier, analyzer.settings.regions))
        texts = [fold(record.content) for record in records]
        name = parse_name(identifier.value) if identifier.kind is IdentifierKind.NAME else None
        found = list(_ways(identifier, records, texts, analyzer))
        found += _as_shown(identifier, records, analyzer) if name else []
        doubtful = dict(_doubtful(name, found, haystack)) if name else {}
        for record, hit in found:
            place = (record.id, hit.start, hit.end)
            how = doubtful.get(place, hit.how) if hit.full_name else hit.how
            hits[record.id].append(replace(hit, how=script or how))
        if name is None:
            continue
        for form in (one for one in name_forms(name) if one.bare):
            bare[name, form.bare] = list(_words(form, records, texts))
    progress("searching", len(raw), len(raw))
    return hits, bare


def _spelt(subject: Subject) -> Iterator[tuple[Identifier, str]]:
    """Each plain identifier as given, and a name of another script in Latin letters besides."""
    for identifier in subject.identifiers:
        if identifier.format == "raw":
            yield identifier, ""
            if latin := in_latin(identifier):
                yield latin, "transliterated"


def _ways(
    identifier: Identifier, records: Sequence[Record], texts: Sequence[str], analyzer: Analyzer
) -> Iterator[tuple[Record, Hit]]:
    """Every way to write one identifier, where it stands."""
    settings = analyzer.settings
    probes = {
        f"SUBJECT_{at}": probe
        for at, probe in enumerate(_probes(identifier, settings.language, settings.regions))
    }
    recognisers = [_named(probe.recogniser, entity) for entity, probe in probes.items()]
    for at, spans in search(analyzer, texts, recognisers):
        for span in spans:
            how = probes[span.entity].how(records[at].content, span.start, span.end)
            yield records[at], Hit(identifier.kind, how, span.start, span.end, span.recogniser)


def _as_shown(
    identifier: Identifier, records: Iterable[Record], analyzer: Analyzer
) -> list[tuple[Record, Hit]]:
    """The same of a name in what a reader sees of the texts, where that is something else."""
    seen = [
        Record(id=record.id, text=text)
        for record in records
        if (text := shown(record.content)) != record.content
    ]
    return list(_ways(identifier, seen, [fold(one.text) for one in seen], analyzer))


def _doubtful(
    name: Name, found: Iterable[tuple[Record, Hit]], haystack: Haystack
) -> Iterator[tuple[tuple[str, int, int], str]]:
    """Record id and span of what looks like the whole name -> what it may be; last wins."""
    whole = [(record, hit.start, hit.end) for record, hit in found if hit.full_name]
    words = (name.first.casefold(), name.last.casefold())
    for place in whole:
        if perhaps_words(name, place, haystack.ordinary):
            yield (place[0].id, place[1], place[2]), "wordlike"
    for record, start, end in in_longer_names(
        name, whole, ordinary=haystack.ordinary, proper=haystack.proper
    ):
        yield (record.id, start, end), "longer"
    for record, start, end in whole:
        if without_capitals(name, record.content[start:end]) and haystack.ordinary_apart(words):
            yield (record.id, start, end), "words"


def _words(form: NameForm, records: Sequence[Record], texts: Sequence[str]) -> Iterator[Place]:
    """Where one word of a name stands. What it is worth is seen beside its neighbours."""
    pattern = regex.compile(form.pattern)
    for record, text in zip(records, texts, strict=True):
        for found in pattern.finditer(text):
            yield record, found.start(), found.end()


def _as_read(subject: Subject, haystack: Haystack, key: bytes) -> Iterator[tuple[str, Hit]]:
    """Numbers and dates that a recogniser read, whatever it took them for."""
    for (entity, hashed), kind in number_values(subject.identifiers, key).items():
        rows = haystack.numbers(entity, hashed)
        customers = kind is IdentifierKind.CUSTOMER_ID
        texts = haystack.texts_of({row.record_id for row in rows}) if customers else {}
        for row in rows:
            doubtful = customers and may_be_no_customers(texts[row.record_id], row.start, row.end)
            how = "partial" if doubtful else "normalised"
            yield row.record_id, Hit(kind, how, row.start, row.end, row.recogniser)


def _same_mailbox(subject: Subject, haystack: Haystack, own: Set[Value]) -> Iterator[EntityRow]:
    """Addresses that are not the subject's, and may lead to the same mailbox."""
    for box in mailboxes(subject.identifiers):
        for record in haystack.holding([same_mailbox(box)]):
            for row in haystack.within(record, EMAIL):
                found = record.content[row.start : row.end]
                other = Value(IdentifierKind.EMAIL, row.hash) not in own
                if other and mailbox(normalise(IdentifierKind.EMAIL, found)) == box:
                    yield row


def _probes(identifier: Identifier, language: str, regions: Sequence[str]) -> Iterator[_Probe]:
    title = f"subject's {identifier.kind.value}"
    if identifier.kind is IdentifierKind.NAME:
        yield from _name_probes(identifier, language, regions)
    elif patterns := patterns_for(identifier, regions):
        how = _how(identifier, regions)
        yield _Probe(adhoc_recogniser("SUBJECT", title, language, patterns), how)


def _how(identifier: Identifier, regions: Sequence[str]) -> Callable[[str, int, int], str]:
    return lambda text, start, end: how_written(identifier, text, start, end, regions)


def _name_probes(identifier: Identifier, language: str, regions: Sequence[str]) -> Iterator[_Probe]:
    name = parse_name(identifier.value)
    if name is None:
        return
    for form in name_forms(name):
        if form.bare:
            continue
        title = f"subject's name ({form.how})"
        recogniser = adhoc_recogniser("SUBJECT", title, language, [form.pattern], form.any_case)
        how = _how(identifier, regions) if form.how == "exact" else _always(form.how)
        yield _Probe(recogniser, how)


def _always(how: str) -> Callable[[str, int, int], str]:
    return lambda text, start, end: how


def _named(recogniser: Any, entity: str) -> Any:
    """Each probe has an entity of its own: Presidio drops overlapping results of one entity."""
    recogniser.supported_entities = [entity]
    return recogniser


def _near_misses(
    subject: Subject,
    haystack: Haystack,
    bare: _Bare,
    *,
    surname_bearers: int,
    first_name_bearers: int,
) -> Iterator[tuple[str, Hit]]:
    """Misspelt names, and bare first names or surnames."""
    for (name, word), places in bare.items():
        limit = surname_bearers if word == name.last else first_name_bearers
        # A city or street that NER found is not a person, unless it is just this word.
        for record, start, end in bare_names(
            name, word, places, ordinary=haystack.ordinary, limit=limit
        ):
            if haystack.in_location(record.id, start - 2) or haystack.in_location(
                record.id, end + 1
            ):
                continue
            yield record.id, _name_hit("partial", start, end)
        if word == name.first:
            for record, start, end in heard(name, places):
                yield record.id, _name_hit("phonetic", start, end)
    for identifier, script in _spelt(subject):
        parsed = parse_name(identifier.value) if identifier.kind is IdentifierKind.NAME else None
        if parsed is None:
            continue
        for record, start, end in transliterated(parsed, haystack.in_other_letters()):
            yield record.id, _name_hit("transliterated", start, end)
        if len(parsed.words) < 2:
            continue
        records = haystack.with_traces(misspelt(words_of(parsed)))
        for record, start, end in misspellings(parsed, records, haystack.odd_names(records)):
            yield record.id, _name_hit(script or "typo", start, end)


def _name_hit(how: str, start: int, end: int) -> Hit:
    return Hit(IdentifierKind.NAME, how, start, end, f"subject's name ({how})")
