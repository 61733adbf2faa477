"""Twenty requests, one after another, on one model: whether what is forgotten stays forgotten.

    python benchmarks/sequential.py --data DIR --out DIR [--seed 0] [--terms kl,own]

A model is trained on the 40 authors of the slice 40-4. Authors 16 to 35 ask one by one; each run
starts at the model the run before it wrote, and holds on to everything not yet forgotten. Records
forgotten earlier are in neither set. After each batch everybody forgotten so far is measured, the
20 authors who never ask, and four who were never seen. All twenty run once with KL to the
model a run starts at as the retain term, each run's losses counted from its own start, and once
as the product does it: KL in the first run, cross-entropy in those after it, losses counted from
the first model. Finished batches are kept under --out.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from one_run import Job, finish
from peers_figures import mean, rows, utility
from peers_settings import OUR_RATE, as_plain
from tofu_slices import RESULTS, Slice, prepare, slice_of

from unlearnkit.artefacts import write_atomic
from unlearnkit.language_model.recall import Level, Recall, level
from unlearnkit.unlearning.objectives import suited_to
from unlearnkit.unlearning.settings import RetainTerm, Settings

ASKING = tuple(range(16, 36))
"""They have no perturbed answers; those who stay have, and utility needs them."""
BANDS = (0.05, 0.10)
"""The run's tolerance, and the default policy's distance."""


def main() -> None:
    """Parse, run what is not finished, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--out", type=Path, required=True, help="kept and gone on with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--terms", default="kl,own", help="retain terms, with commas between them")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--smoke", action="store_true", help="tiny: only to see that it works")
    chosen = parser.parse_args()
    terms = [RetainTerm(term) for term in chosen.terms.split(",")]
    found = {str(term): run(slice_of("40-4", chosen.data), term, chosen) for term in terms}
    file = chosen.results or (chosen.out if chosen.smoke else RESULTS) / "sequential.json"
    write_atomic(file, (json.dumps(found, indent=2) + "\n").encode())
    for term, one in found.items():
        print(f"\nRetain term: {term}\n\n{markdown(one)}")


def run(one: Slice, term: RetainTerm, chosen: argparse.Namespace) -> dict[str, Any]:
    """The start, and every batch on top of the one before."""
    place = chosen.out / f"sequential-{chosen.seed}"
    prepare(one, chosen.seed, place, chosen.smoke, retrained=False)
    asking = ASKING[:2] if chosen.smoke else ASKING
    stay = [author for author in range(len(one.trained)) if author not in asking]
    settings = Settings(learning_rate=OUR_RATE, retain_term=term)
    start, batches = place / "model", []
    model, lineage = start, None
    for turn in range(len(asking) + 1):
        out = place / f"{term}-{turn:02d}"
        job = Job(
            data=str(chosen.data.resolve()),
            slice=one.name,
            model=str(model.resolve()),
            settings=as_plain(suited_to(settings, turn > 1), chosen.seed, chosen.smoke)
            if turn
            else None,
            forget=list(asking[turn - 1 : turn]) if turn else [],
            retain=[*stay, *asking[turn:]],
            watched=list(asking[:turn]) or list(asking[:1]),
            kept=stay,
            out=str(out.resolve()) if turn else "",
            lineage=lineage,
        )
        done = finish(job, place / "runs", f"{term}-{turn:02d}")
        batches.append(batch(turn, asking, done))
        if turn and not done["failed"]:
            before, model = model, out
            # As the product does it, where no retain term is chosen.
            lineage = done["lineage"] if term is RetainTerm.OWN else None
            if before != start:
                shutil.rmtree(before, ignore_errors=True)
    return {
        "seed": chosen.seed,
        "settings": settings.recorded(),
        "batches": with_refused(batches),
        "summary": summed(with_refused(batches), settings),
    }


def batch(turn: int, asking: Sequence[int], done: Mapping[str, Any]) -> dict[str, Any]:
    """A batch's figures: each forgotten author, those who stay, those never seen."""
    if done["failed"]:
        return {"batch": turn, "failed": done["failed"]}
    forget, stay = rows(done, "forget"), rows(done, "retain")
    unseen = level_of(rows(done, "holdout"))
    authors = {
        author: level_of([r for r in forget if int(r["record_id"].split("-")[0]) == author])
        for author in asking[:turn]
    }
    return {
        "batch": turn,
        "failed": None,
        "state": done["passes"][-1]["state"] if turn else "-",
        "passes": len(done["passes"]) if turn else 0,
        "seconds": done.get("seconds", 0.0),
        "memory": done.get("memory", 0.0),
        "holdout": asdict(unseen),
        "retain_exact_memorization": mean(stay, "exact_memorization"),
        "retain_extraction_strength": mean(stay, "extraction_strength"),
        "utility": utility(stay, done["rouge"]),
        "forgotten": {
            author: asdict(one) | {"distance": one.distance(unseen), "above": one.above(unseen)}
            for author, one in authors.items()
        },
    }


