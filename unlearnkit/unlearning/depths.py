"""How unlikely the forgotten tokens become: as never-seen records' tokens are, not all alike.

A token that the teacher pushes out of the first place gets the depth d in nats, and the teacher
then gives it the probability e^-d (`teacher.at_depths`):

    d = quantile((rank + 1/2) / pushed tokens) of never-seen records' losses

Its rank among the pushed tokens is that of its loss under the paper's teacher, without floor. The
losses are those of never-seen records' tokens that the original does not put first. Three pushed
tokens lose 9, 2 and 5 nats, three never-seen ones 3, 4 and 8: the depths are 6.67, 3.33 and 4.

Why: how far below the first place a token comes to lie decides what membership inference sees. A
common depth can bring the mean loss to that of never-seen records, but not the lowest tokens: those
of text that a model never saw lie up to twice as deep, and Min-K% (Shi et al. 2024, arXiv
2310.16789) looks at them alone. Ours, not the paper's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.tokens import Example, counted_labels

if TYPE_CHECKING:
    from torch import Tensor

STEPS = 1000
"""Quantiles that stand for all the losses of a holdout."""
KEPT = float("nan")
"""The depth of a token that stays where the teacher has it."""


def missed(
    examples: Sequence[Example],
    hits: Sequence[bool],
    losses: Sequence[float],
    end_ids: Sequence[int],
) -> Tensor:
    """The losses in nats of the counted tokens that are not the first choice, sorted.

    `hits` and `losses` are of all examples' counted tokens, in order. Where a text ends is no part
    of what it says. Of more than 1000 the quantiles. (up to 1001,)
    """
    import torch

    found = torch.tensor(losses)[_pushed(counted_labels(examples), hits, end_ids)].sort().values
    if len(found) <= STEPS:
        return found
    return torch.from_numpy(_quantiles(found, [step / STEPS for step in range(STEPS + 1)]))


def label_depths(
    labels: Tensor,
    hits: Sequence[bool],
    losses: Sequence[float],
    unseen: Tensor,
    end_ids: Sequence[int],
) -> Tensor | None:
    """The loss in nats that each label is to have, (positions,); NaN where it stays.

    `labels` (positions,), with the teacher's hits and losses there; `unseen` are the losses of
    never-seen tokens as `missed` gives them. None where there are none, or nothing is pushed.
    """
    import torch

    pushed = _pushed(labels, hits, end_ids)
    count = int(pushed.sum())
    if not count or not len(unseen):
        return None
    ranks = torch.tensor(losses)[pushed].argsort(stable=True).argsort(stable=True)
    at = ((ranks + 0.5) / count).tolist()
    depths = torch.full((len(labels),), KEPT)
    depths[pushed] = torch.from_numpy(_quantiles(unseen, at))
    return depths


def _pushed(labels: Tensor, hits: Sequence[bool], end_ids: Sequence[int]) -> Tensor:
    import torch

    return ~(torch.tensor(hits) | torch.isin(labels, labels.new_tensor(list(end_ids))))


def _quantiles(values: Tensor, at: Sequence[float]) -> Any:
    # NumPy's: torch.quantile takes 16 million values at most.
    import numpy as np

    return np.quantile(values.numpy(), at).astype(np.float32)
