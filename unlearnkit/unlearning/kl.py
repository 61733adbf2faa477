"""KL divergence with its gradient written out, and RKLU's level term with it.

With a large vocabulary, making a tensor of logits takes a CPU as long as filling it. Autograd makes
eleven for KL and its gradient; here they are three or four. All logits are (positions, vocab) in
float32; only first derivatives.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss


class KLDivergence(torch.autograd.Function):
    """KL(p || q) at each position; slopes p (log p - log q - KL) in p's logits, q - p in q's."""

    @staticmethod
    def forward(ctx: Any, p_logits: Tensor, q_logits: Tensor) -> Tensor:
        """The divergences, and the slopes while everything is there."""
        wanted = ctx.needs_input_grad
        p_log, q_log = p_logits.log_softmax(-1), q_logits.log_softmax(-1)
        p = p_log.exp()
        apart = p_log.sub_(q_log)
        of_q = q_log.exp().sub_(p) if wanted[1] else None
        found = torch.mul(p, apart, out=q_log).sum(-1, keepdim=True)
        of_p = _slope(p, apart, found, scratch=q_log) if wanted[0] else None
        ctx.save_for_backward(of_p, of_q)
        return found.squeeze(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        """The slopes, times what comes from above."""
        return tuple(
            None if one is None else one.mul_(upstream.unsqueeze(-1)) for one in ctx.saved_tensors
        )


class LevelledReverseKL(torch.autograd.Function):
    """KL(p || q) + weight * Huber(log p(label) - log q(label)); slopes in p's logits alone.

    The second term needs nothing that the first has not made already.
    """

    @staticmethod
    def forward(
        ctx: Any, p_logits: Tensor, q_logits: Tensor, labels: Tensor, weight: float
    ) -> Tensor:
        """The losses, and the slopes while everything is there."""
        p_log, q_log = p_logits.log_softmax(-1), q_logits.log_softmax(-1)
        at = labels.unsqueeze(-1)
        gap = p_log.gather(-1, at) - q_log.gather(-1, at)
        p = p_log.exp()
        apart = p_log.sub_(q_log)
        found = torch.mul(p, apart, out=q_log).sum(-1, keepdim=True)
        # The level term's own slope is pull * (one at the label - p).
        pull = weight * gap.clamp(-1, 1)
        ctx.save_for_backward(
            _slope(p, apart, found, scratch=q_log, pull=pull).scatter_add_(-1, at, pull)
        )
        level = smooth_l1_loss(gap, torch.zeros_like(gap), reduction="none")
        return (found + weight * level).squeeze(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        """The slope, times what comes from above."""
        (of_p,) = ctx.saved_tensors
        return of_p.mul_(upstream.unsqueeze(-1)), None, None, None


def _slope(
    p: Tensor, apart: Tensor, divergence: Tensor, *, scratch: Tensor, pull: Tensor | float = 0.0
) -> Tensor:
    """The slope p (log p - log q - KL - pull), made in place of `apart`, log p - log q."""
    # Twice: where KL is large, what the first sum rounded off is as large as the slopes.
    apart.sub_(divergence)
    rest = torch.mul(p, apart, out=scratch).sum(-1, keepdim=True)
    return apart.sub_(rest + pull).mul_(p)
