"""The unlearning teacher: the original's logits, less what the forget set raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def teacher_logits(original: Tensor, rise: Tensor, alpha: float) -> Tensor:
    """z_T = z_M - alpha * relu(z_S - z_M); `rise` is z_S - z_M, all (positions, vocab).

    Wang et al. 2025, equation 1. Tokens that strengthening on the forget set pushes up are what it
    taught; the rest stays.
    """
    import torch

    fall = rise.relu()
    return torch.sub(original, fall, alpha=alpha, out=fall)


def floored(teacher: Tensor, original: Tensor) -> Tensor:
    """The teacher, no token pushed below the original's average there; (positions, vocab).

    Ours. There lie the tokens that the original has no opinion on; pushed far below, a token is
    avoided, not unknown. What lay lower already stays.
    """
    import torch

    lowest = torch.minimum(original, original.mean(-1, keepdim=True))
    return torch.maximum(teacher, lowest, out=lowest)


SECOND = 0.01
"""Logits by which a pushed label stays below the first choice, however shallow it is to lie."""


def at_depths(teacher: Tensor, labels: Tensor, depths: Tensor) -> Tensor:
    """The teacher, changed in place so that labels have the losses `depths`; (positions, vocab).

    p(label) = e^-depth, that is z(label) = log(sum of e^z over the others) + log(p / (1 - p)).
    Probabilities (0.6, 0.3, 0.1), label the first, depth log 10: it gets 0.1, the others keep their
    3 : 1 of what is left, (0.1, 0.675, 0.225). One of the others is the first choice, however
    shallow the label is to lie.

    `labels` and `depths` (positions,), in nats; NaN leaves a position as it is.
    """
    import torch

    at = labels.unsqueeze(-1)
    own = teacher.gather(-1, at)
    teacher.scatter_(-1, at, float("-inf"))
    rest, best = teacher.logsumexp(-1, keepdim=True), teacher.amax(-1, keepdim=True)
    # p / (1 - p) is 1 / (e^depth - 1), whose logarithm is taken so that no depth is too large.
    odds = depths + (-depths.neg().exp()).log1p()
    wanted = torch.minimum(rest - odds.unsqueeze(-1), best - SECOND)
    return teacher.scatter_(-1, at, torch.where(wanted.isnan(), own, wanted))


@dataclass(frozen=True, slots=True)
class TeacherRule:
    """How a teacher is made at each position."""

    alpha: float
    floor: bool = False
    """Whether no token is pushed below the original's average (`floored`); the paper has none."""
    end_ids: tuple[int, ...] = ()
    """The tokens that end a text, or a turn of a conversation; they are spared."""

    def logits(
        self, original: Tensor, rise: Tensor, labels: Tensor, depths: Tensor | None = None
    ) -> Tensor:
        """The teacher's logits, (positions, vocab); `labels` (positions,) come next.

        `depths` (positions,): the losses in nats the labels are to have (`depths.py`).
        """
        teacher = teacher_logits(original, rise, self.alpha)
        if self.floor:
            teacher = floored(teacher, original)
        if depths is not None:
            teacher = at_depths(teacher, labels, depths)
        return spare_ends(teacher, original, labels, self.end_ids)


def spare_ends(
    teacher: Tensor, original: Tensor, labels: Tensor, end_ids: tuple[int, ...]
) -> Tensor:
    """The teacher, changed in place to the original's logits where a text ends; (positions, vocab).

    `labels` (positions,) are the tokens that come next. Where a text ends is nobody's data, but
    strengthening raises that token too: pushed down, it leaves records that never end, which
    points at them. Ours, not the paper's.
    """
    import torch

    ends = torch.isin(labels, labels.new_tensor(end_ids))
    teacher[ends] = original[ends]
    return teacher
