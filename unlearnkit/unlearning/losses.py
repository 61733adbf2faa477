"""The losses: RKLU's, its peers' for comparison, and the retain terms. Pure functions, in nats.

Losses at positions take logits (positions, vocab) and give (positions,); the caller has picked the
positions that predict a labelled token. Losses of sequences take log-likelihoods (sequences,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def rklu(student: Tensor, teacher: Tensor, labels: Tensor, level_weight: float) -> Tensor:
    """KL(student || teacher) + level_weight * Huber(log p_student(label) - log p_teacher(label)).

    The first is reverse KL, mode-seeking: mass goes where the teacher has it and nowhere else
    (Wang et al., NAACL 2025; RKLD, arXiv 2406.01983). Level weight 0 gives the paper's loss.

    The level term is ours (Huber 1964: square / 2 within a nat, linear beyond). Reverse KL weighs
    with the student's own probabilities: once a label has a percent or two, its slope is as good
    as gone, though the teacher gives it a hundredth of that. What tells a forgotten record from an
    unseen one is just this tail. Labels (positions,).
    """
    from unlearnkit.unlearning.kl import LevelledReverseKL

    found: Tensor = LevelledReverseKL.apply(  # type: ignore[no-untyped-call]
        student.float(), teacher.float(), labels, level_weight
    )
    return found


def forward_kl(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student), mode-covering (Hinton et al. 2015, arXiv 1503.02531).

    From the original it is also the retain term that keeps the student near it.
    """
    from unlearnkit.unlearning.kl import ForwardKL

    found: Tensor = ForwardKL.apply(teacher.float(), student.float())  # type: ignore[no-untyped-call]
    return found


def negative_log_likelihood(student: Tensor, labels: Tensor) -> Tensor:
    """-log p(label): plain fine-tuning, and grad-diff's retain term; labels (positions,)."""
    import torch

    return torch.nn.functional.cross_entropy(student.float(), labels, reduction="none")


def grad_ascent(student: Tensor, labels: Tensor) -> Tensor:
    """The label's log-likelihood, minimised: gradient ascent on the loss.

    Jang et al. 2023 (arXiv 2210.01504). Without a lower bound: it diverges unless it is stopped.
    """
    return -negative_log_likelihood(student, labels)


def undial(student: Tensor, original: Tensor, labels: Tensor, beta: float) -> Tensor:
    """Cross-entropy to the original's distribution with the label's logit lowered by `beta`.

    UNDIAL, unlearning by self-distillation on adjusted logits (Dong et al. 2024, arXiv 2402.10052).
    """
    target = original.float()
    lowered = target.scatter_add(-1, labels.unsqueeze(-1), target.new_full((len(labels), 1), -beta))
    return -(lowered.softmax(-1) * student.float().log_softmax(-1)).sum(-1)


def npo(student: Tensor, original: Tensor, beta: float) -> Tensor:
    """(2/beta) log(1 + (p_student / p_original)^beta) of whole sequences' log-likelihoods.

    Negative preference optimization (Zhang et al. 2024, arXiv 2404.05868, equation 3).
    """
    import torch

    return 2 / beta * torch.nn.functional.softplus(beta * (student - original))


def simnpo(student: Tensor, lengths: Tensor, beta: float) -> Tensor:
    """-(2/beta) log sigmoid(-(beta/length) log p): no original, normalised by length.

    SimNPO (Fan et al. 2024, arXiv 2410.07163, equation 4) with its margin gamma 0, as published.
    """
    import torch

    return 2 / beta * torch.nn.functional.softplus(beta * student / lengths)
