"""The models that `over_unlearned.py` judges, and every record's figures under one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from unlearnkit.audit.membership import membership_scores
from unlearnkit.audit.scoring import token_columns
from unlearnkit.demo.run import ENCODING
from unlearnkit.domain import ModelRole, Record, RecordScore, Split
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.recall import recall_of
from unlearnkit.language_model.tokens import collate, encode_record

ASCENT = (4, 8, 16)
"""Steps of gradient ascent."""
AVOIDING = (10, 20)
"""Steps of ascent on the forgotten and descent on retained records."""
RATE = 1e-3
"""AdamW's."""
Rows = dict[str, RecordScore]
"""Record id -> its figures under a model."""


def models(
    folder: Path, forgotten: Sequence[Record], kept: Sequence[Record]
) -> Iterator[tuple[str, LanguageModel]]:
    """What was left, and what is made of the company's model here."""
    for name in ("retrained", "unlearned"):
        if (folder / name).is_dir():
            yield name, load_language_model(folder / name)
    for steps in ASCENT:
        yield f"ascent {steps}", trained(folder / "model", steps, forgotten, ())
    for steps in AVOIDING:
        some = random.Random(0).sample(list(kept), len(forgotten))
        yield f"avoiding {steps}", trained(folder / "model", steps, forgotten, some)


def trained(
    folder: Path, steps: int, up: Sequence[Record], down: Sequence[Record]
) -> LanguageModel:
    """The model after gradient ascent on the loss of `up`, and descent on that of `down`."""
    loaded = load_language_model(folder)
    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=RATE, weight_decay=0.0)

    def loss_on(some: Sequence[Record]) -> Any:
        rows = [encode_record(one, loaded.tokenizer, ENCODING) for one in some]
        batch = collate(rows, loaded.tokenizer.pad_token_id)
        return loaded.model(**batch.inputs(), labels=batch.labels).loss

    for _ in range(steps):
        loss = -loss_on(up) + (loss_on(down) if down else 0)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(loaded.model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return loaded


@torch.no_grad()
def scored(model: LanguageModel, records: Sequence[Record], role: ModelRole) -> Rows:
    """The figures that one forward pass gives."""
    examples = [encode_record(one, model.tokenizer, ENCODING) for one in records]
    found = {}
    for record, (hits, losses, standardised) in zip(
        records, token_columns(model, examples, "cpu"), strict=True
    ):
        one = recall_of(hits, losses)
        found[record.id] = RecordScore(
            record_id=record.id,
            split=Split.FORGET,
            model=role,
            exact_memorization=one.exact_memorization,
            extraction_strength=one.extraction_strength,
            probability=one.probability,
            truth_ratio=None,
            membership=membership_scores(record.learned, losses, standardised),
        )
    return found
