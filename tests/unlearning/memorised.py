"""Tiny models of any architecture that know a few records by heart, made in a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tests.language_model import tiny
from tests.small import records
from unlearnkit.demo.training import train_tokenizer
from unlearnkit.domain import Record
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import Level, level, recall
from unlearnkit.language_model.tokens import Encoding, collate, encode_record
from unlearnkit.unlearning.material import Task
from unlearnkit.unlearning.settings import Settings

KEY = b"k" * 32
ENCODING = Encoding(max_length=64)
FORGET, RETAIN, HOLDOUT = records(5, 1, "f"), records(7, 2, "r"), records(4, 3, "h")


def memorise(
    folder: Path,
    kind: str,
    *,
    known: Sequence[Record] = (*FORGET, *RETAIN),
    tokenizer: Any = None,
    encoding: Encoding = ENCODING,
    dtype: Any = None,
    **changed: Any,
) -> Path:
    """A model that has the records by heart, with its tokenizer (made from them, if none is given).

    `changed` are fields of the model's config.
    """
    tokenizer = tokenizer or train_tokenizer([one.content for one in known], 300, 2)
    model = tiny.model(kind, vocab_size=len(tokenizer), **changed)
    batch = collate([encode_record(one, tokenizer, encoding) for one in known], 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0)
    for _ in range(200):
        loss = model(**batch.inputs(), labels=batch.labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.03:
            break
    model.generation_config.max_new_tokens = 17
    save_language_model(LanguageModel(model.to(dtype), tokenizer), folder)
    return folder


def task(model: Path, folder: Path, **changed: Any) -> Task:
    """Forget what the model knows, into folder/out."""
    given = {
        "model": model,
        "forget": FORGET,
        "retain": RETAIN,
        "holdout": HOLDOUT,
        "encoding": ENCODING,
        "out": folder / "out",
        "work": folder / "work",
        "key": KEY,
    }
    return Task(**given | changed)


def forget_level(
    folder: Path, forget: Sequence[Record] = FORGET, encoding: Encoding = ENCODING
) -> Level:
    """What the model in the folder does on the forget set."""
    loaded = load_language_model(folder)
    examples = [encode_record(one, loaded.tokenizer, encoding) for one in forget]
    return level(
        recall(Headed(loaded.model.float()), examples, loaded.tokenizer.pad_token_id, "cpu")
    )


SETTINGS = Settings(
    learning_rate=3e-3,
    batch_size=4,
    strengthen_epochs=(4,),
    max_alpha=1000.0,
    tolerance=0.95,
    early_stop=False,
    max_passes=2,
)
"""Four epochs of strengthening, then exactly two passes: the first teacher fits so wide a band, and
nothing stops them."""
