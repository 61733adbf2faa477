"""RKLU against its peers: `python benchmarks/tofu.py --objectives all --seeds 3 --out DIR`.

For each slice and seed one model is trained, and a second one without those who ask: the retrained
reference. Every contender starts at the same model and goes through the product's engine, in a
process of its own. A finished run is kept under DIR, so the same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from one_run import finish, job_on
from peers_figures import Figures, distances, figures, fronts, ranked, spread
from peers_settings import OURS, OURS_SEARCHED, as_plain, chosen_names, contenders
from peers_tables import markdown
from tofu_slices import RESULTS, Slice, prepare, slice_of

from unlearnkit.artefacts import write_atomic
from unlearnkit.unlearning.settings import Settings

ROLES = {"original": "model", "retrained": "retrained"}


def compare(chosen: argparse.Namespace) -> None:
    """Run everything that is not finished, print the tables, keep the figures."""
    settings = contenders(
        chosen_names(chosen.objectives), chosen.search or RESULTS / "peers_search.json"
    )
    out = chosen.out or Path(tempfile.mkdtemp(prefix="unlearnkit-peers-"))
    found = {
        "seeds": list(range(chosen.seeds)),
        "settings": {name: one.recorded() for name, one in settings.items()},
        "slices": {
            name: on_slice(slice_of(name, chosen.data), out, settings, chosen)
            for name in chosen.slices
        },
    }
    part = chosen.smoke or chosen.objectives != "all" or len(chosen.slices) == 1
    file = chosen.results or (out if part else RESULTS) / "peers.json"
    write_atomic(file, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def on_slice(
    one: Slice, out: Path, settings: Mapping[str, Settings], chosen: argparse.Namespace
) -> dict[str, Any]:
    """Every contender on every seed, then means, fronts and ranks."""
    by_seed = {}
    for seed in range(chosen.seeds):
        place = out / f"{one.name}-{seed}"
        prepare(one, seed, place, chosen.smoke)
        plans: dict[str, tuple[str, dict[str, Any] | None]] = {
            role: (folder, None) for role, folder in ROLES.items()
        }
        plans |= {
            name: ("model", as_plain(given, seed, chosen.smoke)) for name, given in settings.items()
        }
        by_seed[seed] = {
            name: finish(job_on(one, chosen.data, place / folder, plain), place / "runs", name)
            for name, (folder, plain) in plans.items()
        }
    return summary(by_seed, list(settings), one)


def summary(
    by_seed: Mapping[int, Mapping[str, dict[str, Any]]], names: Sequence[str], one: Slice
) -> dict[str, Any]:
    """What is stored of a slice."""
    columns = {
        name: {
            seed: figures(runs[name], runs["retrained"])
            for seed, runs in by_seed.items()
            if not runs[name]["failed"]
        }
        for name in [*ROLES, *names]
    }
    points = {
        name: meaned(
            [
                distances(own, columns["retrained"][seed], columns["original"][seed])
                for seed, own in columns[name].items()
            ]
        )
        for name in names
        if len(columns[name]) == len(by_seed)
    }
    return {
        "records": {
            "forget": len(one.of(one.forgotten)),
            "retain": len(one.of(one.kept)),
            "holdout": len(one.holdout),
        },
        "size": {"hidden": one.size.hidden, "layers": one.size.layers, "epochs": one.size.epochs},
        "table": {name: spread(some.values()) for name, some in columns.items()},
        "by_seed": columns,
        "ended": {name: ended(name, by_seed) for name in names},
        "distances": points,
        "ranks": ranked(points),
        "pareto": fronts(points, [n for n in (OURS, OURS_SEARCHED) if n in points]),
    }


def meaned(some: Sequence[Figures]) -> Figures:
    """Mean of each figure."""
    return {name: fmean(one[name] for one in some) for name in some[0]}


def ended(name: str, by_seed: Mapping[int, Mapping[str, dict[str, Any]]]) -> dict[int, Any]:
    """How each seed's run ended: refused and why, or its passes, last state and teacher."""
    return {
        seed: {"failed": runs[name]["failed"]}
        if runs[name]["failed"]
        else {
            "passes": len(runs[name]["passes"]),
            "state": runs[name]["passes"][-1]["state"],
            "teacher": runs[name]["teacher"],
            "memory_before": runs[name]["memory_before"],
        }
        for seed, runs in by_seed.items()
    }
