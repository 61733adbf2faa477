"""The demo on three seeds, against what it has to reach.

    python benchmarks/demo.py [--seeds 0 1 2] [--out DIR] [--results FILE]

Each seed makes another company, other people who ask, and two other models. The settings were
chosen on seeds from 10 upwards. A figure that is not reached is printed as such.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from seeded import asked

from unlearnkit.artefacts import write_atomic
from unlearnkit.cli.terminal import plain

NEAR, QUALITY, KEPT, FOUND = 0.10, 0.05, 0.03, 0.98
ROLES = ("original", "unlearned", "reference")
TELLING = (
    ("rouge_l", ""),
    ("degenerate", ""),
    ("membership_auc_loss", ""),
    ("membership_auc_min_k", ""),
    ("membership_auc_min_k_plus_plus", ""),
    ("pii_leakage", ""),
    ("decoy_rank", ""),
    ("decoy_auc", ""),
    ("decoy_test", ""),
    ("logit_lens_1", ""),
    ("logit_lens_output_1", ""),
    ("exact_memorization", "int8"),
    ("exact_memorization", "int4"),
    ("exact_memorization", "pruned_30"),
    ("exact_memorization", "relearned_10pct"),
    ("probability", "relearned_10pct"),
)
"""What else the audit says of forgotten records: metric, and under which attack. The model before
is not made to relearn what it knows."""


def main() -> None:
    """Run the seeds, print the tables, keep the figures."""
    chosen = asked(__doc__, "unlearnkit-demo-")
    found = [run(chosen.out / f"seed-{seed}", seed) for seed in chosen.seeds]
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2, default=plain) + "\n").encode())
    print(markdown(found))


def run(folder: Path, seed: int) -> dict[str, Any]:
    """`unlearnkit demo` with this seed; its own JSON and the seconds it took."""
    command = [sys.executable, "-m", "unlearnkit", "demo", "--json"]
    command += ["--out", str(folder), "--seed", str(seed)]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    figures["report"] = ""
    return figures | {"seconds": round(time.monotonic() - start)}


def value(figures: dict[str, Any], metric: str, split: str, model: str, under: str = "") -> float:
    """One measured figure; the demo measures all that are asked for here."""
    wanted = (metric, split, model, under)
    [found] = [
        one["value"]
        for one in figures["measurements"]
        if (one["metric"], one["split"], one["model"], one["under"]) == wanted
    ]
    return float(found)


def targets(figures: dict[str, Any]) -> dict[str, tuple[float, bool]]:
    """What the demo has to reach: the figure, and whether it does."""
    em, es = "exact_memorization", "extraction_strength"
    near = {
        metric: abs(
            value(figures, metric, "forget", "unlearned")
            - value(figures, metric, "forget", "reference")
        )
        for metric in (em, es)
    }
    quality = value(figures, "forget_quality", "forget", "unlearned")
    lost = value(figures, em, "retain", "original") - value(figures, em, "retain", "unlearned")
    recall = min(one["recall"] for one in figures["locate"])
    precision = min(one["precision"] for one in figures["locate"])
    wrong = sum(one["wrongly_certain"] for one in figures["locate"])
    gates = (figures["gate_original"], figures["gate_unlearned"])
    return {
        f"exact memorization, distance to retrained (at most {NEAR})": (near[em], near[em] <= NEAR),
        f"extraction strength, distance to retrained (at most {NEAR})": (
            near[es],
            near[es] <= NEAR,
        ),
        f"forget quality (at least {QUALITY})": (quality, quality >= QUALITY),
        f"retain exact memorization lost (at most {KEPT})": (lost, lost <= KEPT),
        f"locate: lowest recall after review (at least {FOUND})": (recall, recall >= FOUND),
        f"locate: lowest precision after review (at least {FOUND})": (
            precision,
            precision >= FOUND,
        ),
        "locate: wrongly certain before review (0)": (wrong, wrong == 0),
        "gate fails the original, passes the unlearned (1 is yes)": (
            float(gates == ("fail", "pass")),
            gates == ("fail", "pass"),
        ),
    }


def markdown(found: list[dict[str, Any]]) -> str:
    """The targets seed by seed, and the figures behind them."""
    seeds = " | ".join(f"seed {one['seed']}" for one in found)
    rule = "|---" * (len(found) + 1) + "|"
    lines = [f"| to reach | {seeds} |", rule]
    reached = [targets(one) for one in found]
    for name in reached[0]:
        cells = [f"{one[name][0]:.3f}{'' if one[name][1] else ' **missed**'}" for one in reached]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", f"| before / after / retrained | {seeds} |", rule]
    metrics = ["exact_memorization", "extraction_strength", "max_extraction_strength"]
    for split in ("forget", "retain", "holdout"):
        for metric in [*metrics, "probability"]:
            cells = [
                " / ".join(f"{value(one, metric, split, role):.3f}" for role in ROLES)
                for one in found
            ]
            lines.append(f"| {split}: {metric.replace('_', ' ')} | " + " | ".join(cells) + " |")
    for metric, under in TELLING:
        roles = ROLES[1:] if under.startswith("relearned") else ROLES
        cells = [
            " / ".join(f"{value(one, metric, 'forget', role, under):.3f}" for role in roles)
            for one in found
        ]
        named = metric.replace("_", " ") + (f", {under.replace('_', ' ')}" if under else "")
        lines.append(f"| forget: {named} | " + " | ".join(cells) + " |")
    lines.append("| passes | " + " | ".join(str(len(one["passes"])) for one in found) + " |")
    lines.append("| seconds | " + " | ".join(str(one["seconds"]) for one in found) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
