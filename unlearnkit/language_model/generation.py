"""What a model says by itself: greedy continuations of given beginnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.tokens import IGNORED, Batch, Example, collate


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a record, and how the record itself goes on; token ids."""

    given: tuple[int, ...]
    expected: tuple[int, ...]


def opening(example: Example) -> Opening:
    """What stands before the last run of counted tokens, and that run.

    The last run is the answer, or what the assistant says last. Where nothing but one token stands
    before it (a text without a prompt), its first half is given too.
    """
    end = max(at for at, label in enumerate(example.labels) if label != IGNORED) + 1
    start = end
    while start > 0 and example.labels[start - 1] != IGNORED:
        start -= 1
    if start <= 1:
        start += (end - start) // 2
    return Opening(example.input_ids[:start], example.input_ids[start:end])


def continuations(
    language_model: LanguageModel, openings: Sequence[Opening], device: Any, batch_size: int = 16
) -> list[tuple[int, ...]]:
    """Greedy continuations, each as long as what is expected at most, in the openings' order.

    Always the most likely token, whatever sampling or penalties the model's own configuration asks
    for. The token that ends a text ends a continuation and is part of it.
    """
    tokenizer, model = language_model.tokenizer, language_model.model
    ends = ending(language_model)
    found: dict[int, tuple[int, ...]] = {}
    for rows in _batches(openings, batch_size):
        examples = [Example(openings[one].given, openings[one].given) for one in rows]
        batch = collate(examples, tokenizer.pad_token_id, side="left").to(device)
        longest = max(len(openings[one].expected) for one in rows)
        for one, ids in zip(rows, _greedy(model, batch, longest, ends), strict=True):
            found[one] = _ended(ids[: len(openings[one].expected)], ends)
    return [found[one] for one in range(len(openings))]


def _batches(openings: Sequence[Opening], batch_size: int) -> Iterator[list[int]]:
    """Rows of similar length. A batch is never longer than the longest opening with its end.

    Each fits into the model's context by itself; a long beginning beside a long end might not.
    """
    room = max((len(one.given) + len(one.expected) for one in openings), default=0)
    rows: list[int] = []
    for one in sorted(range(len(openings)), key=lambda at: len(openings[at].given)):
        some = [*rows, one]
        width = max(len(openings[at].given) for at in some)
        if rows and (
            len(some) > batch_size or width + max(len(openings[at].expected) for at in some) > room
        ):
            yield rows
            some = [one]
        rows = some
    if rows:
        yield rows


def ending(language_model: LanguageModel) -> list[int]:
    """The tokens that end a text: the tokenizer's, and those at which generation stops."""
    own = getattr(language_model.model, "generation_config", None)
    stops = getattr(own, "eos_token_id", None)
    several = stops if isinstance(stops, list) else [stops]
    found = {language_model.tokenizer.eos_token_id, *several}
    return sorted(one for one in found if one is not None)


def _greedy(model: Any, batch: Batch, longest: int, ends: list[int]) -> list[list[int]]:
    """What follows each row of a batch that is padded on the left, padded on the right."""
    import torch
    from transformers import GenerationConfig

    own = model.generation_config
    how = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=longest, do_sample=False, eos_token_id=ends or None, pad_token_id=0
    )
    # What a given configuration leaves open, generate takes from the model's own.
    model.generation_config = how
    try:
        with torch.no_grad():
            made = model.generate(
                input_ids=batch.input_ids,
                attention_mask=batch.attention_mask,
                generation_config=how,
            )
    finally:
        model.generation_config = own
    found: list[list[int]] = made[:, batch.input_ids.shape[1] :].tolist()
    return found


def _ended(ids: Sequence[int], ends: Sequence[int]) -> tuple[int, ...]:
    """The tokens up to the first that ends a text, that one included; then comes padding."""
    stop = next((at + 1 for at, one in enumerate(ids) if one in ends), len(ids))
    return tuple(ids[:stop])
