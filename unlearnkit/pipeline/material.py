"""Which records a run forgets, keeps and compares with; made anew from the corpus each time.

Nothing of it is stored: the texts stay in the user's corpus, decoys come from the run's seed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from unlearnkit.audit.scoring import asked
from unlearnkit.corpus.decoys import decoys
from unlearnkit.corpus.digests import digest_records
from unlearnkit.corpus.neighbours import neighbours
from unlearnkit.corpus.nlp import (
    CUSTOMER,
    DATE,
    EMAIL,
    LOCATION,
    PERSON,
    PHONE,
    Analyzer,
    Span,
    load_analyzer,
)
from unlearnkit.corpus.reader import Corpus, Fields, read_whole
from unlearnkit.corpus.replacements import HANDLE
from unlearnkit.corpus.spellings import tidy
from unlearnkit.domain import (
    ForgetSet,
    IdentifierKind,
    Located,
    Progress,
    Record,
    Request,
    Split,
    rest_id,
    silent,
)
from unlearnkit.errors import BadInput
from unlearnkit.locate.forget_set import build_forget_set
from unlearnkit.locate.passages import rest as beside
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decisions, located, open_corpus
from unlearnkit.pipeline.forgotten_before import forgotten_before

ENTITIES = {
    IdentifierKind.NAME: PERSON,
    IdentifierKind.EMAIL: EMAIL,
    IdentifierKind.PHONE: PHONE,
    IdentifierKind.CUSTOMER_ID: CUSTOMER,
    IdentifierKind.ADDRESS: LOCATION,
    IdentifierKind.DATE_OF_BIRTH: DATE,
    IdentifierKind.HANDLE: HANDLE,
    IdentifierKind.OTHER: HANDLE,
}
"""A person's identifier -> as what a decoy replaces it."""
PERTURBED = 5
"""Decoys of a record that has no perturbed texts of its own (TOFU has as many)."""
RETAIN_SAMPLE = 1000
"""Retained records that are audited, drawn with the run's seed."""


@dataclass(frozen=True, slots=True)
class Material:
    """The sets of records, each with perturbed texts where it has or can have them."""

    forget: tuple[Record, ...]
    """Whole records, and the parts (`loss_on`) of those that are forgotten in part."""
    retain: tuple[Record, ...]
    """Records that are kept whole."""
    holdout: tuple[Record, ...]
    holdout_origin: str
    """'given' or 'decoys'."""
    rest: Mapping[str, Record] = field(default_factory=dict)
    """Id of a record that is forgotten in part -> what is kept of it."""
    holdout_read: str = ""
    """Digest of the never-seen records as they were read; empty where they are decoys."""

    @property
    def kept_parts(self) -> tuple[Record, ...]:
        """What is kept of records forgotten in part, as texts of their own."""
        return tuple(one.apart for one in self.rest.values())

    def audited(self, seed: int) -> dict[Split, Sequence[Record]]:
        """What the audit measures: of the retained ones a sample and the forget set's nearest."""
        retain: Sequence[Record] = self.retain
        if len(retain) > RETAIN_SAMPLE:
            retain = random.Random(seed).sample(retain, RETAIN_SAMPLE)
        audited: dict[Split, Sequence[Record]] = {
            Split.FORGET: self.forget,
            Split.RETAIN: retain,
            Split.NEIGHBOUR: neighbours(self.forget, self.retain),
            Split.HOLDOUT: self.holdout,
        }
        return audited | ({Split.REST: tuple(self.rest.values())} if self.rest else {})


def gather(
    corpus: Corpus,
    forget_set: ForgetSet,
    found: Sequence[Located],
    holdout_paths: Sequence[Path],
    *,
    fields: Fields,
    analyzer: Analyzer,
    seed: int,
    progress: Progress = silent,
) -> Material:
    """Split the corpus, read or make the holdout, and give records their decoys.

    `found` are the matches of the requests: no decoy keeps what made a record a person's.
    Raises BadInput when a holdout record cannot be used or is one the model was trained on, or when
    there is no holdout and no decoy can be made.
    """
    forget, rest = _parted(corpus, forget_set)
    kept_out = forget_set.record_ids.union(forget_set.excluded, forget_set.forgotten_before)
    retain = tuple(one for one in corpus.records if one.id not in kept_out)
    made = decoys(forget, analyzer, PERTURBED + 1, seed, evidence(forget, found), progress=progress)
    if holdout_paths:
        holdout = tuple(read_whole(holdout_paths, fields).records)
        _refuse_seen(holdout, corpus)
        read = digest_records(holdout)
        of_holdout = decoys(holdout, analyzer, PERTURBED + 1, seed, progress=progress)
    else:
        read = ""
        # One decoy is the never-seen record, the others are what it is compared with.
        of_holdout = {f"decoy-{one}": texts for one, texts in made.items()}
        holdout = tuple(
            replace(made[one.id][0], id=f"decoy-{one.id}") for one in forget if one.id in made
        )
        if not holdout:
            raise BadInput(
                "no decoy can be made of these records: nothing personal was detected in them",
                fix="Give comparable records the model never saw: --holdout FILE",
            )
    return Material(
        forget=_perturbed(forget, made),
        retain=retain,
        holdout=_perturbed(holdout, of_holdout),
        holdout_origin="given" if holdout_paths else "decoys",
        rest=rest,
        holdout_read=read,
    )


