"""Searching a corpus for one subject, record by record. What it finds is judged in engine.py."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any

from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.nlp import EMAIL, Analyzer, search
from unlearnkit.corpus.normalise import mailbox, normalise
from unlearnkit.domain import Identifier, IdentifierKind, Progress, Subject, silent
from unlearnkit.locate.haystack import Haystack
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
from unlearnkit.locate.name_search import Place, bare_names, misspellings
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
    for value in sorted(own):
        for row in haystack.places.get(value, ()):
            hits[row.record_id].append(
                Hit(value.kind, "normalised", row.start, row.end, row.recogniser)
            )
    numbers = number_values(subject.identifiers, key)
    for row in haystack.numbers(sorted({entity for entity, _ in numbers})):
        if kind := numbers.get((row.entity, row.hash)):
            hits[row.record_id].append(Hit(kind, "normalised", row.start, row.end, row.recogniser))
    for row in _same_mailbox(subject, haystack, own):
        hits[row.record_id].append(
            Hit(IdentifierKind.EMAIL, "mailbox", row.start, row.end, row.recogniser)
        )
    resolved = set()
    for row, hit in hashed_hits(
        subject.identifiers, chain(haystack.rows, haystack.people), haystack.texts, regions
    ):
        hits[row.record_id].append(hit)
        if row.entity in KINDS and hit.kind is not IdentifierKind.NAME:
            resolved.add(Value(hit.kind, row.hash))
    for record_id, hit in _near_misses(
        subject,
        haystack,
        bare,
        surname_bearers=surname_bearers,
        first_name_bearers=first_name_bearers,
    ):
        hits[record_id].append(hit)
    return Found({one: strongest(some) for one, some in hits.items()}, frozenset(resolved))


_Bare = dict[tuple[Name, str], list[Place]]
"""A name and one word of it -> where the word stands."""


def _written(
    subject: Subject, haystack: Haystack, analyzer: Analyzer, progress: Progress
) -> tuple[defaultdict[str, list[Hit]], _Bare]:
    """Where the texts hold what the request gives, and single words of names."""
    probes = {
        f"SUBJECT_{at}": probe
        for at, probe in enumerate(
            _probes(subject, analyzer.settings.language, analyzer.settings.regions)
        )
    }
    recognisers = [_named(probe.recogniser, entity) for entity, probe in probes.items()]
    hits: defaultdict[str, list[Hit]] = defaultdict(list)
    bare: defaultdict[tuple[Name, str], list[Place]] = defaultdict(list)
    records = haystack.corpus.records
    told = 0
    progress("searching", told, len(records))
    for at, spans in search(analyzer, haystack.folded, recognisers):
        if at - told >= 500:
            told = at
            progress("searching", told, len(records))
        record = records[at]
        for span in spans:
            probe = probes[span.entity]
            if probe.name is not None:
                bare[(probe.name, probe.word)].append((record.id, span.start, span.end))
                continue
            how = probe.how(record.content[span.start : span.end])
            hits[record.id].append(Hit(probe.kind, how, span.start, span.end, span.recogniser))
    progress("searching", len(records), len(records))
    return hits, bare


def _same_mailbox(subject: Subject, haystack: Haystack, own: Set[Value]) -> Iterator[EntityRow]:
    """Addresses that are not the subject's, and may lead to the same mailbox."""
    boxes = mailboxes(subject.identifiers)
    if not boxes:
        return
    for row in haystack.rows:
        if row.entity == EMAIL and Value(KINDS[row.entity], row.hash) not in own:
            found = haystack.texts[row.record_id][row.start : row.end]
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
        for record_id, start, end in bare_names(
            name, word, places, texts=haystack.texts, ordinary=haystack.ordinary, limit=limit
        ):
            if haystack.in_location(record_id, start - 2) or haystack.in_location(
                record_id, end + 1
            ):
                continue
            yield (
                record_id,
                Hit(IdentifierKind.NAME, "partial", start, end, "subject's name (partial)"),
            )
    for identifier in subject.identifiers:
        if identifier.kind is not IdentifierKind.NAME or identifier.format != "raw":
            continue
        parsed = parse_name(identifier.value)
        if parsed is not None and len(parsed.words) > 1:
            among = haystack.runs(len(parsed.words))
            for record_id, start, end in misspellings(parsed, among):
                yield (
                    record_id,
                    Hit(IdentifierKind.NAME, "typo", start, end, "subject's name (typo)"),
                )
