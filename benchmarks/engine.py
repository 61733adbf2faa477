"""What unlearning costs beside plain fine-tuning of the same model on the same tokens.

    python -m benchmarks.engine [--part full|lora|loss|all] [--size small|tiny] [--results FILE]

Llamas with random weights, on a CPU, in float32. A step has 8 forget and 16 retain rows of 64 to
128 tokens. Times: the contenders take turns in one process, the median of their steps counts. Peak
memory: each contender in a process of its own, above what the imports take (Linux only).
The last part is the loss alone: 2,048 positions of 131,072 tokens, above its inputs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import torch

from benchmarks.contenders import CONTENDERS, ENGINE, PLAIN, RULE, Job, Shape, prepare
from benchmarks.measuring import MIB, alone, in_use, peak, reset_peak, seconds, table, take_turns
from benchmarks.straightforward import kl
from unlearnkit.artefacts import write_atomic
from unlearnkit.language_model.head import Head
from unlearnkit.unlearning.objectives import Lesson, rklu
from unlearnkit.unlearning.settings import Settings

SHAPES = {
    "small": {
        "58M weights, vocabulary 32,000": Shape(512, 8, 8, 8, 1408, 32_000, tied=False),
        "37M weights, vocabulary 131,072": Shape(256, 4, 4, 4, 768, 131_072, tied=True),
    },
    "tiny": {
        "tiny, vocabulary 500": Shape(32, 2, 2, 2, 64, 500, tied=False, lengths=(8, 16)),
        "tiny, vocabulary 4,000": Shape(32, 2, 2, 2, 64, 4_000, tied=True, lengths=(8, 16)),
    },
}
LOSS = {"small": (2048, 256, 131_072), "tiny": (64, 16, 4_000)}
"""Positions, hidden size and vocabulary of the loss alone."""
RANKS = {"full": 0, "lora": 16}
TARGETS = {"full": {"time": 1.6, "memory": 1.25}, "lora": {"memory": 1.15}}
LOSS_TARGET_MB = 600
WARM_UP, MEMORY_STEPS = 2, 3


def main() -> None:
    """Measure the parts, print their tables, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--part", choices=["full", "lora", "loss", "all"], default="all")
    parser.add_argument("--size", choices=sorted(SHAPES), default="small")
    parser.add_argument("--steps", type=int, default=7, help="timed steps of each (5 or more)")
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    found: dict[str, Any] = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    for part in RANKS:
        if chosen.part in (part, "all"):
            found[part] = training(part, SHAPES[chosen.size], chosen.steps)
            print(f"\n{training_table(part, found[part])}", flush=True)
    if chosen.part in ("loss", "all"):
        found["loss"] = losses(*LOSS[chosen.size])
        print(f"\n{loss_table(found['loss'])}", flush=True)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())


def training(part: str, shapes: dict[str, Shape], steps: int) -> list[dict[str, Any]]:
    """Times and peaks of every contender on every shape."""
    found = []
    for name, shape in shapes.items():
        with tempfile.TemporaryDirectory(prefix="unlearnkit-engine-") as folder:
            job = Job(shape, Path(folder), RANKS[part])
            alone(prepare, job)
            times = alone(step_times, job, steps)
            peaks = {contender: alone(step_peak, job, contender) for contender in CONTENDERS}
        found += [
            {
                "model": name,
                "contender": contender,
                "tokens": job.tokens,
                "seconds": times[contender],
                "peak_mib": peaks[contender],
                "time_ratio": median(times[contender]) / median(times[PLAIN]),
                "memory_ratio": peaks[contender] / peaks[PLAIN],
            }
            for contender in CONTENDERS
        ]
    return found


def step_times(job: Job, steps: int) -> dict[str, list[float]]:
    """Seconds of each contender's steps, taken in turn."""
    contenders = {name: build(job) for name, build in CONTENDERS.items()}
    return take_turns(contenders, steps, WARM_UP, job.device)


def step_peak(job: Job, contender: str) -> float:
    """Peak memory of a contender's training in MiB, above what the imports take."""
    imported = in_use(job.device)
    run = CONTENDERS[contender](job)
    reset_peak(job.device)
    for _ in range(MEMORY_STEPS):
        run()
    return (peak(job.device) - imported) / MIB


