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


def floored(teacher: Tensor, original: Tensor, height: float) -> Tensor:
    """The teacher, no token pushed below a floor at its position; (positions, vocab).

    Ours. The floor lies `height` of the way from the original's average logit to the teacher's
    best token: 0 is where tokens lie that the original has no opinion on, 1 is a tie with the
    best. A teacher that pushes a token far below the average teaches avoidance, not ignorance. With
    a height below 1 the first choice stays what it was: the height sets how likely the others are.
    """
    import torch

    average = original.mean(-1, keepdim=True)
    best = torch.maximum(teacher.amax(-1, keepdim=True), average)
    lowest = torch.minimum(original, average + height * (best - average))
    return torch.maximum(teacher, lowest, out=lowest)


@dataclass(frozen=True, slots=True)
class TeacherRule:
    """How a teacher is made at each position."""

    alpha: float
    floor: float | None = None
    """Height of the floor (`floored`); None: the paper's rule as it stands."""
    end_ids: tuple[int, ...] = ()
    """The tokens that end a text, or a turn of a conversation; they are spared."""

    def logits(self, original: Tensor, rise: Tensor, labels: Tensor) -> Tensor:
        """The teacher's logits, (positions, vocab); `labels` (positions,) come next."""
        teacher = teacher_logits(original, rise, self.alpha)
        if self.floor is not None:
            teacher = floored(teacher, original, self.floor)
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
