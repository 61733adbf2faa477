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
    """The teacher, no token below the original's average logit at that position (or its own).

    Ours. A token the original has no opinion on lies about there; a teacher that pushes one far
    below it teaches avoidance, not ignorance, and alpha has to be large where a record is known by
    heart. (positions, vocab).
    """
    import torch

    lowest = torch.minimum(original, original.mean(-1, keepdim=True))
    return torch.maximum(teacher, lowest, out=lowest)


@dataclass(frozen=True, slots=True)
class TeacherRule:
    """How a teacher is made at each position, whatever its alpha."""

    end_ids: tuple[int, ...] = ()
    """The tokens that end a text, or a turn of a conversation; they are spared."""
    floor: bool = True
    """False: the paper's rule as it stands."""

    def logits(self, original: Tensor, rise: Tensor, labels: Tensor, alpha: float) -> Tensor:
        """The teacher's logits, (positions, vocab); `labels` (positions,) come next."""
        teacher = teacher_logits(original, rise, alpha)
        if self.floor:
            teacher = floored(teacher, original)
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

    ends = torch.isin(labels, labels.new_tensor(end_ids)).unsqueeze(-1)
    return torch.where(ends, original, teacher, out=teacher)