def losses(positions: int, hidden: int, vocabulary: int) -> list[dict[str, Any]]:
    """The loss alone and its gradients, the head frozen (as with LoRA) and trained."""
    return [
        {
            "loss": name,
            "head": "trained" if trained else "frozen",
            "positions": positions,
            "hidden": hidden,
            "vocabulary": vocabulary,
            "head_mib": vocabulary * hidden * 4 / MIB,
            **alone(loss_figures, name, trained, (positions, hidden, vocabulary)),
        }
        for trained in (False, True)
        for name in LOSSES
    ]


def engine_loss(hidden: torch.Tensor, head: Head, lesson: Lesson) -> torch.Tensor:
    """The engine's, a chunk of positions at a time."""
    return rklu(hidden, head, lesson, Settings())


def all_at_once(hidden: torch.Tensor, head: Head, lesson: Lesson) -> torch.Tensor:
    """The same with all logits there."""
    assert lesson.strengthened is not None and lesson.strengthened_head is not None
    with torch.no_grad():
        original = lesson.head.logits(lesson.original)
        raised = lesson.strengthened_head.logits(lesson.strengthened) - original
        teacher = RULE.logits(original, raised, lesson.labels)
    return (kl(head.logits(hidden), teacher) * lesson.weights).sum()


LOSSES = {ENGINE: engine_loss, "all logits at once": all_at_once}


def loss_figures(name: str, trained: bool, size: tuple[int, int, int]) -> dict[str, float]:
    """Peak MiB above the inputs of forward and backward together, and the second run's seconds."""
    positions, width, vocabulary = size
    torch.manual_seed(0)
    states = [torch.randn(positions, width) for _ in range(3)]
    student = Head((torch.randn(vocabulary, width) * 0.02).requires_grad_(trained))
    frozen = Head(torch.randn(vocabulary, width) * 0.02) if trained else student
    lesson = Lesson(
        labels=torch.randint(vocabulary, (positions,)),
        lengths=torch.tensor([positions]),
        weights=torch.full((positions,), 1 / positions),
        shares=torch.ones(1),
        head=frozen,
        original=states[1],
        strengthened_head=frozen,
        strengthened=states[2],
        rule=RULE,
    )
    hidden = states[0].requires_grad_()

    def run() -> None:
        hidden.grad = None
        if student.weight is not None:
            student.weight.grad = None
        LOSSES[name](hidden, student, lesson).backward()

    reset_peak("cpu")
    inputs = in_use("cpu")
    run()
    return {"peak_mib": (peak("cpu") - inputs) / MIB, "seconds": seconds(run, "cpu")}


def training_table(part: str, figures: list[dict[str, Any]]) -> str:
    """Ratios beside their targets, as Markdown."""
    targets = TARGETS[part]
    head = [f"{part}: model", "contender", "seconds a step (min to max)", "time ratio"]
    head += ["peak MiB", "memory ratio", "targets"]
    aims = ", ".join(f"{name} at most {most}" for name, most in targets.items())
    rows = [
        [
            one["model"],
            one["contender"],
            f"{median(one['seconds']):.2f} ({min(one['seconds']):.2f} to "
            f"{max(one['seconds']):.2f})",
            f"{one['time_ratio']:.2f}",
            f"{one['peak_mib']:,.0f}",
            f"{one['memory_ratio']:.2f}",
            aims if one["contender"] == ENGINE else "-",
        ]
        for one in figures
    ]
    return table(head, rows)


def loss_table(figures: list[dict[str, Any]]) -> str:
    """The loss alone; with a trained head, its gradient is part of the peak, and said so."""
    head = ["loss alone", "head", "peak MiB above the inputs", "of it the head's gradient"]
    head += ["seconds", "target"]
    rows = [
        [
            one["loss"],
            one["head"],
            f"{one['peak_mib']:,.0f}",
            f"{one['head_mib']:,.0f}" if one["head"] == "trained" else "0",
            f"{one['seconds']:.2f}",
            f"under {LOSS_TARGET_MB * 1e6 / MIB:.0f} MiB" if one["loss"] == ENGINE else "-",
        ]
        for one in figures
    ]
    return table(head, rows)


if __name__ == "__main__":
    main()
