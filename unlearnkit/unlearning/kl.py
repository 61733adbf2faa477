"""KL divergence with its gradient written out.

With a large vocabulary, making a tensor of logits takes a CPU as long as filling it. Autograd makes
eleven for KL and its gradient; here they are three or four.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class KLDivergence(torch.autograd.Function):
    """KL(p || q) at each position, from logits (positions, vocab) in float32.

    Slopes: p (log p - log q - KL) in p's logits, q - p in q's. Only first derivatives.
    """

    @staticmethod
    def forward(ctx: Any, p_logits: Tensor, q_logits: Tensor) -> Tensor:
        """The divergences, and the slopes while everything is there."""
        wanted = ctx.needs_input_grad
        p_log, q_log = p_logits.log_softmax(-1), q_logits.log_softmax(-1)
        p = p_log.exp()
        apart = p_log.sub_(q_log)
        of_q = q_log.exp().sub_(p) if wanted[1] else None
        found = torch.mul(p, apart, out=q_log).sum(-1, keepdim=True)
        of_p = None
        if wanted[0]:
            # Twice: where KL is large, what the first sum rounded off is as large as the slopes.
            apart.sub_(found)
            of_p = apart.sub_(torch.mul(p, apart, out=q_log).sum(-1, keepdim=True)).mul_(p)
        ctx.save_for_backward(of_p, of_q)
        return found.squeeze(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        """The slopes, times what comes from above."""
        return tuple(
            None if one is None else one.mul_(upstream.unsqueeze(-1)) for one in ctx.saved_tensors
        )
