"""Final hidden states of a frozen model, computed once and kept on disk, encrypted.

From them the teacher's logits are rebuilt a chunk at a time, so that neither the original nor the
strengthened model has to be in memory while the student is trained. They are small: positions x
hidden, in float32, and only at positions that predict a labelled token. With the model's head they
say nearly the records themselves, so nothing of them is ever written in plain.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unlearnkit.encrypted import Blocks, create_blocks, open_blocks, payload
from unlearnkit.errors import BadInput
from unlearnkit.language_model.recall import batched
from unlearnkit.language_model.tokens import Example
from unlearnkit.unlearning.steps import Workbench

if TYPE_CHECKING:
    from torch import Tensor

FLOAT = 4
"""Bytes of a float32."""


def states_bytes(examples: Sequence[Example], hidden: int) -> int:
    """Bytes of these examples' states, `hidden` to a position; some more encrypted."""
    return FLOAT * hidden * sum(one.counted for one in examples)


def kept_bytes(
    forget: Sequence[Example], pool: Sequence[Example], hidden: int, *, strengthened: bool
) -> int:
    """Bytes of all the states that a run keeps at once.

    The original's of both; the strengthened model's of the forget set, and beside them those of
    more epochs while they take their place.
    """
    models = 3 if strengthened else 1
    return models * states_bytes(forget, hidden) + states_bytes(pool, hidden)


@dataclass(frozen=True, slots=True)
class States:
    """The states of some examples, (positions, hidden), in an encrypted file."""

    blocks: Blocks | None
    """One for each example; None where there is none."""
    starts: tuple[int, ...]
    """Where each example's positions begin, and the end of the last one."""
    hidden: int

    def at(self, part: slice, device: Any) -> Tensor:
        """The states at these positions, counted through all examples, in float32."""
        first = bisect_right(self.starts, part.start) - 1
        last = min(bisect_left(self.starts, part.stop), len(self.starts) - 1)
        before = self.starts[first]
        return self.of(range(first, last), device)[part.start - before : part.stop - before]

    def of(self, examples: Sequence[int], device: Any) -> Tensor:
        """The states of these examples one after another, (positions, hidden) in float32."""
        import numpy as np
        import torch

        if self.blocks is None:
            return torch.zeros((0, self.hidden), device=device)
        plain = bytearray().join(self.blocks.read(one) for one in examples)
        rows = np.frombuffer(plain, np.float32).reshape(-1, self.hidden)
        return torch.from_numpy(rows).to(device)


def open_states(path: Path, examples: Sequence[Example], key: bytes) -> States:
    """What `keep_states` wrote for these examples. Raises VerificationFailed for another key."""
    if not examples:
        return States(None, (0,), 0)
    starts = _starts(examples)
    hidden = payload(path, len(examples)) // (FLOAT * starts[-1])
    return States(open_blocks(path, key, _bounds(starts, hidden)), starts, hidden)


def keep_states(bench: Workbench, headed: Any, examples: Sequence[Example], path: Path) -> States:
    """Run the model once over the examples and write its states, encrypted, to `path`.

    Every process computes, so that sharded models work; the main one writes. Raises BadInput when
    the disk is full.
    """
    if not examples:
        return open_states(path, examples, bench.key)
    starts, partial = _starts(examples), path.with_suffix(".partial")
    try:
        blocks: Blocks | None = None
        for positions, rows in _computed(bench, headed, examples):
            if bench.accelerator.is_main_process:
                if blocks is None:
                    blocks = create_blocks(partial, bench.key, _bounds(starts, rows.shape[-1]))
                at = 0
                for one in positions:
                    size = examples[one].counted
                    blocks.write(one, rows[at : at + size].tobytes())
                    at += size
        if blocks is not None:
            blocks.sync()
            partial.rename(path)
    except OSError as error:
        raise BadInput(
            f"hidden states cannot be written: {error}",
            where=path.parent,
            fix="Free some disk space, then run the same command again.",
        ) from error
    bench.accelerator.wait_for_everyone()
    return open_states(path, examples, bench.key)


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


def _bounds(starts: Sequence[int], hidden: int) -> list[int]:
    return [FLOAT * hidden * one for one in starts]
