"""The model that is attacked, the records it is measured on, and what came of an attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unlearnkit.audit.scoring import loaded as loaded_model
from unlearnkit.domain import Record, RelearningCurve, Split
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.processes import divided
from unlearnkit.language_model.recall import Recall, recall
from unlearnkit.language_model.tokens import Encoding, Example, encode_record

BATCH = 16
"""Records of a forward pass in measuring."""


@dataclass(frozen=True, slots=True)
class EncodedRecord:
    """A record's id and its tokens."""

    record_id: str
    example: Example


@dataclass(frozen=True, slots=True)
class AttackedModel:
    """A loaded model and the records of each split, as its tokens."""

    language_model: LanguageModel
    device: Any
    splits: Mapping[Split, Sequence[EncodedRecord]]

    @property
    def model(self) -> Any:
        """Transformers' model."""
        return self.language_model.model

    @property
    def pad_id(self) -> int:
        """What short rows of a batch end with."""
        return int(self.language_model.tokenizer.pad_token_id)


@dataclass(frozen=True, slots=True)
class Work:
    """What was computed: optimizer steps, forward passes of batches, tokens in these."""

    steps: int = 0
    forward_passes: int = 0
    tokens: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.steps + other.steps,
            self.forward_passes + other.forward_passes,
            self.tokens + other.tokens,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attack on a model."""

    reached: float
    """Share of the weights that were changed."""
    work: Work
    recalls: Mapping[Split, Sequence[tuple[str, Recall]]] = field(default_factory=dict)
    """Split -> record ids and their figures under the attack."""
    curves: Sequence[RelearningCurve] = ()
    missing: Mapping[Split, str] = field(default_factory=dict)
    """Split -> why there are no figures."""


def loaded(
    folder: Path, splits: Mapping[Split, Sequence[Record]], encoding: Encoding
) -> AttackedModel:
    """The model in `folder`, ready to be attacked. Raises BadInput for an unusable model.

    What is kept of records forgotten in part is there as texts of its own, as it is kept: without
    the passages in between.
    """
    language_model, device = loaded_model(folder)

    def row(one: Record, split: Split) -> EncodedRecord:
        record = one.apart if split is Split.REST else one
        return EncodedRecord(one.id, encode_record(record, language_model.tokenizer, encoding))

    rows = {split: tuple(row(one, split) for one in some) for split, some in splits.items()}
    return AttackedModel(language_model, device, rows)


def measured(
    subject: AttackedModel, rows: Sequence[EncodedRecord]
) -> tuple[list[tuple[str, Recall]], Work]:
    """The figures of each row under the model as it is now, and what measuring them took.

    The rows are divided over the processes; the passes are counted as one process makes them.
    """
    from unlearnkit.language_model.headed import Headed

    def figures(some: Sequence[EncodedRecord]) -> list[Recall]:
        examples = [one.example for one in some]
        return recall(Headed(subject.model), examples, subject.pad_id, subject.device, BATCH)

    found = divided(rows, figures)
    work = Work(forward_passes=-(-len(rows) // BATCH), tokens=tokens_of(rows))
    return [(row.record_id, one) for row, one in zip(rows, found, strict=True)], work


def tokens_of(rows: Sequence[EncodedRecord]) -> int:
    """Tokens of these rows, without padding."""
    return sum(len(one.example.input_ids) for one in rows)


def spread(rows: Sequence[EncodedRecord], most: int) -> Sequence[EncodedRecord]:
    """At most so many of the rows, evenly spread."""
    return rows[:: max(1, -(-len(rows) // most))]
