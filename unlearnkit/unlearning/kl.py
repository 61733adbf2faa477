"""KL divergence, both ways, with its gradient written out, and RKLU's level term with it.

With a large vocabulary, making a tensor of logits takes a CPU as long as filling it. Autograd makes
eleven for KL and its gradient; here they are three or four. All logits are (positions, vocab) in
float32, the teacher is fixed, and there are only first derivatives.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss


class ForwardKL(torch.autograd.Function):
    """KL(teacher || student) at each position; the slope in the student's logits is u - t."""

    @staticmethod
    def forward(ctx: Any, teacher: Tensor, student: Tensor) -> Tensor:
        """The divergences, and the slope while everything is there."""
        t_log, u_log = teacher.log_softmax(-1), student.log_softmax(-1)
        t = t_log.exp()
        apart = t_log.sub_(u_log)
        ctx.save_for_backward(u_log.exp().sub_(t))
        return torch.mul(t, apart, out=u_log).sum(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        """The slope, times what comes from above."""
        (slope,) = ctx.saved_tensors
        return None, slope.mul_(upstream.unsqueeze(-1))


class LevelledReverseKL(torch.autograd.Function):
    """KL(student || teacher) + weight * Huber(log u(label) - log t(label)) at each position.

    Slopes u (log u - log t - KL), and pull (one at the label - u), pull being the weight times the
    gap cut off at one: the second term needs nothing that the first has not made already.
    """

    @staticmethod
    def forward(
        ctx: Any, student: Tensor, teacher: Tensor, labels: Tensor, weight: float
    ) -> Tensor:
        """The losses, and the slope while everything is there."""
        u_log, t_log = student.log_softmax(-1), teacher.log_softmax(-1)
        at = labels.unsqueeze(-1)
        gap = u_log.gather(-1, at) - t_log.gather(-1, at)
        pull = weight * gap.clamp(-1, 1)
        u = u_log.exp()
        apart = u_log.sub_(t_log)
        divergence = torch.mul(u, apart, out=t_log).sum(-1, keepdim=True)
        # Twice: where KL is large, what the first sum rounded off is as large as the slopes.
        apart.sub_(divergence)
        rest = torch.mul(u, apart, out=t_log).sum(-1, keepdim=True)
        ctx.save_for_backward(apart.sub_(rest + pull).mul_(u).scatter_add_(-1, at, pull))
        level = smooth_l1_loss(gap, torch.zeros_like(gap), reduction="none")
        return (divergence + weight * level).squeeze(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        """The slope, times what comes from above."""
        (slope,) = ctx.saved_tensors
        return slope.mul_(upstream.unsqueeze(-1)), None, None, None
