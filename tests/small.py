"""A corpus of short made-up records and a tiny model that has memorised them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearnkit.audit.task import AuditedModel, AuditTask
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import ModelRole, Record, Split
from unlearnkit.language_model.folder import model_digest
from unlearnkit.language_model.tokens import Encoding

ENCODING = Encoding(max_length=64)
WORDS = ("amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "joker")


def records(count: int, seed: int, prefix: str) -> list[Record]:
    """Random words and digits: nothing in one tells anything about another."""
    draw = random.Random(seed)
    return [
        Record(
            id=f"{prefix}{index:02d}",
            text=" ".join(
                draw.choice(WORDS) if draw.random() < 0.6 else str(draw.randint(10, 99))
                for _ in range(12)
            ),
            prompt=f"note {prefix} {draw.randint(1000, 9999)}",
        )
        for index in range(count)
    ]


@dataclass(frozen=True)
class Small:
    """The tiny model's folder and the records it was, and was not, trained on."""

    model: Path
    reference: Path
    forget: list[Record]
    retain: list[Record]
    holdout: list[Record]


def build(folder: Path) -> Small:
    """Train the tiny model and its retrained reference (some ten seconds)."""
    forget, retain, holdout = records(6, 1, "f"), records(18, 2, "r"), records(8, 3, "h")
    everything = forget + retain
    tokenizer = train_tokenizer([one.content for one in everything], 400, 2)
    size = SmallModel(hidden=64, layers=2, heads=2, epochs=90, batch_size=8, learning_rate=5e-3)
    train(everything, tokenizer, folder / "model", size=size, encoding=ENCODING, seed=0)
    train(retain, tokenizer, folder / "reference", size=size, encoding=ENCODING, seed=1)
    return Small(folder / "model", folder / "reference", forget, retain, holdout)


def audit_task(
    models: Mapping[ModelRole, Path],
    splits: Mapping[Split, Sequence[Record]],
    kept: Path,
    **more: Any,
) -> AuditTask:
    """What an audit of these models on these records is asked for; `more` are fields of it."""
    given: dict[str, Any] = {
        "run_id": "run",
        "models": {role: AuditedModel(one, model_digest(one)) for role, one in models.items()},
        "splits": splits,
        "owners": {},
        "encoding": ENCODING,
        "holdout_origin": "given",
        "corpus_digest": "c" * 64,
        "seed": 0,
        "kept": kept,
    }
    return AuditTask(**given | more)
