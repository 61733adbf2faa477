"""How often the default gate passes where there is little data: companies of ten customers.

    python benchmarks/small_company.py [--seeds 30 ... 37] [--results FILE]

Two people of ten ask; three others are the never-seen records. Each seed is the demo's line with
the demo's settings and the default policy, run once, with its result whatever it is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.demo.run import FULL, DemoScale, run_demo
from unlearnkit.demo.training import SmallModel
from unlearnkit.domain import ModelRole, Outcome, Split, Verdict, silent
from unlearnkit.errors import TeacherNotReady

SMALL = DemoScale(10, 2, 3, SmallModel(epochs=30, batch_size=8), FULL.learning_rate)
EM = "exact_memorization"


def main() -> None:
    """Run the seeds, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(30, 38)))
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    found = []
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory(prefix="unlearnkit-small-") as folder:
            found.append(run(Path(folder) / "company", seed))
        print(row(found[-1]), flush=True)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print("\n" + markdown(found))


def run(folder: Path, seed: int) -> dict[str, Any]:
    """One company: what the gate says, and the rules it failed by; or that no teacher was found."""
    try:
        done = run_demo(SMALL, folder, seed, lambda _: None, silent)
    except TeacherNotReady as error:
        return {"seed": seed, "gate": "refused", "failed": [], "why": error.what}
    verdict, audit = done.gated_unlearned.verdict, done.audit
    return {
        "seed": seed,
        "gate": verdict.outcome.value,
        "failed": deciding(verdict, Outcome.FAIL),
        "cannot_tell": deciding(verdict, Outcome.CANNOT_TELL),
        "forget": len(done.manifest.forget_set.record_ids),
        "retain": done.manifest.retain_count,
        "passes": len(done.manifest.passes),
        "state": done.manifest.passes[-1].state,
        "after": audit.value(EM, Split.FORGET, ModelRole.UNLEARNED),
        "retrained": audit.value(EM, Split.FORGET, ModelRole.REFERENCE),
        "aim": audit.value(EM, Split.HOLDOUT, ModelRole.ORIGINAL),
        "gate_level": audit.value(EM, Split.HOLDOUT, ModelRole.UNLEARNED),
        "retain_before": audit.value(EM, Split.RETAIN, ModelRole.ORIGINAL),
        "retain_after": audit.value(EM, Split.RETAIN, ModelRole.UNLEARNED),
    }


def deciding(verdict: Verdict, outcome: Outcome) -> list[str]:
    """The rules that decide and came out so."""
    checks = (one for one in verdict.checks if one.severity == "fail")
    return [one.rule for one in checks if one.outcome is outcome]


def row(one: dict[str, Any]) -> str:
    """One line of the table."""
    names = ("after", "retrained", "aim", "gate_level", "retain_before", "retain_after")
    figures = [f"{one[name]:.3f}" if name in one else "-" for name in names]
    rules = [", ".join(one.get(name, [])) or "-" for name in ("failed", "cannot_tell")]
    cells = [str(one["seed"]), one["gate"], *rules, *figures]
    return "| " + " | ".join([*cells, one.get("state", "-")]) + " |"


def markdown(found: list[dict[str, Any]]) -> str:
    """All seeds, and how many passed."""
    head = (
        "| seed | gate | failed by | cannot tell | forget after | forget retrained "
        "| holdout before (aim) | holdout after (gate) "
        "| retain before | retain after | last state |"
    )
    counts = Counter(one["gate"] for one in found)
    lines = [head, "|---" * 11 + "|", *map(row, found)]
    return "\n".join([*lines, "", f"Of {len(found)}: {dict(counts)}."])


if __name__ == "__main__":
    main()
