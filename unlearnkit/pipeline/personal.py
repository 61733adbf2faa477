"""Which personal values the audit asks the models for, and whose they are said to be.

Made anew from the corpus each time, as the records are; nothing of it is stored.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from unlearnkit.audit.decoy_ranks import POOL
from unlearnkit.audit.targets import Target, choose_targets
from unlearnkit.corpus.neighbours import nearest_of_each
from unlearnkit.corpus.nlp import LOCATION, PERSON, Analyzer
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

TOWN = 2
"""The most words that a place without a street has here."""
RANKED = 200
"""Values of a split that are ranked among their decoys: each is two short forward passes."""


@dataclass(frozen=True, slots=True)
class PersonalTargets:
    """The values of each split that the models are asked for, and those that are ranked."""

    asked: dict[Split, tuple[Target, ...]]
    ranked: dict[Split, tuple[Target, ...]]


@dataclass(frozen=True, slots=True)
class Side:
    """The records of a split, what is in them, and whose they are."""

    split: Split
    records: Sequence[Record]
    values: Sequence[PersonalValue]
    names: Mapping[str, str]
    """Record id -> the name that a question may give."""
    subjects: Mapping[str, str]
    """Record id -> whose it is: a request's, or a thread's."""

    def asked(
        self, retain: Sequence[Record], regions: tuple[str, ...], seed: int
    ) -> tuple[Target, ...]:
        """The values that the models are asked for, with the kept records most like theirs."""
        targets = choose_targets(
            self.records, self.values, self.names, self.subjects, seed=seed, regions=regions
        )
        return beside(targets, retain)


def personal_targets(
    material: Material,
    forget_set: ForgetSet,
    found: Sequence[Located],
    analyzer: Analyzer,
    *,
    seed: int,
    progress: Progress = silent,
) -> PersonalTargets:
    """The values of the forgotten and of the never-seen records that the audit looks at.

    Some questions name the person. For a forgotten record that is its subject, by the fullest and
    then most frequent name that the search found. Where it found none, and for never-seen records,
    it is the name in the record or in its thread.

    A never-seen record without a name borrows one from another never-seen record: otherwise fewer
    questions would be asked of it than of the forgotten ones, and less would come out of it by
    chance. Names are not borrowed where a forgotten record has none either, for then the never-seen
    ones would be asked more.
    """
    subject_evidence = evidence(material.forget, found)
    of_forget = personal_values(
        material.forget, analyzer, POOL, seed, subject_evidence, progress=progress
    )
    of_holdout = personal_values(material.holdout, analyzer, POOL, seed, progress=progress)
    owner = {
        record: request for request, records in forget_set.records.items() for record in records
    }
    name_of_request = subject_names(material.forget, owner, found)
    forgotten_names = named_in(material.forget, of_forget) | {
        record: name_of_request[request]
        for record, request in owner.items()
        if request in name_of_request
    }
    unseen_names = named_in(material.holdout, of_holdout)
    lent = sorted(set(unseen_names.values()))
    if lent and all(record.id in forgotten_names for record in material.forget):
        unseen_names = {
            record.id: unseen_names.get(record.id)
            or random.Random(f"{seed}:{record.id}").choice(lent)
            for record in material.holdout
        }
    threads = {record.id: record.group for record in material.holdout if record.group}

    sides = (
        Side(Split.FORGET, material.forget, of_forget, forgotten_names, owner),
        Side(Split.HOLDOUT, material.holdout, of_holdout, unseen_names, threads),
    )
    return PersonalTargets(
        asked={
            side.split: side.asked(material.retain, analyzer.settings.regions, seed)
            for side in sides
        },
        ranked={side.split: rankable(side.records, side.values, seed=seed) for side in sides},
    )


def beside(targets: Sequence[Target], retain: Sequence[Record]) -> tuple[Target, ...]:
    """The targets with the kept records most like theirs."""
    near = nearest_of_each([one.record for one in targets], retain)
    return tuple(
        replace(target, near=tuple(one.content for one in some))
        for target, some in zip(targets, near, strict=True)
    )


def rankable(
    records: Sequence[Record], values: Sequence[PersonalValue], *, seed: int, limit: int = RANKED
) -> tuple[Target, ...]:
    """At most `limit` values, each once in all the records, that do not stand before themselves.

    A name that the question holds is put first by any model. A value that comes again in another
    record tells the same again: counted each time, it makes alarms for nothing (docs/method.md).
    Whose never-seen records are is not known, so that both sides count a value once altogether.
    """
    by_id = {one.id: one for one in records}
    fresh = [
        one for one in values if has_form(one) and not stands_before(by_id[one.record_id], one)
    ]
    together = dict.fromkeys(by_id, "")
    return choose_targets(records, fresh, {}, together, seed=seed, limit=limit)


def has_form(value: PersonalValue) -> bool:
    """Whether its alternatives are of its form: those of a whole address are towns."""
    words = value.text.split()
    whole = len(words) > TOWN or any(one.isdigit() for one in value.text)
    return value.entity != LOCATION or not whole


def stands_before(record: Record, value: PersonalValue) -> bool:
    """Whether prompt or text say the value, case aside, before it comes."""
    return value.text.casefold() in f"{record.prompt}\n{record.text[: value.start]}".casefold()


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
