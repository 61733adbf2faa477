"""The unlearning teacher: the original's logits, less what the forget set raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def teacher_logits(original: Tensor, rise: Tensor, alpha: float) -> Tensor:
    """z_T = z_M - alpha * relu(z_S - z_M); `rise` is z_S - z_M, all (positions, vocab).

    The rule of Eldan and Russinovich 2023 (arXiv 2310.02238), taken for RKLU's
    (docs/method.md). Tokens that strengthening on the forget set pushes up are what it taught;
    the rest stays.
    """
    return original.sub(rise.relu(), alpha=alpha)


def spare_ends(teacher: Tensor, original: Tensor, labels: Tensor, end_id: int) -> Tensor:
    """The teacher with the original's logits where a text ends; (positions, vocab).

    `labels` (positions,) are the tokens that come next. Where a text ends is nobody's data, but
    strengthening raises that token too: pushed down, it leaves records that never end, which
    points at them. Ours, not the paper's.
    """
    return original.where((labels == end_id).unsqueeze(-1), teacher)
