"""What a model does on a record's own tokens: the per-record figures everything else is made of.

Definitions (loss l = mean token negative log-likelihood over the labelled tokens):

- exact memorization: share of labelled tokens that are the argmax, given the true prefix
  (Tirumala et al. 2022, as OpenUnlearning computes it). Range 0 to 1.
- extraction strength: 1 - k/T, k the smallest prefix (in tokens, of T) after which the argmax
  gives the whole rest; 0 when none does (Carlini et al. 2021, OpenUnlearning). Range 0 to 1.
- probability: exp(-l), the length-normalised likelihood (TOFU, Maini et al. 2024). Range 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.tokens import IGNORED, Batch, Example, collate

if TYPE_CHECKING:
    from torch import Tensor

Logits = Callable[[Batch], "Tensor"]
"""Gives next-token logits (batch, length, vocab) for a batch: a model, or a teacher."""


@dataclass(frozen=True, slots=True)
class Recall:
    """The three figures of one record under one model."""

    exact_memorization: float
    extraction_strength: float
    probability: float


def logits_of(model: Any) -> Logits:
    """The plain model as a Logits function."""

    def logits(batch: Batch) -> Tensor:
        found: Tensor = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits
        return found

    return logits


def extraction_strength(hits: Sequence[bool]) -> float:
    """1 - k/T for the hits (argmax is the label) of T tokens; 0 when the last is a miss."""
    rest = 0
    for hit in reversed(hits):
        if not hit:
            break
        rest += 1
    return rest / len(hits)


def token_figures(logits: Tensor, labels: Tensor) -> list[tuple[list[bool], float]]:
    """Per row: the argmax hits of the labelled tokens in order, and their mean loss in nats.

    `logits` (batch, length, vocab) and `labels` (batch, length), not yet shifted.
    """
    predicted, target = logits[:, :-1].float(), labels[:, 1:]
    counted = target != IGNORED
    safe = target.masked_fill(~counted, 0)
    losses = predicted.logsumexp(-1) - predicted.gather(-1, safe.unsqueeze(-1)).squeeze(-1)
    hits = predicted.argmax(-1) == target
    return [
        (hits[row][counted[row]].tolist(), losses[row][counted[row]].mean().item())
        for row in range(labels.shape[0])
    ]


def batched(
    examples: Sequence[Example], pad_id: int, batch_size: int, device: Any
) -> list[tuple[list[int], Batch]]:
    """Batches of similar length, with the positions their rows have in `examples`."""
    order = sorted(range(len(examples)), key=lambda index: len(examples[index].input_ids))
    chunks = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [(c, collate([examples[i] for i in c], pad_id).to(device)) for c in chunks]


def recall(
    logits: Logits, examples: Sequence[Example], pad_id: int, device: Any, batch_size: int = 16
) -> list[Recall]:
    """The figures of every example, in the examples' order."""
    import math

    import torch

    found: dict[int, Recall] = {}
    with torch.no_grad():
        for positions, batch in batched(examples, pad_id, batch_size, device):
            figures = token_figures(logits(batch), batch.labels)
            for position, (hits, loss) in zip(positions, figures, strict=True):
                found[position] = Recall(
                    exact_memorization=sum(hits) / len(hits),
                    extraction_strength=extraction_strength(hits),
                    probability=math.exp(-loss),
                )
    return [found[position] for position in range(len(examples))]


@dataclass(frozen=True, slots=True)
class Level:
    """The means of a set of records: the level a model has on them."""

    exact_memorization: float
    extraction_strength: float
    probability: float

    def distance(self, other: Level) -> float:
        """Largest absolute difference of the three."""
        return max(
            abs(self.exact_memorization - other.exact_memorization),
            abs(self.extraction_strength - other.extraction_strength),
            abs(self.probability - other.probability),
        )

    def above(self, other: Level) -> float:
        """Largest difference by which one of the three lies over the other's; 0 when none does."""
        return max(
            0.0,
            self.exact_memorization - other.exact_memorization,
            self.extraction_strength - other.extraction_strength,
            self.probability - other.probability,
        )


def level(recalls: Sequence[Recall]) -> Level:
    """Mean of each figure over the records."""
    count = len(recalls)
    return Level(
        sum(one.exact_memorization for one in recalls) / count,
        sum(one.extraction_strength for one in recalls) / count,
        sum(one.probability for one in recalls) / count,
    )