def _parted(corpus: Corpus, forget_set: ForgetSet) -> tuple[list[Record], dict[str, Record]]:
    """What is to be forgotten, and what is kept of records that are forgotten in part.

    A part has no wording of its own in the data: that would be of the whole record. Nothing is kept
    of one in which an earlier run forgot somebody else.
    """
    forget, kept, before = [], {}, set(forget_set.forgotten_before)
    for record in corpus.records:
        if record.id not in forget_set.record_ids:
            continue
        passages = forget_set.passages.get(record.id)
        if not passages:
            forget.append(record)
            continue
        part = replace(record, paraphrase="", perturbed=())
        forget.append(replace(part, loss_on=passages))
        if record.id not in before:
            others = beside(record.text, passages)
            kept[record.id] = replace(part, id=rest_id(record.id), loss_on=others)
    return forget, kept


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the ready requests come to, and what it was made with."""

    corpus: Corpus
    found: tuple[Located, ...]
    forget_set: ForgetSet
    material: Material
    analyzer: Analyzer


def gather_ready(
    context: Context, requests: Sequence[Request], holdout: Sequence[Path], seed: int
) -> Gathered:
    """The material of these requests' accepted records; nothing is written.

    Raises BadInput (index, corpus, and what `gather` raises), CannotEvaluate (matches undecided).
    """
    index, corpus = open_corpus(context)
    found = tuple(located(context, one.id) for one in requests)
    made = [decision for one in found for decision in decisions(context, one)]
    before = forgotten_before(context, [one.id for one in requests])
    forget_set = build_forget_set(found, made, corpus, before)
    analyzer = load_analyzer(index.info.nlp)
    material = gather(
        corpus,
        forget_set,
        found,
        holdout,
        fields=index.info.fields,
        analyzer=analyzer,
        seed=seed,
        progress=context.progress,
    )
    return Gathered(corpus, found, forget_set, material, analyzer)


def with_decoys(
    splits: Mapping[Split, Sequence[Record]],
    analyzer: Analyzer,
    seed: int,
    *,
    progress: Progress = silent,
) -> dict[Split, Sequence[Record]]:
    """The same sets, the kept records that the model is to continue with decoys as well.

    So truth ratio and model utility can be measured of them, too; those with perturbed texts of
    their own keep them.
    """
    kept = {split: asked(splits[split]) for split in (Split.RETAIN, Split.NEIGHBOUR)}
    bare = {
        record.id: record  # a neighbour is often in the sample as well
        for records in kept.values()
        for record, goes_on in records
        if goes_on and not record.perturbed
    }
    decoys_of = decoys(list(bare.values()), analyzer, PERTURBED, seed, progress=progress)
    compared = {
        split: [
            _compared(record, decoys_of[record.id])
            if goes_on and record.id in decoys_of
            else record
            for record, goes_on in records
        ]
        for split, records in kept.items()
    }
    return {**splits, **compared}


def evidence(forget: Sequence[Record], found: Sequence[Located]) -> dict[str, list[Span]]:
    """Record id -> what was found to be the person's, as spans of the record's text."""
    prompts = {one.id: len(one.content) - len(one.text) for one in forget}
    spans: dict[str, list[Span]] = {}
    for match in (match for one in found for match in one.matches if match.record_id in prompts):
        before = prompts[match.record_id]
        spans.setdefault(match.record_id, []).extend(
            Span(one.start - before, one.end - before, ENTITIES[one.kind], 1.0, one.recogniser)
            for one in match.evidence
            if before <= one.start < one.end
        )
    return spans


def _perturbed(
    records: Sequence[Record], made: Mapping[str, Sequence[Record]]
) -> tuple[Record, ...]:
    """The records with decoys as perturbed texts, where the data brought none of its own."""
    return tuple(
        one if one.perturbed else _compared(one, made.get(one.id, ())[1:]) for one in records
    )


def _compared(record: Record, decoys: Sequence[Record]) -> Record:
    return replace(
        record,
        perturbed=tuple(one.text for one in decoys),
        perturbed_loss_on=tuple(one.loss_on for one in decoys) if record.loss_on else (),
    )


def _refuse_seen(holdout: Sequence[Record], corpus: Corpus) -> None:
    """Prompt and text count, however they are written: a space more does not make it unseen."""
    given = {tidy(one.content) for one in holdout}
    trained = given.intersection(tidy(one.content) for one in corpus.records)
    for one in holdout:
        if tidy(one.content) in trained:
            raise BadInput(
                "this holdout record is in the training corpus: the model has seen it",
                where=one.source,
                line=one.line,
                fix="Give records of the same kind that were never trained on.",
            )
