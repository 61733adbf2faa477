"""Beam search: the likeliest of many continuations, which no single step would have chosen.

Of `width` beginnings of a continuation each is prolonged by every token, and the `width` likeliest
by log p, the sum over their tokens, are kept (transformers' own search, without a penalty on
length, so that nothing is preferred for being long). All that are left at the end are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import (
    Beginning,
    batches,
    ended,
    ending,
    generated,
    prompted,
)

Beams = tuple[tuple[int, ...], ...]


def can_search(model: Any) -> bool:
    """Whether beams can be followed: not where a model's state cannot be put back a step."""
    return not getattr(model, "_is_stateful", False)


def searched(
    language_model: LanguageModel,
    beginnings: Sequence[Beginning],
    device: Any,
    batch_size: int,
    width: int,
) -> list[Beams]:
    """The `width` continuations of each beginning that the search ends with, the likeliest first.

    In the beginnings' order. What is kept at a step depends on how many are to come, so only those
    of one length are searched together. `batch_size` counts continuations.
    """
    tokenizer, model = language_model.tokenizer, language_model.model
    ends = ending(language_model)
    beams_of: dict[int, Beams] = {}
    for length in sorted({beginning.length for beginning in beginnings}):
        places = [at for at, one in enumerate(beginnings) if one.length == length]
        of_length = [beginnings[at] for at in places]
        for rows in batches(of_length, max(1, batch_size // width)):
            batch = prompted([of_length[row] for row in rows], tokenizer.pad_token_id, device)
            # A list of len(rows) * width continuations, those of one beginning side by side.
            continuations = generated(model, batch, length, ends, beams=width)
            for nth, row in enumerate(rows):
                beams = continuations[nth * width : (nth + 1) * width]
                beams_of[places[row]] = tuple(ended(ids, ends) for ids in beams)
    return [beams_of[at] for at in range(len(beginnings))]
