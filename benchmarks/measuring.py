"""Time and peak memory of a contender: what `engine.py` and `gpu.py` measure with.

Torch is imported for a GPU alone: its memory is none of what does without it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")
MIB = 2**20


def alone(function: Callable[..., Result], *arguments: Any) -> Result:
    """`function(*arguments)` in a new process, so that no earlier memory counts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def in_use(device: str) -> int:
    """Bytes in use now: this process's resident memory, or what torch holds on the GPU."""
    return _resident("VmRSS") if device == "cpu" else _gpu().memory_allocated()


def reset_peak(device: str) -> None:
    """Forget the peak so far. Linux only, on a CPU."""
    gc.collect()
    if device == "cpu":
        Path("/proc/self/clear_refs").write_text("5")
    else:
        _gpu().reset_peak_memory_stats()


def peak(device: str) -> int:
    """The most bytes in use since `reset_peak`."""
    return _resident("VmHWM") if device == "cpu" else _gpu().max_memory_allocated()


def _gpu() -> Any:
    import torch

    return torch.cuda


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    [line] = [one for one in lines if one.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


def seconds(run: Callable[[], Any], device: str) -> float:
    """How long a run takes, to its end on the device."""
    start = time.perf_counter()
    run()
    if device != "cpu":
        _gpu().synchronize()
    return time.perf_counter() - start


def take_turns(
    contenders: dict[str, Callable[[], Any]], turns: int, warm_up: int, device: str
) -> dict[str, list[float]]:
    """Seconds of each one's runs, one after another in turn: A B C A B C ..."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(warm_up + turns):
        for name, run in contenders.items():
            taken = seconds(run, device)
            if turn >= warm_up:
                found[name].append(taken)
    return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
