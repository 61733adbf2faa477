"""What a model does on a record's own tokens: the per-record figures everything else is made of.

Definitions (loss l = mean token negative log-likelihood over the labelled tokens):

- exact memorization: share of labelled tokens that are the argmax, given the true prefix
  (Tirumala et al. 2022, as OpenUnlearning computes it). Range 0 to 1.
- extraction strength: 1 - k/T, k the smallest prefix (in tokens, of T) after which the argmax
  gives the whole rest; 0 when none does (Carlini et al. 2021, OpenUnlearning). Range 0 to 1.
- probability: exp(-l), the length-normalised likelihood (TOFU, Maini et al. 2024). Range 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.head import Head, parts
from unlearnkit.language_model.tokens import Batch, Example, collate

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Recall:
    """The three figures of one record under one model."""

    exact_memorization: float
    extraction_strength: float
    probability: float

    @property
    def loss(self) -> float:
        """Mean token loss in nats; a probability that underflowed counts as 1e-300."""
        return -math.log(max(self.probability, 1e-300))


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


def by_record(
    figures: tuple[Sequence[bool], Sequence[float]], lengths: Sequence[int]
) -> list[Recall]:
    """The figures of positions, put together for records of these lengths (in positions)."""
    found, at = [], 0
    for length in lengths:
        hits, losses = figures[0][at : at + length], figures[1][at : at + length]
        at += length
        found.append(
            Recall(sum(hits) / length, extraction_strength(hits), math.exp(-sum(losses) / length))
        )
    return found


def batched(
    examples: Sequence[Example], pad_id: int, batch_size: int, device: Any
) -> list[tuple[list[int], Batch]]:
    """Batches of similar length, with the positions their rows have in `examples`."""
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].input_ids))
    chunks = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [(c, collate([examples[i] for i in c], pad_id).to(device)) for c in chunks]


def recall(
    headed: Any, examples: Sequence[Example], pad_id: int, device: Any, batch_size: int = 16
) -> list[Recall]:
    """The figures of every example, in the examples' order; `headed` is a `Headed` model."""
    import torch

    found: dict[int, Recall] = {}
    with torch.no_grad():
        for positions, batch in batched(examples, pad_id, batch_size, device):
            figures = headed(batch, partial(token_figures, batch.counted_labels))
            lengths = [examples[one].counted for one in positions]
            found |= zip(positions, by_record(figures, lengths), strict=True)
    return [found[position] for position in range(len(examples))]


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

        Of the three shares, and of the token loss with 0.05 for a nat.
        """
        return max(
            0.0,
            self.exact_memorization - other.exact_memorization,
            self.extraction_strength - other.extraction_strength,
            self.probability - other.probability,
            NAT * (other.loss - self.loss),
        )

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
