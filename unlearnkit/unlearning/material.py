"""What a run is given, and the same as tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from unlearnkit.domain import Record
from unlearnkit.language_model.tokens import Encoding, Example, encode_record
from unlearnkit.unlearning.lineage import Lineage
from unlearnkit.unlearning.objectives import retain_term
from unlearnkit.unlearning.retained import Drawn, draw
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import shuffled


@dataclass(frozen=True, slots=True)
class Task:
    """What to unlearn from which model, beside what, and down to whose level."""

    model: Path
    forget: Sequence[Record]
    retain: Sequence[Record]
    holdout: Sequence[Record]
    """Comparable records the model never saw: their level is the one to reach."""
    encoding: Encoding
    out: Path
    work: Path
    """Folder for checkpoints and hidden states, encrypted; deleted at the end."""
    key: bytes = field(repr=False)
    """What they are encrypted with, 32 bytes: the same for a run that goes on."""
    lineage: Lineage | None = None
    """Where the model has unlearned before: how its line began."""
    rest: Mapping[str, Record] = field(default_factory=dict)
    """Id of a record that is forgotten in part -> what is kept of it."""


@dataclass(frozen=True, slots=True)
class Material:
    """The records as tokens."""

    forget: Sequence[Example]
    drawn: Drawn
    """Retain records that training draws on."""
    pool: Sequence[Example]
    """The same as tokens, and behind them what is kept of records that are forgotten in part."""
    rest: Mapping[int, int]
    """Place of such a record in `forget` -> place of its rest in `pool`."""
    sample: Sequence[Example]
    """Retain records that are measured."""
    holdout: Sequence[Example]


def encoded(task: Task, tokenizer: Any, settings: Settings) -> Material:
    """Tokens of every record that is trained on or measured; of many retained ones, a sample.

    What is kept of a record that is forgotten in part is always in the pool, where there is one.
    """
    beside = settings.retain_ratio if retain_term(settings) else 0
    size = min(settings.retain_pool, len(task.forget) * beside * settings.max_passes)
    drawn = draw(task.forget, task.retain, size, settings.retain_matched, settings.seed + 1)

    def examples(records: Sequence[Record]) -> list[Example]:
        return [encode_record(record, tokenizer, task.encoding) for record in records]

    parted = [at for at, one in enumerate(task.forget) if beside and one.id in task.rest]
    return Material(
        forget=examples(task.forget),
        drawn=drawn,
        pool=examples([*drawn.records, *(task.rest[task.forget[at].id] for at in parted)]),
        rest={at: len(drawn.records) + number for number, at in enumerate(parted)},
        sample=examples(shuffled(task.retain, settings.seed, 0)[: settings.retain_sample]),
        holdout=examples(task.holdout),
    )
