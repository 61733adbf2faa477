"""Searching a corpus for one subject, record by record. What it finds is judged in engine.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.nlp import EMAIL, Analyzer, search
from unlearnkit.corpus.normalise import fold, mailbox, normalise
from unlearnkit.corpus.reader import Corpus
from unlearnkit.domain import Identifier, IdentifierKind, Progress, Subject, silent
from unlearnkit.locate.hits import Hit, strongest
from unlearnkit.locate.identifiers import (
    adhoc_recogniser,
    hashed_hits,
    how_written,
    mailboxes,
    number_values,
    own_values,
    patterns_for,
)
from unlearnkit.locate.name_search import Place, bare_names, misspellings, ordinary_words
from unlearnkit.locate.names import Name, name_forms, parse_name
from unlearnkit.locate.ties import Value


@dataclass(frozen=True, slots=True)
class Found:
    """What the search came to."""

    hits: dict[str, list[Hit]]
    """Record id -> hits, strongest first, none inside a stronger one."""
    resolved: frozenset[Value]
    """Detected values whose digest the request gave."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """One way to write one identifier, with the recogniser that finds it."""

    recogniser: Any
    kind: IdentifierKind
    how: Callable[[str], str]
    """The text found -> how it was written."""
    name: Name | None = None
    word: str = ""
    """For a bare part of a name: which one."""


def search_subject(
    subject: Subject,
    corpus: Corpus,
    analyzer: Analyzer,
    *,
    rows: Sequence[EntityRow],
    person_rows: Sequence[EntityRow],
    place_rows: Sequence[EntityRow],
    number_rows: Sequence[EntityRow] = (),
    key: bytes,
    surname_bearers: int,
    first_name_bearers: int,
    progress: Progress = silent,
) -> Found:
    """Ad-hoc recognisers over every record, the index's detected values, and near misses of names.

    `rows` are the index's identifiers, `person_rows` and `place_rows` what NER found, and
    `number_rows` the numbers and dates that have a standard.
    """
    regions = analyzer.settings.regions
    probes = {
        f"SUBJECT_{at}": probe
        for at, probe in enumerate(_probes(subject, analyzer.settings.language, regions))
    }
    recognisers = [_named(probe.recogniser, entity) for entity, probe in probes.items()]
    hits: defaultdict[str, list[Hit]] = defaultdict(list)
    bare: defaultdict[tuple[Name, str], list[Place]] = defaultdict(list)
    for at, record in enumerate(corpus.records):
        if at % 500 == 0:
            progress("searching", at, len(corpus.records))
        for span in search(analyzer, fold(record.content), recognisers):
            probe = probes[span.entity]
            if probe.name is not None:
                bare[(probe.name, probe.word)].append((record.id, span.start, span.end))
                continue
            how = probe.how(record.content[span.start : span.end])
            hits[record.id].append(Hit(probe.kind, how, span.start, span.end, span.recogniser))
    progress("searching", len(corpus.records), len(corpus.records))

    own = {Value(*value) for value in own_values(subject.identifiers, key, regions)}
    for row in rows:
        if Value(KINDS[row.entity], row.hash) in own:
            hits[row.record_id].append(
                Hit(KINDS[row.entity], "normalised", row.start, row.end, row.recogniser)
            )
    numbers = number_values(subject.identifiers, key)
    for row in number_rows:
        if kind := numbers.get((row.entity, row.hash)):
            hits[row.record_id].append(Hit(kind, "normalised", row.start, row.end, row.recogniser))
    for row in _same_mailbox(subject, corpus, rows, own):
        hits[row.record_id].append(
            Hit(IdentifierKind.EMAIL, "mailbox", row.start, row.end, row.recogniser)
        )
    resolved = set()
    for row, hit in hashed_hits(
        subject.identifiers, [*rows, *person_rows], corpus.by_id(), regions
    ):
        hits[row.record_id].append(hit)
        if row.entity in KINDS and hit.kind is not IdentifierKind.NAME:
            resolved.add(Value(hit.kind, row.hash))
    for record_id, hit in _near_misses(
        subject,
        corpus,
        bare,
        person_rows=person_rows,
        place_rows=place_rows,
        surname_bearers=surname_bearers,
        first_name_bearers=first_name_bearers,
    ):
        hits[record_id].append(hit)
    return Found({one: strongest(some) for one, some in hits.items()}, frozenset(resolved))


def _same_mailbox(
    subject: Subject, corpus: Corpus, rows: Sequence[EntityRow], own: Set[Value]
) -> Iterator[EntityRow]:
    """Addresses that are not the subject's, and may lead to the same mailbox."""
    boxes = mailboxes(subject.identifiers)
    if not boxes:
        return
    texts = {record.id: record.content for record in corpus.records}
    for row in rows:
        if row.entity == EMAIL and Value(KINDS[row.entity], row.hash) not in own:
            found = texts[row.record_id][row.start : row.end]
            if mailbox(normalise(IdentifierKind.EMAIL, found)) in boxes:
                yield row


