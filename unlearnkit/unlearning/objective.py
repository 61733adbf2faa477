"""The losses: reverse KL to the teacher on the forget set, KL to the original on the retain set.

Pure functions. Logits are (positions, vocab): the caller has already picked the positions that
predict a labelled token. Means are over positions; the unit is nats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def kl_divergence(p_logits: Tensor, q_logits: Tensor) -> Tensor:
    """Mean over positions of KL(p || q) = sum_v p (log p - log q), in float32."""
    p_log = p_logits.float().log_softmax(-1)
    q_log = q_logits.float().log_softmax(-1)
    return (p_log.exp() * (p_log - q_log)).sum(-1).mean()


def reverse_kl(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(student || teacher), mode-seeking: mass goes where the teacher has it and nowhere else.

    The distillation loss of RKLU (Wang et al., NAACL 2025; RKLD, arXiv 2406.01983).
    """
    return kl_divergence(student, teacher)


def forward_kl(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student), mode-covering (Hinton et al. 2015); the ablation's peer."""
    return kl_divergence(teacher, student)


def retain_kl(student: Tensor, original: Tensor) -> Tensor:
    """KL(original || student): keeps the student near the original on retain records.

    Ours; the paper's own retain term was not seen (docs/method.md).
    """
    return kl_divergence(original, student)


def predicting(logits: Tensor, labels: Tensor, ignored: int = -100) -> Tensor:
    """The rows of `logits` (batch, length, vocab) before a label: (positions, vocab)."""
    return logits[:, :-1][labels[:, 1:] != ignored]
