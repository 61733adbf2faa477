"""The module that is trained and measured: a language model whose logits never exist all at once.

Losses and figures are computed inside `forward`, where distributed wrappers (DDP, FSDP2) have the
weights of the head at hand and see every gradient.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor

from unlearnkit.language_model.head import Head, has_known_head, head_of
from unlearnkit.language_model.tokens import IGNORED, Batch

Result = TypeVar("Result")


class Headed(torch.nn.Module):
    """A causal language model as final hidden states and head.

    Where the head is not a known one (`has_known_head`), logits take the place of hidden states.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.known = has_known_head(model)
        self.takes_positions = "position_ids" in inspect.signature(model.forward).parameters
        # accelerate looks for it here when FSDP wraps layer by layer.
        self._no_split_modules = getattr(model, "_no_split_modules", None)

    def head(self) -> Head:
        """The head as it is now."""
        return head_of(self.model) if self.known else Head(None)

    def width(self) -> int:
        """Numbers that stand for a position: hidden ones, or logits in their place."""
        weight = self.head().weight
        if weight is None:
            return int(self.model.config.get_text_config().vocab_size)
        return int(weight.shape[-1])

    def inputs(self, batch: Batch) -> dict[str, Tensor]:
        """What the model's forward is called with; some architectures take no positions."""
        given = batch.inputs()
        if not self.takes_positions:
            del given["position_ids"]
        return given

    def forward(self, batch: Batch, then: Callable[[Tensor, Head], Result]) -> Result:
        """`then(hidden, head)` on the states (positions, hidden) that predict a labelled token.

        Positions come row by row, in the order of the tokens.
        """
        given = self.inputs(batch)
        if self.known:
            states = self.model.base_model(**given, use_cache=False).last_hidden_state
        else:
            states = self.model(**given, use_cache=False).logits
        return then(states[:, :-1][batch.labels[:, 1:] != IGNORED], self.head())
