"""A step on a real pretrained model with a large vocabulary, the loss in chunks and in one piece.

    python -m benchmarks.real_step --model DIR [--rounds 3] [--results FILE]

DIR is the `pretrained` folder that `real_model.py` makes: Gemma 3 270M, 262,144 tokens. A step has
8 forget and 16 retain rows of 32 to 64 random tokens, every weight trained, float32: longer rows
and the logits of one piece no longer fit into 24 GiB. Each contender trains in a process of its
own, in rounds, A B C D A B C D: one step to warm up, two that are timed. Peak memory is the highest
of all its rounds, above what the imports take (Linux only).
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from transformers import AutoConfig

from benchmarks.contenders import CONTENDERS, ENGINE, PLAIN, Job, Pass, Pretrained, engine, prepare
from benchmarks.measuring import MIB, alone, in_use, peak, reset_peak, seconds, table
from unlearnkit.artefacts import write_atomic
from unlearnkit.language_model import head

LENGTHS = (32, 64)
TIMED = 2


def in_one_piece(job: Job) -> Pass:
    """The engine's training pass, its chunk so large that it holds every position."""
    head.ELEMENTS = 2**62
    return engine(job)


WHOLE = f"{ENGINE}, all logits in one chunk"
ALL: dict[str, Callable[[Job], Pass]] = {**CONTENDERS, WHOLE: in_one_piece}


def main() -> None:
    """Measure in rounds, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="real_model.py's `pretrained`")
    parser.add_argument("--rounds", type=int, default=3, help="two timed steps of each in a round")
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    if not (chosen.model / "config.json").is_file():
        parser.error(f"no model in {chosen.model}: make one with real_model.py --stages prepare")
    vocabulary = AutoConfig.from_pretrained(chosen.model).vocab_size
    with tempfile.TemporaryDirectory(prefix="unlearnkit-step-") as folder:
        job = Job(Pretrained(chosen.model, vocabulary, LENGTHS), Path(folder))
        alone(prepare, job)
        rounds = [{name: alone(steps, job, name) for name in ALL} for _ in range(chosen.rounds)]
    figures = {name: [one[name] for one in rounds] for name in ALL}
    if chosen.results:
        found = {"torch": torch.__version__, "tokens": job.tokens, "contenders": figures}
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(figures))


def steps(job: Job, name: str) -> dict[str, Any]:
    """Seconds of the timed steps, and peak MiB of all."""
    imported = in_use(job.device)
    run = ALL[name](job)
    reset_peak(job.device)
    run()
    taken = [seconds(run, job.device) for _ in range(TIMED)]
    return {"seconds": taken, "peak_mib": (peak(job.device) - imported) / MIB}


def markdown(figures: dict[str, list[dict[str, Any]]]) -> str:
    """Medians, peaks and their ratios to plain fine-tuning."""
    times = {
        name: [one for row in rows for one in row["seconds"]] for name, rows in figures.items()
    }
    peaks = {name: max(row["peak_mib"] for row in rows) for name, rows in figures.items()}
    last = {name: median(rows[-1]["seconds"]) for name, rows in figures.items()}
    top = ["contender", "seconds a step (min to max)", "time ratio", "last round alone"]
    top += ["peak MiB", "memory ratio"]
    rows = [
        [
            name,
            f"{median(times[name]):.1f} ({min(times[name]):.1f} to {max(times[name]):.1f})",
            f"{median(times[name]) / median(times[PLAIN]):.2f}",
            f"{last[name]:.1f}, {last[name] / last[PLAIN]:.2f}",
            f"{peaks[name]:,.0f}",
            f"{peaks[name] / peaks[PLAIN]:.2f}",
        ]
        for name in figures
    ]
    return table(top, rows)


if __name__ == "__main__":
    main()
