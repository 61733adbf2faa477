"""The search for each objective's settings, on the tuning slice alone, six tries for each.

    python benchmarks/tuning.py --data DIR --out DIR [--jobs 2]

Chosen is what comes nearest to the retrained model: the distances of exact memorization, extraction
strength, probability and truth ratio on forgotten records, plus the loss of exact memorization and
utility on retained ones. One seed. All tries are in results/peers_search.json.
"""

from __future__ import annotations

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

from one_run import Job, finish, job_on
from peers_figures import FORGET, distances, figures, total
from peers_settings import SEARCHED, as_plain, candidates, chosen_names
from tofu_slices import RESULTS, prepare, slice_of

from unlearnkit.artefacts import write_atomic
from unlearnkit.unlearning.settings import ObjectiveName

SEEDS = (10,)
KEPT = (*FORGET, "retain_exact_memorization", "utility", "forget_quality", "seconds")

Planned = tuple[str, int, Job]
"""A name, a seed, and what to do."""
FAILED = 1e9
"""The total of what was refused on a seed."""


def main() -> None:
    """Parse, try, choose, keep everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--out", type=Path, required=True, help="kept and gone on with")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--objectives", default="all")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side, sharing the cores")
    parser.add_argument("--smoke", action="store_true", help="tiny: only to see that it works")
    chosen = parser.parse_args()
    names = chosen_names(chosen.objectives)
    found = search(names, chosen.data, chosen.out, chosen.jobs, chosen.smoke)
    ours = chosen.out if chosen.smoke or chosen.objectives != "all" else RESULTS
    file = chosen.results or ours / "peers_search.json"
    write_atomic(file, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def search(
    names: list[ObjectiveName], data: Path, out: Path, jobs: int, smoke: bool
) -> dict[str, Any]:
    """Every try of every objective on every seed; the best of each."""
    one = slice_of("tuning", data)
    for seed in SEEDS:
        prepare(one, seed, out / f"tuning-{seed}", smoke)

    def job_of(seed: int, role: str, settings: dict[str, Any] | None) -> Job:
        return job_on(one, data, out / f"tuning-{seed}" / role, settings)

    plan: list[Planned] = [
        (label(name, at), seed, job_of(seed, "model", as_plain(settings, seed, smoke)))
        for name in names
        for at, settings in enumerate(candidates(name)[: 1 if smoke else None])
        for seed in SEEDS
    ]
    plan += [
        (role, seed, job_of(seed, role, None)) for role in ("model", "retrained") for seed in SEEDS
    ]
    results = finished(plan, out, jobs)
    runs = {(name, seed): one for (name, seed, _), one in zip(plan, results, strict=True)}
    tried = [
        judged(name, at, runs)
        for name in names
        for at in range(1 if smoke else len(SEARCHED[name]))
    ]
    best = {
        name.value: min((t for t in tried if t["objective"] == name), key=lambda t: t["total"])
        for name in names
    }
    return {
        "seeds": SEEDS,
        "chosen": {name: one["settings"] for name, one in best.items() if one["total"] < FAILED},
        "tried": tried,
    }


def finished(plan: list[Planned], out: Path, jobs: int) -> list[dict[str, Any]]:
    """All results, in the plan's order; nothing new is begun after a process that died."""
    threads = max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else 0

    def one(planned: Planned) -> dict[str, Any]:
        name, seed, job = planned
        return finish(job, out / f"tuning-{seed}" / "runs", name, threads)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(one, plan))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def label(name: ObjectiveName, at: int) -> str:
    """A try's name."""
    return f"{name}, try {at + 1}"


def judged(
    name: ObjectiveName, at: int, runs: dict[tuple[str, int], dict[str, Any]]
) -> dict[str, Any]:
    """A try's total over the seeds, and what it is made of."""
    totals, seeds = [], {}
    for seed in SEEDS:
        run, reference = runs[label(name, at), seed], runs["retrained", seed]
        if run["failed"]:
            totals.append(FAILED)
            seeds[str(seed)] = {"failed": run["failed"]}
            continue
        own, retrained = figures(run, reference), figures(reference, reference)
        original = figures(runs["model", seed], reference)
        totals.append(total(distances(own, retrained, original)))
        seeds[str(seed)] = {key: own[key] for key in KEPT} | {
            "total": totals[-1],
            "passes": len(run["passes"]),
            "state": run["passes"][-1]["state"],
        }
    return {
        "objective": name.value,
        "settings": SEARCHED[name][at],
        "total": fmean(totals) if FAILED not in totals else FAILED,
        "by_seed": seeds,
    }


def markdown(found: dict[str, Any]) -> str:
    """Every try; the chosen ones in bold."""
    lines = ["| objective | settings | total | by seed: passes, state |", "|---|---|---|---|"]
    for one in found["tried"]:
        named = ", ".join(f"{key} {value:g}" for key, value in one["settings"].items())
        chosen = found["chosen"].get(one["objective"]) == one["settings"]
        sums = f"{one['total']:.3f}" if one["total"] < FAILED else "refused"
        states = "; ".join(
            "refused" if "failed" in s else f"{s['passes']}, {s['state']}"
            for s in one["by_seed"].values()
        )
        cell = f"**{sums}**" if chosen else sums
        lines.append(f"| {one['objective']} | {named} | {cell} | {states} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
