"""Changing a model's weights in place, and putting them back as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@contextmanager
def restored(model: Any) -> Iterator[None]:
    """Put weights and dtypes back, whatever is done to the model inside, and leave it in eval mode.

    Buffers too: a model made float32 has its rotary frequencies made so. Meanwhile a copy of the
    weights is held in main memory.
    """
    import torch

    both = [*model.parameters(), *model.buffers()]
    kept = [(one, one.detach().to("cpu", copy=True)) for one in both]
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, weights in kept:
                parameter.data = weights.to(parameter.device)
                parameter.grad = None
        model.eval()


def change_linear_weights(model: Any, change: Callable[[Tensor], Tensor]) -> float:
    """Put `change(weight)` in the place of every linear layer's weight (out, in) but the head's.

    Embeddings, head, norms and biases stay, as they do where models are quantised for serving; so
    do experts' weights that stand in no linear layer. Returns the share of the model's weights that
    were changed, 0 to 1.
    """
    import torch
    from transformers.pytorch_utils import Conv1D

    head = model.get_output_embeddings()
    changed = 0
    with torch.no_grad():
        for module in model.modules():
            if module is head or not isinstance(module, torch.nn.Linear | Conv1D):
                continue
            # GPT-2's layers are linear ones with the matrix on its side.
            turned = isinstance(module, Conv1D)
            weight = module.weight.T if turned else module.weight
            found = change(weight.detach())
            module.weight.copy_(found.T if turned else found)
            changed += weight.numel()
    whole: int = sum(one.numel() for one in model.parameters())
    return changed / whole
