"""A loss over positions whose logits exist only a chunk at a time.

The custom autograd function keeps the gradient of the final hidden states, as large as they are,
and of the head where the head is trained. Forward and backward of a chunk are done at once, while
its logits are there: recomputing them in the backward pass would cost a third matrix product with
the head for each model. (Liger-Kernel's fused linear losses do the same in Triton.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from unlearnkit.language_model.head import Head, parts

PositionLoss = Callable[[Tensor, slice], Tensor]
"""(logits (chunk, vocab), which positions they are of) -> losses (chunk,), differentiable."""


def weighted_loss(hidden: Tensor, head: Head, weights: Tensor, loss_at: PositionLoss) -> Tensor:
    """sum_i weights_i * loss_i over positions, with gradients for hidden states and head.

    `hidden` (positions, hidden), `weights` (positions,). Zero, with zero gradients, when there is
    no position. Only first derivatives.
    """
    found: Tensor = _WeightedLoss.apply(  # type: ignore[no-untyped-call]
        hidden, head.weight, head.bias, head, weights, loss_at
    )
    return found


class _WeightedLoss(torch.autograd.Function):
    """See `weighted_loss`; weight and bias are given once more so that autograd sees them."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        head: Head,
        weights: Tensor,
        loss_at: PositionLoss,
    ) -> Tensor:
        wanted = ctx.needs_input_grad
        total = torch.zeros((), device=hidden.device)
        of_hidden = torch.zeros_like(hidden)
        of_weight = torch.zeros_like(weight) if weight is not None and wanted[1] else None
        of_bias = torch.zeros_like(bias) if bias is not None and wanted[2] else None
        for part in parts(len(hidden), head.vocabulary(hidden)):
            raw = head.linear(hidden[part]).detach().requires_grad_()
            with torch.enable_grad():
                loss = (loss_at(head.finish(raw), part) * weights[part]).sum()
            (slope,) = torch.autograd.grad(loss, raw)
            total += loss.detach()
            if weight is None:
                of_hidden[part] = slope
                continue
            of_hidden[part] = (slope @ weight).to(hidden.dtype)
            if of_weight is not None:
                of_weight.addmm_(slope.to(weight.dtype).T, hidden[part].to(weight.dtype))
            if of_bias is not None:
                of_bias += slope.sum(0)
        ctx.save_for_backward(of_hidden, of_weight, of_bias)
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        def scaled(one: Tensor | None) -> Tensor | None:
            # In place: the head's gradient is as large as the head.
            return None if one is None else one.mul_(upstream)

        return (*(scaled(one) for one in ctx.saved_tensors), None, None, None)