def _probes(subject: Subject, language: str, regions: Sequence[str]) -> Iterator[_Probe]:
    for identifier in subject.identifiers:
        if identifier.format != "raw":
            continue
        title = f"subject's {identifier.kind.value}"
        if identifier.kind is IdentifierKind.NAME:
            yield from _name_probes(identifier, language)
            continue
        patterns = patterns_for(identifier, regions)
        if patterns:
            recogniser = adhoc_recogniser("SUBJECT", title, language, patterns)
            yield _Probe(recogniser, identifier.kind, _how(identifier))


def _how(identifier: Identifier) -> Callable[[str], str]:
    return lambda found: how_written(identifier, found)


def _name_probes(identifier: Identifier, language: str) -> Iterator[_Probe]:
    name = parse_name(identifier.value)
    if name is None:
        return
    for form in name_forms(name):
        title = f"subject's name ({form.how})"
        recogniser = adhoc_recogniser("SUBJECT", title, language, [form.pattern], form.any_case)
        how = _how(identifier) if form.how == "exact" else _always(form.how)
        bare = name if form.bare else None
        yield _Probe(recogniser, IdentifierKind.NAME, how, bare, form.bare)


def _always(how: str) -> Callable[[str], str]:
    return lambda _: how


def _named(recogniser: Any, entity: str) -> Any:
    """Each probe has an entity of its own: Presidio drops overlapping results of one entity."""
    recogniser.supported_entities = [entity]
    return recogniser


def _near_misses(
    subject: Subject,
    corpus: Corpus,
    bare: dict[tuple[Name, str], list[Place]],
    *,
    person_rows: Sequence[EntityRow],
    place_rows: Sequence[EntityRow],
    surname_bearers: int,
    first_name_bearers: int,
) -> Iterator[tuple[str, Hit]]:
    """Misspelt names, and bare first names or surnames."""
    texts = {record.id: record.content for record in corpus.records}
    in_places = {(row.record_id, at) for row in place_rows for at in range(row.start, row.end)}
    ordinary = ordinary_words(corpus.records) if bare else frozenset()
    for (name, word), places in bare.items():
        limit = surname_bearers if word == name.last else first_name_bearers
        # A city or street that NER found is not a person, unless it is just this word.
        for record_id, start, end in bare_names(
            name, word, places, texts=texts, ordinary=ordinary, limit=limit
        ):
            if (record_id, start - 2) in in_places or (record_id, end + 1) in in_places:
                continue
            yield (
                record_id,
                Hit(IdentifierKind.NAME, "partial", start, end, "subject's name (partial)"),
            )
    people = [(row.record_id, row.start, row.end) for row in person_rows]
    for identifier in subject.identifiers:
        if identifier.kind is not IdentifierKind.NAME or identifier.format != "raw":
            continue
        parsed = parse_name(identifier.value)
        if parsed is not None:
            for record_id, start, end in misspellings(parsed, corpus.records, people):
                yield (
                    record_id,
                    Hit(IdentifierKind.NAME, "typo", start, end, "subject's name (typo)"),
                )
