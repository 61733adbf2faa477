"""Which personal values the audit asks the models for, and whose they are said to be.

Made anew from the corpus each time, as the records are; nothing of it is stored.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from unlearnkit.audit.targets import Target, choose_targets
from unlearnkit.corpus.nlp import PERSON, Analyzer
from unlearnkit.corpus.values import PersonalValue, personal_values
from unlearnkit.domain import (
    ForgetSet,
    IdentifierKind,
    Located,
    Progress,
    Record,
    Split,
    silent,
)
from unlearnkit.pipeline.material import Material, evidence

ALTERNATIVES = 5
"""Of each value; the first that is not in its record is looked for beside it."""


def personal_targets(
    material: Material,
    forget_set: ForgetSet,
    found: Sequence[Located],
    analyzer: Analyzer,
    *,
    seed: int,
    progress: Progress = silent,
) -> dict[Split, tuple[Target, ...]]:
    """The values of the forgotten and of the never-seen records that the models are asked for.

    A forgotten record is its subject's, under the name the search found most fully and most often;
    where it found none, and in never-seen records, under the name in the record or its thread. A
    never-seen record that names nobody is said to be of another one's person, so that as many
    questions are asked as of the forgotten: nobody of them was seen.
    """
    known = evidence(material.forget, found)
    of_forget = personal_values(
        material.forget, analyzer, ALTERNATIVES, seed, known, progress=progress
    )
    of_holdout = personal_values(material.holdout, analyzer, ALTERNATIVES, seed, progress=progress)
    owner = {
        record: request for request, records in forget_set.records.items() for record in records
    }
    named = subject_names(material.forget, owner, found)
    people = named_in(material.forget, of_forget) | {
        record: named[request] for record, request in owner.items() if request in named
    }
    strangers = named_in(material.holdout, of_holdout)
    anybody = sorted(set(strangers.values()))
    if anybody:
        strangers = {
            one.id: strangers.get(one.id) or random.Random(f"{seed}:{one.id}").choice(anybody)
            for one in material.holdout
        }
    threads = {one.id: one.group for one in material.holdout if one.group}
    return {
        Split.FORGET: choose_targets(material.forget, of_forget, people, owner, seed=seed),
        Split.HOLDOUT: choose_targets(material.holdout, of_holdout, strangers, threads, seed=seed),
    }


def subject_names(
    records: Sequence[Record], owner: Mapping[str, str], found: Sequence[Located]
) -> dict[str, str]:
    """Request -> the name of its subject as the records have it."""
    contents = {one.id: one.content for one in records}
    names: dict[str, list[str]] = {}
    for match in (match for one in found for match in one.matches if match.record_id in contents):
        content = contents[match.record_id]
        names.setdefault(match.request_id, []).extend(
            content[one.start : one.end]
            for one in match.evidence
            if one.kind is IdentifierKind.NAME and owner[match.record_id] == match.request_id
        )
    return {request: fullest(some) for request, some in names.items() if some}


def named_in(records: Sequence[Record], values: Sequence[PersonalValue]) -> dict[str, str]:
    """Record -> the fullest name in it, or in its thread where it has none."""
    groups = {one.id: one.group or one.id for one in records}
    own: dict[str, list[str]] = {}
    shared: dict[str, list[str]] = {}
    for one in values:
        if one.entity == PERSON:
            own.setdefault(one.record_id, []).append(one.text)
            shared.setdefault(groups[one.record_id], []).append(one.text)
    return {
        record: fullest(own.get(record) or shared[group])
        for record, group in groups.items()
        if record in own or group in shared
    }


def fullest(names: Iterable[str]) -> str:
    """The most frequent of those with the most words; of equals the first."""
    counts = Counter(names)
    return max(counts, key=lambda name: (len(name.split()), counts[name]))
