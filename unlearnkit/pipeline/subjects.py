"""Whose the audited records are, for tests that must not count one person many times.

A forgotten record is its request's subject's. Never-seen records were searched for nobody: those of
a thread are one person's, and so are those with an e-mail address, a phone or a customer number in
common that is not the company's own (`locate/ties.py`), and, where they have no thread, those with
a name of two words or more in common. What one record ties together is one: two requests with a
record or a thread in common are, too. Ties that should not be (staff who sign without a thread)
make too few people of many, and the test then says that it cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from unlearnkit.corpus.entities import EntityRow, entity_rows
from unlearnkit.corpus.nlp import PERSON, Analyzer
from unlearnkit.domain import ForgetSet, Record, Split
from unlearnkit.locate.ties import TIED, by_value, tie
from unlearnkit.pipeline.material import Material

FULL_NAME = 2
"""Words."""


def subjects(
    material: Material, forget_set: ForgetSet, analyzer: Analyzer, shared_after: int
) -> dict[Split, dict[str, str]]:
    """Split -> record id -> whose it is; a record that nothing ties to a person is left out.

    A holdout of decoys is nobody's and has none. Of kept records, which are many, only threads are
    tied. `shared_after` is the workspace's.
    """
    requests = forget_set.records.values()
    found = {Split.FORGET: together(material.forget, [*requests, *threads(material.forget)])}
    if material.holdout_origin == "given":
        ties = [*threads(material.holdout), *alike(material.holdout, analyzer, shared_after)]
        found[Split.HOLDOUT] = together(material.holdout, ties)
    kept = together(material.retain, threads(material.retain))
    rest = tuple(material.rest.values())
    found |= {Split.RETAIN: kept, Split.NEIGHBOUR: kept, Split.REST: together(rest, threads(rest))}
    return found


def threads(records: Sequence[Record]) -> list[list[str]]:
    """The ids of each thread's records."""
    found: dict[str, list[str]] = {}
    for one in records:
        if one.group:
            found.setdefault(one.group, []).append(one.id)
    return list(found.values())


def alike(records: Sequence[Record], analyzer: Analyzer, shared_after: int) -> list[list[str]]:
    """The ids of records with a person's identifier in common."""
    # The hashes leave this function no more than the values do, so that any key will do.
    rows = entity_rows(records, analyzer, b"")
    places = by_value(row for row in rows if row.entity in TIED)
    ties = tie(places, records, shared_after)
    contacts = [sorted(ties.records(value)) for value in places if not ties.shared(value)]
    return [one for one in [*contacts, *same_names(rows, records)] if len(one) > 1]


def same_names(rows: Iterable[EntityRow], records: Sequence[Record]) -> list[list[str]]:
    """The ids of records without a thread in which one full name stands."""
    loose = {one.id: one.content for one in records if not one.group}
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.entity == PERSON and row.record_id in loose:
            name = loose[row.record_id][row.start : row.end]
            if len(name.split()) >= FULL_NAME:
                found.setdefault(row.hash, []).append(row.record_id)
    return [list(dict.fromkeys(one)) for one in found.values()]


def together(records: Sequence[Record], ties: Iterable[Sequence[str]]) -> dict[str, str]:
    """Record id -> the first record (in their order) of all that ties join it to.

    One that stands in no tie is left out; a tie may be of one record, as a short thread is.
    """
    order = {one.id: number for number, one in enumerate(records)}
    before: dict[str, str] = {}

    def first(one: str) -> str:
        while before[one] != one:
            one = before[one]
        return one

    for tied in ties:
        known = [one for one in tied if one in order]
        before |= {one: one for one in known if one not in before}
        for pair in pairwise(known):
            earlier, later = sorted(map(first, pair), key=order.__getitem__)
            before[later] = earlier
    return {one: first(one) for one in before}
