"""What the layers of a model say where a personal value stands in its record: the logit lens.

An output that no longer says a value may be the last layers' work alone, the value still standing
in the layers before. Patil et al. 2024 (arXiv 2309.17410, section 4) take as an attacker's
candidates the k likeliest tokens of every layer, each read through the final norm and head
(`language_model/lens.py`). Here the record's own words are given up to each token of the value, the
value's own tokens before it too, and it is counted how many of its tokens are among the first k of
a layer, for k 1 and 10, at each layer and at one or more of them: a candidate list of at most k
tokens for each layer. The state of the embeddings, before any layer, is not read.

Nothing but counts is kept. `logit_lens_figures.py` makes figures of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unlearnkit.audit.targets import Target
from unlearnkit.domain import LensScore, ModelRole, Split
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.lens import lens_of, token_ranks
from unlearnkit.language_model.processes import divided
from unlearnkit.language_model.rendering import ids_before
from unlearnkit.language_model.tokens import Encoding

TEN = 10
NO_LENS = "the model's layers, its final norm or its output head are not ones that can be read"

Ids = tuple[int, ...]


def lens_scores(
    language_model: LanguageModel,
    targets: Sequence[Target],
    encoding: Encoding,
    device: Any,
    *,
    split: Split,
    role: ModelRole,
) -> list[LensScore] | None:
    """The counts of every target that has a place; None where the layers cannot be read."""
    from unlearnkit.language_model.headed import Headed

    lens = lens_of(Headed(language_model.model))
    if lens is None:
        return None
    tokenizer = language_model.tokenizer

    def read(some: Sequence[Target]) -> list[LensScore | None]:
        places = [placed(one, tokenizer, encoding) for one in some]
        found = iter(token_ranks(lens, [one for one in places if one[1]], device))
        return [
            _score(target, next(found), split, role) if start else None
            for target, (_, start) in zip(some, places, strict=True)
        ]

    return [one for one in divided(targets, read) if one is not None]


def _score(
    target: Target, ranks: Sequence[Sequence[int]], split: Split, role: ModelRole
) -> LensScore:
    """The counts of a target, whose tokens have these ranks layer by layer."""
    nearest = [min(of_token) for of_token in zip(*ranks, strict=True)]
    return LensScore(
        record_id=target.record.id,
        split=split,
        model=role,
        entity=target.value.entity,
        tokens=len(nearest),
        first=tuple(within(one, 1) for one in ranks),
        ten=tuple(within(one, TEN) for one in ranks),
        first_somewhere=within(nearest, 1),
        ten_somewhere=within(nearest, TEN),
    )


def within(ranks: Sequence[int], count: int) -> int:
    """How many ranks, from 0, are among the first `count`."""
    return sum(one < count for one in ranks)


def placed(target: Target, tokenizer: Any, encoding: Encoding) -> tuple[Ids, int]:
    """The record's tokens up to the value's end, and how many of them stand before the value.

    A token that begins before the value and reaches into it is the value's; one that reaches out of
    it behind is not. (), 0 where the value has no token of its own, nothing stands before it, or
    the record is cut before its end.
    """
    record, value = target.record, target.value
    end = value.start + len(value.text)
    try:
        before, whole = (
            ids_before(record, tokenizer, encoding.prompt_template, at) for at in (value.start, end)
        )
    except BadInput:
        return (), 0
    # A tokenizer that cannot tell where its tokens stand may split the beginning otherwise.
    apart = whole[: len(before)] != before
    if apart or not before or len(whole) == len(before) or len(whole) > encoding.max_length:
        return (), 0
    return whole, len(before)
