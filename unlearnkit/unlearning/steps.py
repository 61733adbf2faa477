"""What strengthening and distilling share: seeded batches, shares of processes, one step.

A step is the same whatever the number of processes and pieces it is computed in: losses are sums
over positions, weighted with one over all positions of the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from unlearnkit.errors import TrainingFailed
from unlearnkit.language_model.head import whole
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
    end_ids: tuple[int, ...]
    """The tokens that end a text; none where the tokenizer has none."""
    key: bytes = field(repr=False)
    """What the files of the work folder are encrypted with, 32 bytes."""

    @property
    def device(self) -> Any:
        """Where this process computes."""
        return self.accelerator.device

    @property
    def processes(self) -> int:
        """How many processes share a step; each one's loss is averaged with the others'."""
        return int(self.accelerator.num_processes)

    @property
    def sharded(self) -> bool:
        """Whether the weights of a prepared model are spread over the processes (FSDP2)."""
        return bool(self.accelerator.is_fsdp2)


def are_there(bench: Workbench, *files: Path) -> bool:
    """Whether an earlier run left all these files or folders: the main process's answer, for all.

    Each asking for itself could see what the main process has written since.
    """
    from accelerate.utils import broadcast_object_list

    return bool(broadcast_object_list([all(one.exists() for one in files)])[0])


def shuffled(rows: Sequence[Row], seed: int, turn: int) -> list[Row]:
    """The rows in an order that depends on (seed, turn) only, so that a resumed run repeats it."""
    import torch

    generator = torch.Generator().manual_seed(seed * 100_003 + turn)
    return [rows[index] for index in torch.randperm(len(rows), generator=generator).tolist()]


def chunks(rows: Sequence[Row], size: int) -> list[list[Row]]:
    """Consecutive pieces of `size` rows, the last one shorter."""
    return [list(rows[start : start + size]) for start in range(0, len(rows), size)]


def pieces(bench: Workbench, *kinds: Sequence[Row]) -> list[tuple[list[Row], ...]]:
    """The pieces a step is computed in: what is this process's of each kind of rows.

    Pieces that no process has rows for are left out. Of the others one may be empty here: processes
    wait for each other in every piece, so that each computes as many.
    """
    count = int(bench.accelerator.gradient_accumulation_steps)
    needed = min(count, max(math.ceil(len(rows) / bench.processes) for rows in kinds))
    mine = [rows[bench.accelerator.process_index :: bench.processes] for rows in kinds]
    return [tuple(list(rows[at::count]) for rows in mine) for at in range(needed)]


def step(
    bench: Workbench,
    model: Any,
    optimizer: Any,
    losses: Sequence[Callable[[], Tensor]],
    where: str,
) -> float:
    """Backward over the pieces, clip to norm 1, update. Returns the step's loss in nats.

    Raises TrainingFailed when loss or gradient is not finite, before it has touched the weights.
    """
    import torch

    accelerator = bench.accelerator
    total = torch.zeros((), device=bench.device)
    for number, loss_of in enumerate(losses, start=1):
        with nullcontext() if number == len(losses) else accelerator.no_sync(model):
            loss = loss_of()
            # accelerate divides by the number of pieces; ours are parts of a sum.
            accelerator.backward(loss * accelerator.gradient_accumulation_steps)
        total = total + loss.detach()
    value = float(accelerator.reduce(total, "mean"))
    norm = float(whole(accelerator.clip_grad_norm_(model.parameters(), 1.0)))
    if not math.isfinite(value) or not math.isfinite(norm):
        raise TrainingFailed(
            f"the loss became {value}, its gradient {norm}, in {where}",
            fix="Lower --learning-rate; the last finished pass is kept and is where a run goes on.",
        )
    optimizer.step()
    optimizer.zero_grad()
    return value


def adamw(model: Any, learning_rate: float) -> Any:
    """The optimizer of both trainings, over what is not frozen."""
    import torch

    trained = [one for one in model.parameters() if one.requires_grad]
    return torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.0)
