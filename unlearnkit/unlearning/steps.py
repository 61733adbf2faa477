"""What strengthening and distilling share: seeded batches, one optimiser step, the NaN stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from unlearnkit.errors import TrainingFailed
from unlearnkit.unlearning.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Workbench:
    """What every training function stands at: accelerate's Accelerator, settings, token ids."""

    accelerator: Any
    settings: Settings
    pad_id: int
    end_id: int
    """The token that ends a text; -1 where the tokenizer has none."""

    @property
    def device(self) -> Any:
        """Where this process computes."""
        return self.accelerator.device


def shuffled(rows: Sequence[Row], seed: int, turn: int) -> list[Row]:
    """The rows in an order that depends on (seed, turn) only, so that a resumed run repeats it."""
    import torch

    generator = torch.Generator().manual_seed(seed * 100_003 + turn)
    return [rows[index] for index in torch.randperm(len(rows), generator=generator).tolist()]


def chunks(rows: Sequence[Row], size: int) -> list[list[Row]]:
    """Consecutive pieces of `size` rows, the last one shorter."""
    return [list(rows[start : start + size]) for start in range(0, len(rows), size)]


def step(bench: Workbench, model: Any, optimizer: Any, loss: Tensor, where: str) -> float:
    """Backward, clip to norm 1, update. Returns the loss in nats.

    Raises TrainingFailed when the loss is not finite, before it has touched the weights.
    """
    value = float(loss.detach())
    if not math.isfinite(value):
        raise TrainingFailed(
            f"the loss became {value} in {where}",
            fix="Lower --learning-rate; the last finished pass is kept and is where a run goes on.",
        )
    bench.accelerator.backward(loss)
    bench.accelerator.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return value


def trainable_copy(model: Any) -> Any:
    """A float32 copy to train, whatever the stored precision (AdamW's steps vanish in bfloat16)."""
    import copy

    return copy.deepcopy(model).float().requires_grad_(True)
