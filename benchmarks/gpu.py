"""Unlearning a model of a billion weights on one GPU, beside plain fine-tuning on the same tokens.

    python -m benchmarks.gpu [--part full|lora|all] [--steps 50] [--results FILE]
    python -m benchmarks.gpu --size tiny --device cpu    # only to see that it runs

Llama 3.2 1B's shape with random weights; 400 forget and 800 retain rows of 128 tokens, 8 and 16 a
step; bfloat16 by accelerate's mixed precision, trained weights in float32, the base of an adapter
in bfloat16. Each contender runs in a process of its own: one pass to warm up, one that is timed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.contenders import CONTENDERS, ENGINE, PLAIN, Job, Shape, prepare
from benchmarks.engine import RANKS, TARGETS
from benchmarks.measuring import MIB, alone, in_use, peak, reset_peak, seconds, table
from unlearnkit.artefacts import write_atomic
from unlearnkit.unlearning import chunked

SHAPES = {
    "1b": Shape(2048, 16, 32, 8, 8192, 128_256, tied=True, lengths=(128, 128)),
    "tiny": Shape(32, 2, 2, 2, 64, 4_000, tied=True, lengths=(16, 16)),
}
NO_GPU = 2


def main() -> None:
    """Measure, print the tables, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--part", choices=["full", "lora", "all"], default="all")
    parser.add_argument("--size", choices=sorted(SHAPES), default="1b")
    parser.add_argument("--steps", type=int, default=50, help="steps of a pass")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA GPU here: this benchmark needs one (see --device cpu)", file=sys.stderr)
        sys.exit(NO_GPU)
    found: dict[str, Any] = {"torch": torch.__version__, "device": device_name(chosen.device)}
    for part, rank in RANKS.items():
        if chosen.part not in (part, "all"):
            continue
        with tempfile.TemporaryDirectory(prefix="unlearnkit-gpu-") as folder:
            job = Job(SHAPES[chosen.size], Path(folder), rank, chosen.device, chosen.steps)
            found[part] = compared(job)
        print(f"\n{markdown(part, found[part])}", flush=True)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())


def device_name(device: str) -> str:
    """As the vendor calls it."""
    return "CPU" if device == "cpu" else torch.cuda.get_device_name()


def compared(job: Job) -> dict[str, Any]:
    """The figures of each contender, and the seconds of what the engine does once before."""
    once = alone(prepare_seconds, job)
    passes = {name: alone(pass_figures, job, name) for name in CONTENDERS}
    return {"tokens": job.tokens, "steps": job.steps, "once_seconds": once, "passes": passes}


def prepare_seconds(job: Job) -> float:
    """Building the frozen models and keeping their states, once for all passes."""
    return seconds(lambda: prepare(job), job.device)


def pass_figures(job: Job, contender: str) -> dict[str, float]:
    """Seconds and peak memory of a pass, and the seconds in the engine's chunked losses."""
    imported = in_use(job.device)
    run, clock = CONTENDERS[contender](job), HeadClock(job.device)
    chunked.weighted_loss = clock.timed(chunked.weighted_loss)
    reset_peak(job.device)
    run()
    clock.spans.clear()
    taken = seconds(run, job.device)
    most = (peak(job.device) - imported) / MIB
    return {"seconds": taken, "head_seconds": clock.total(), "peak_mib": most}


class HeadClock:
    """Seconds between a function's beginnings and ends, on the device."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.spans: list[tuple[Any, Any]] = []

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its times kept."""

        def wrapped(*arguments: Any) -> Any:
            start = self.now()
            result = function(*arguments)
            self.spans.append((start, self.now()))
            return result

        return wrapped

    def now(self) -> Any:
        """A moment: on a GPU an event among what it was told to compute."""
        if self.device == "cpu":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def total(self) -> float:
        """All spans, in seconds; on a GPU after it has finished."""
        if self.device == "cpu":
            return sum(end - start for start, end in self.spans)
        return sum(start.elapsed_time(end) for start, end in self.spans) / 1000


def markdown(part: str, figures: dict[str, Any]) -> str:
    """Rates, peaks and their ratios to plain fine-tuning."""
    head = [f"{part}: contender", "tokens a second", "seconds a step", "time ratio", "peak GiB"]
    head += ["memory ratio", "time in the head's losses", "targets"]
    passes, base = figures["passes"], figures["passes"][PLAIN]
    aims = ", ".join(f"{name} at most {most}" for name, most in TARGETS[part].items())
    rows = [
        [
            name,
            f"{figures['tokens'] / one['seconds']:,.0f}",
            f"{one['seconds'] / figures['steps']:.3f}",
            f"{one['seconds'] / base['seconds']:.2f}",
            f"{one['peak_mib'] / 1024:.2f}",
            f"{one['peak_mib'] / base['peak_mib']:.2f}",
            f"{one['head_seconds'] / one['seconds']:.0%}" if name == ENGINE else "-",
            aims if name == ENGINE else "-",
        ]
        for name, one in passes.items()
    ]
    once = f"Once, before the first pass: {figures['once_seconds']:.1f} s for the frozen models."
    return f"{table(head, rows)}\n\n{once}"


if __name__ == "__main__":
    main()
