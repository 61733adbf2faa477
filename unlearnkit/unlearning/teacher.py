"""The unlearning teacher: the original's logits, less what the forget set raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.recall import Logits, logits_of

if TYPE_CHECKING:
    from torch import Tensor

    from unlearnkit.language_model.tokens import Batch


def teacher_logits(original: Tensor, strengthened: Tensor, alpha: float) -> Tensor:
    """z_T = z_M - alpha * relu(z_S - z_M); all (batch, length, vocab).

    The rule of Eldan and Russinovich 2023 (arXiv 2310.02238), taken for RKLU's
    (docs/method.md). Tokens that strengthening on the forget set pushes up are what it taught;
    the rest stays.
    """
    return original - alpha * (strengthened - original).relu()


def teacher(original: Any, strengthened: Any, alpha: float) -> Logits:
    """The teacher as a Logits function over two frozen models."""
    plain, strong = logits_of(original), logits_of(strengthened)

    def logits(batch: Batch) -> Tensor:
        return teacher_logits(plain(batch), strong(batch), alpha)

    return logits
