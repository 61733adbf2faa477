"""Final hidden states of a frozen model, computed once and kept on disk.

From them the teacher's logits are rebuilt a chunk at a time, so that neither the original nor the
strengthened model has to be in memory while the student is trained. They are small: positions x
hidden, in float32, and only at positions that predict a labelled token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unlearnkit.errors import BadInput
from unlearnkit.language_model.recall import batched
from unlearnkit.language_model.tokens import Example
from unlearnkit.unlearning.steps import Workbench

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class States:
    """The states of some examples, (positions, hidden), mapped from a file."""

    file: Any
    starts: tuple[int, ...]
    """Where each example's positions begin, and the end of the last one."""

    def at(self, part: slice, device: Any) -> Tensor:
        """The states at these positions, counted through all examples, in float32."""
        import numpy as np
        import torch

        return torch.from_numpy(np.array(self.file[part])).to(device)

    def of(self, examples: Sequence[int], device: Any) -> Tensor:
        """The states of these examples one after another, (positions, hidden) in float32."""
        import numpy as np
        import torch

        rows = [self.file[self.starts[one] : self.starts[one + 1]] for one in examples]
        return torch.from_numpy(np.concatenate(rows)).to(device)


def open_states(path: Path, examples: Sequence[Example]) -> States:
    """What `keep_states` wrote for these examples."""
    import numpy as np

    if not examples:
        return States(np.zeros((0, 0), np.float32), (0,))
    return States(np.load(path, mmap_mode="r"), _starts(examples))


def keep_states(bench: Workbench, headed: Any, examples: Sequence[Example], path: Path) -> States:
    """Run the model once over the examples and write its states to `path` (NumPy's format).

    Every process computes, so that sharded models work; the main one writes. Raises BadInput when
    the disk is full.
    """
    import numpy as np

    if not examples:
        return open_states(path, examples)
    starts, partial = _starts(examples), path.with_suffix(".partial")
    try:
        file: Any = None
        for positions, rows in _computed(bench, headed, examples):
            if bench.accelerator.is_main_process:
                if file is None:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    file = np.lib.format.open_memmap(
                        partial, "w+", np.float32, (starts[-1], rows.shape[-1])
                    )
                at = 0
                for one in positions:
                    size = examples[one].counted
                    file[starts[one] : starts[one + 1]] = rows[at : at + size]
                    at += size
        if bench.accelerator.is_main_process:
            file.flush()
            partial.rename(path)
    except OSError as error:
        raise BadInput(
            f"hidden states cannot be written: {error}",
            where=path.parent,
            fix="Free some disk space, then run the same command again.",
        ) from error
    bench.accelerator.wait_for_everyone()
    return open_states(path, examples)


def _computed(bench: Workbench, headed: Any, examples: Sequence[Example]) -> Any:
    """(which examples, their states as a NumPy array), batch by batch.

    In the precision that is trained in: between models of two precisions alpha would multiply
    what one of them rounds.
    """
    import torch

    with torch.no_grad(), bench.accelerator.autocast():
        for positions, batch in batched(examples, bench.pad_id, 16, bench.device):
            hidden = headed(batch, lambda states, _: states)
            yield positions, hidden.float().cpu().numpy()


def _starts(examples: Sequence[Example]) -> tuple[int, ...]:
    return (0, *accumulate(example.counted for example in examples))