def level_of(some: Sequence[Mapping[str, Any]]) -> Level:
    """The records' level, with their token loss."""
    return level(
        [Recall(r["exact_memorization"], r["extraction_strength"], r["probability"]) for r in some]
    )


def with_refused(batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Batches with who of those forgotten so far had been refused: they were not forgotten."""
    refused = [ASKING[one["batch"] - 1] for one in batches if one["failed"]]
    return [
        one | {"refused": [a for a in refused if a in ASKING[: one["batch"]]]} for one in batches
    ]


def earlier(one: Mapping[str, Any]) -> dict[int, dict[str, float]]:
    """Those forgotten by batches before this one."""
    last, refused = ASKING[one["batch"] - 1], one["refused"]
    forgotten = {int(a): f for a, f in one["forgotten"].items()}  # JSON's keys are texts
    return {a: f for a, f in forgotten.items() if a != last and a not in refused}


def inside(figures: Mapping[int, Mapping[str, float]], band: float, key: str) -> float | None:
    """The share of these authors whose level is no further from the never-seen level."""
    return fmean(one[key] <= band for one in figures.values()) if figures else None


def summed(batches: Sequence[Mapping[str, Any]], settings: Settings) -> dict[str, Any]:
    """Kept forgotten? And what was lost, against what one run may lose, and all together."""
    done = [one for one in batches if not one["failed"]]
    start, last, count = done[0], done[-1], len(done) - 1
    lost = {
        name: start[name] - last[name]
        for name in ("utility", "retain_exact_memorization", "retain_extraction_strength")
    }
    first = {name: start[name] - done[1][name] for name in lost} if count else {}
    seen = [figure for one in done[1:] for figure in earlier(one).values()]
    return {
        "batches": count,
        "refused": [one["batch"] for one in batches if one["failed"]],
        "lost": lost,
        "lost_by_the_first": first,
        "allowed": {
            "retain_exact_memorization": settings.retain_tolerance,
            "retain_extraction_strength": settings.retain_strength_tolerance,
        },
        "earlier_inside": {
            str(band): inside(dict(enumerate(seen)), band, "distance") for band in BANDS
        },
        "earlier_not_above": {
            str(band): inside(dict(enumerate(seen)), band, "above") for band in BANDS
        },
        "furthest_above": max((one["above"] for one in seen), default=None),
        "highest_extraction_strength": max((f["extraction_strength"] for f in seen), default=None),
    }


def markdown(found: Mapping[str, Any]) -> str:
    """A row for each batch, then the sums."""
    heads = (
        "batch | state | passes | earlier: EM | ES | probability | within 0.05 | within 0.10 "
        "| never seen: EM | ES | probability | who stay: EM | ES | utility | seconds"
    )
    lines = [f"| {heads} |", "|---" * 15 + "|", *map(row, found["batches"])]
    total = found["summary"]
    lost, first = total["lost"], total["lost_by_the_first"]
    lines += [
        "",
        f"Lost after {total['batches']} batches, and by the first: "
        + "; ".join(
            f"{name.replace('_', ' ')} {lost[name]:.3f}, {first.get(name, 0.0):.3f}"
            for name in lost
        )
        + f". May be lost of the last two: {', '.join(map(str, total['allowed'].values()))}. "
        f"Refused: {len(total['refused'])}.",
    ]
    if total["furthest_above"] is not None:
        shares = ", ".join(f"{v:.0%} within {b}" for b, v in total["earlier_inside"].items())
        above = ", ".join(f"{v:.0%} by {b}" for b, v in total["earlier_not_above"].items())
        lines.append(
            f"Earlier authors, over all batches, against the never-seen level: {shares}; not above "
            f"it: {above}; the furthest above by {total['furthest_above']:.3f}."
        )
    return "\n".join(lines)


def row(one: Mapping[str, Any]) -> str:
    """A batch's line."""
    if one["failed"]:
        return f"| {one['batch']} | refused: {one['failed']} |" + " - |" * 13
    before = earlier(one) if one["batch"] else {}
    names = ("exact_memorization", "extraction_strength", "probability")
    forgotten = [fmean(f[name] for f in before.values()) if before else None for name in names]
    shares = [inside(before, band, "distance") for band in BANDS]
    kept = [one[f"retain_{name}"] for name in names[:2]] + [one["utility"]]
    cells = [*forgotten, *shares, *(one["holdout"][name] for name in names), *kept]
    texts = ["-" if value is None else f"{value:.3f}" for value in cells]
    start = [str(one["batch"]), one["state"], str(one["passes"])]
    return "| " + " | ".join([*start, *texts, f"{one['seconds']:.0f}"]) + " |"


if __name__ == "__main__":
    main()
