"""Whether the gate sees a forgotten model that was merged back with its ancestor.

    unlearnkit demo --out DIR
    python benchmarks/merged.py --demo DIR [--results FILE]

The weights of the demo's unlearned model and of the model it was made from are averaged, with more
and more of the ancestor, as people do who merge models. Each mixture goes through `unlearnkit gate`
twice: with the records there, and with the kept probes alone (`--probes`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from unlearnkit.artefacts import write_atomic

SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)
"""Of the ancestor."""
WEIGHTS = "model.safetensors"


def main() -> None:
    """Merge, gate, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--demo", type=Path, required=True)
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="unlearnkit-merged-") as folder:
        for share in SHARES:
            model = merged(chosen.demo, share, Path(folder) / f"{share:g}")
            found.append({"share": share, **judged(model, chosen.demo / "workspace")})
            print(found[-1], flush=True)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def merged(demo: Path, share: float, out: Path) -> Path:
    """The unlearned model with `share` of the ancestor's weights."""
    shutil.copytree(demo / "unlearned", out)
    forgotten, ancestor = load_file(out / WEIGHTS), load_file(demo / "model" / WEIGHTS)
    mixed = {name: one.lerp(ancestor[name], share) for name, one in forgotten.items()}
    save_file(mixed, out / WEIGHTS, metadata={"format": "pt"})
    return out


def judged(model: Path, workspace: Path) -> dict[str, Any]:
    """What both gates say of it."""
    place = ("--workspace", workspace, "--json")
    full = gate(model, "--attacks", "none", *place)
    probes = gate(model, "--probes", *place)
    values = {one["rule"]: one["observed"] for one in full["checks"]}
    return {
        "gate": full["outcome"],
        "failed": [
            one["rule"]
            for one in full["checks"]
            if one["severity"] == "fail" and one["outcome"] == "fail"
        ],
        "exact_memorization": values["forgotten-like-unseen"],
        "probes": probes["outcome"],
        "said": probes["checks"][0]["observed"],
    }


def gate(*arguments: object) -> dict[str, Any]:
    """The verdict; a gate that could not be evaluated ends the benchmark."""
    command = [sys.executable, "-m", "unlearnkit", "gate", *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    verdict: dict[str, Any] = json.loads(done.stdout)["verdict"]
    return verdict


def markdown(found: list[dict[str, Any]]) -> str:
    """One row a mixture."""
    lines = [
        "| of the ancestor | exact memorization, forgotten | gate | fails by "
        "| gate by probes | erased values said |",
        "|---" * 6 + "|",
    ]
    for one in found:
        cells = [
            f"{one['share']:.0%}",
            f"{one['exact_memorization']:.3f}",
            one["gate"],
            ", ".join(one["failed"]) or "-",
            one["probes"],
            f"{one['said']:.3f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
