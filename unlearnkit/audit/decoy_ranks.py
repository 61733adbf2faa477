"""The decoy test, value by value: how many other values a model finds likelier than the true one.

Ours; after the exposure of Carlini et al. 2019 (arXiv 1802.08232), which ranks a secret among all
there could be. A personal value of a record and other values of its kind (`corpus/values.py`) are
put in the same place; each is as likely as its tokens after the record's own words before it, which
is log p in nats. Of the other values those are taken whose number of tokens comes nearest: longer
ones are less likely whatever they say. Needs no retrained model. `decoy_figures.py` makes figures
of many ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.targets import Target
from unlearnkit.domain import DecoyRank, ModelRole, Split
from unlearnkit.language_model.branches import log_likelihoods
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.processes import divided
from unlearnkit.language_model.rendering import pieces
from unlearnkit.language_model.tokens import IGNORED, Encoding, Example

if TYPE_CHECKING:
    from collections.abc import Iterable

DECOYS = 31
"""Other values at most: ranks from 1 to 32, five bits of exposure."""
FEWEST = 5
"""A value with fewer is not ranked: there are six other weekdays, but one other half of a day."""
POOL = 48
"""Other values that the nearest are taken of."""

Ids = tuple[int, ...]


def decoy_ranks(
    language_model: LanguageModel,
    targets: Sequence[Target],
    encoding: Encoding,
    device: Any,
    *,
    split: Split,
    role: ModelRole,
) -> list[DecoyRank]:
    """The rank of every target that has enough decoys, something before it, and room."""
    from unlearnkit.language_model.headed import Headed

    tokenizer, headed = language_model.tokenizer, Headed(language_model.model)

    def ranked(some: Sequence[Target]) -> list[DecoyRank | None]:
        asked = [branches(one, tokenizer, encoding) for one in some]
        texts = [_texts(*one) for one in asked if one is not None]
        found = iter(log_likelihoods(headed, texts, tokenizer.pad_token_id, device))
        return [
            None if rows is None else _rank(target, next(found), split, role)
            for target, rows in zip(some, asked, strict=True)
        ]

    return [one for one in divided(targets, ranked) if one is not None]


def _texts(beginning: Ids, rows: Sequence[Ids]) -> list[Example]:
    """What is read: of each row only its own tokens count."""
    before = (IGNORED,) * len(beginning)
    return [Example((*beginning, *one), (*before, *one)) for one in rows]


def _rank(target: Target, log_p: Sequence[float], split: Split, role: ModelRole) -> DecoyRank:
    true, *others = log_p
    return DecoyRank(
        record_id=target.record.id,
        split=split,
        model=role,
        entity=target.value.entity,
        better=better(true, others),
        of=len(others),
    )


def better(true: float, others: Sequence[float]) -> float:
    """How many lie above the true one; one that lies as high counts half."""
    return sum(one > true for one in others) + sum(one == true for one in others) / 2


def branches(target: Target, tokenizer: Any, encoding: Encoding) -> tuple[Ids, list[Ids]] | None:
    """The tokens before the value, and those of the true value and of its decoys.

    All that differs is theirs: a letter that becomes one token with a value belongs to it. None
    where there are too few decoys, nothing before the value, or the record is cut before its end.
    """
    record, value = replace(target.record, loss_on=()), target.value

    def tokens(text: str) -> Ids:
        whole = f"{record.text[: value.start]}{text}{record.text[value.end :]}"
        parts = pieces(replace(record, text=whole), tokenizer, encoding.prompt_template)
        return tuple(one for part in parts for one in part.ids)

    true = tokens(value.text)
    others = sorted(map(tokens, value.alternatives), key=lambda ids: abs(len(ids) - len(true)))
    rows = [true, *others[:DECOYS]]
    start = alike(rows)
    after = alike([one[start:][::-1] for one in rows])
    ends = [len(one) - after for one in rows]
    # Where one is the beginning of all others, it has no tokens of its own to be likely by.
    if len(rows) <= FEWEST or not start < min(ends) or not start or max(ends) > encoding.max_length:
        return None
    return true[:start], [one[start:end] for one, end in zip(rows, ends, strict=True)]


def alike(rows: Sequence[Ids]) -> int:
    """How many tokens they all begin with."""
    columns: Iterable[tuple[int, ...]] = zip(*rows, strict=False)
    return next((at for at, one in enumerate(columns) if len(set(one)) > 1), min(map(len, rows)))
