"""What a model does on a record's own tokens: the per-record figures everything else is made of.

Definitions (loss l = mean token negative log-likelihood over the labelled tokens, in nats):

- exact memorization: share of labelled tokens that are the argmax, given the true prefix
  (Tirumala et al. 2022, as OpenUnlearning computes it). Range 0 to 1.
- extraction strength: 1 - k/T, k the smallest prefix (in tokens, of T) after which the argmax
  gives the whole rest; 0 when none does (Carlini et al. 2021, OpenUnlearning). A share, 0 to 1.
- probability: exp(-l), the length-normalised likelihood (TOFU, Maini et al. 2024). Range 0 to 1,
  without a unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from statistics import fmean
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.head import Head, parts
from unlearnkit.language_model.tokens import Batch, Example, collate

if TYPE_CHECKING:
    from torch import Tensor


LEAST = 1e-300
"""A probability below it, which underflowed, counts as it."""
LARGEST_LOSS = -math.log(LEAST)


@dataclass(frozen=True, slots=True)
class Recall:
    """The three figures of one record under one model."""

    exact_memorization: float
    extraction_strength: float
    probability: float

    @property
    def loss(self) -> float:
        """Mean token loss in nats, LARGEST_LOSS at most."""
        return -math.log(max(self.probability, LEAST))


def extraction_strength(hits: Sequence[bool]) -> float:
    """1 - k/T for the hits (argmax is the label) of T tokens; 0 when the last is a miss."""
    rest = 0
    for hit in reversed(hits):
        if not hit:
            break
        rest += 1
    return rest / len(hits)


def figures_at(logits: Tensor, labels: Tensor) -> tuple[list[bool], list[float]]:
    """Whether the argmax is the label, and the loss in nats, at every position.

    `logits` (positions, vocab) in float32, `labels` (positions,).
    """
    picked = logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    losses: list[float] = (logits.logsumexp(-1) - picked).tolist()
    hits: list[bool] = (logits.argmax(-1) == labels).tolist()
    return hits, losses


def token_figures(labels: Tensor, hidden: Tensor, head: Head) -> tuple[list[bool], list[float]]:
    """`figures_at` for final hidden states (positions, hidden), a chunk at a time."""
    hits: list[bool] = []
    losses: list[float] = []
    for part in parts(len(labels), head.vocabulary(hidden)):
        more = figures_at(head.logits(hidden[part]), labels[part])
        hits += more[0]
        losses += more[1]
    return hits, losses


def recall_of(hits: Sequence[bool], losses: Sequence[float]) -> Recall:
    """The figures of one record from those of its tokens; NaN where the loss is not finite."""
    count, loss = len(hits), sum(losses) / len(losses)
    probability = math.exp(-loss) if math.isfinite(loss) else math.nan
    return Recall(sum(hits) / count, extraction_strength(hits), probability)


def by_record(
    figures: tuple[Sequence[bool], Sequence[float]], lengths: Sequence[int]
) -> list[Recall]:
    """The figures of positions, put together for records of these lengths (in positions)."""
    ends = list(accumulate(lengths))
    parts = [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]
    return [recall_of(figures[0][part], figures[1][part]) for part in parts]


def batched(
    examples: Sequence[Example], pad_id: int, batch_size: int, device: Any
) -> list[tuple[list[int], Batch]]:
    """Batches of similar length, with the positions their rows have in `examples`."""
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].input_ids))
    chunks = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [(c, collate([examples[i] for i in c], pad_id).to(device)) for c in chunks]


def columns(
    headed: Any,
    examples: Sequence[Example],
    pad_id: int,
    device: Any,
    figures: Callable[[Tensor, Tensor, Head], tuple[Sequence[Any], ...]],
    *,
    batch_size: int = 16,
) -> list[tuple[Sequence[Any], ...]]:
    """What `figures` says of the counted tokens of every example, in the examples' order.

    `headed` is a `Headed` model; `figures(labels, hidden, head)` gives columns as long as the
    positions (positions,) it is called with. One forward pass for a batch.
    """
    import torch

    found: dict[int, tuple[Sequence[Any], ...]] = {}
    with torch.no_grad():
        for rows, batch in batched(examples, pad_id, batch_size, device):
            whole = headed(batch, partial(figures, batch.counted_labels))
            at = 0
            for row in rows:
                part = slice(at, at + examples[row].counted)
                found[row] = tuple(column[part] for column in whole)
                at = part.stop
    return [found[position] for position in range(len(examples))]


def recall(
    headed: Any, examples: Sequence[Example], pad_id: int, device: Any, batch_size: int = 16
) -> list[Recall]:
    """The figures of every example, in the examples' order; `headed` is a `Headed` model."""
    found = columns(headed, examples, pad_id, device, token_figures, batch_size=batch_size)
    return [recall_of(hits, losses) for hits, losses in found]


NAT = 0.05
"""A nat of token loss counts as so much of a share, in distances between levels."""


@dataclass(frozen=True, slots=True)
class Level:
    """The means of a set of records: the level a model has on them."""

    exact_memorization: float
    extraction_strength: float
    probability: float
    loss: float
    """Mean token loss in nats: tells small probabilities apart, where their means cannot."""

    def above(self, other: Level) -> float:
        """Largest difference by which this level recalls more than the other; 0 when it does not.

        Of the three shares, and of the token loss with 0.05 for a nat. Infinite where a figure is
        not finite: nothing is near it.
        """
        gaps = (
            self.exact_memorization - other.exact_memorization,
            self.extraction_strength - other.extraction_strength,
            self.probability - other.probability,
            NAT * (other.loss - self.loss),
        )
        return max(0.0, *gaps) if all(map(math.isfinite, gaps)) else math.inf

    def distance(self, other: Level) -> float:
        """Largest difference, in either direction."""
        return max(self.above(other), other.above(self))


def level(recalls: Sequence[Recall]) -> Level:
    """Mean of each figure over the records."""
    return Level(
        fmean(one.exact_memorization for one in recalls),
        fmean(one.extraction_strength for one in recalls),
        fmean(one.probability for one in recalls),
        fmean(one.loss for one in recalls),
    )
