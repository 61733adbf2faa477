"""The comparison's figures as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peers_figures import COLUMNS

HEADS = {
    "forget_quality": "forget quality",
    "exact_memorization": "EM",
    "extraction_strength": "ES",
    "probability": "probability",
    "truth_ratio": "truth ratio",
    "retain_exact_memorization": "retain EM",
    "retain_extraction_strength": "retain ES",
    "utility": "utility",
    "seconds": "seconds",
    "memory": "peak MB",
}
NOTE = """\
*published*: the papers' hyperparameters, 10 passes without stop rule, 32 forget records and as
many retained ones a step; AdamW's learning rate is the small model's own, 1e-3 for everybody,
since the papers' 1e-5 (UNDIAL: 1e-4) is meant for billions of weights; no warm-up, no weight
decay. *rklu, published* and *forward-kl, published*: strengthened for 10 epochs, alpha 8, neither
floor nor depths; where a text ends the teacher is the original in all rows. *searched*: the best
of six settings tried for each objective on another slice, under the product's stop rule and 40
passes at most. *ours*: the product's defaults and the demo's learning rate, 3e-4; chosen on that
other slice too, in many more tries than six. *ours searched*: the same with what the search found
for it. EM: exact memorization; ES: extraction strength; utility: of retained records alone, for a
model trained from scratch knows no real authors and no world facts. Mean over seeds, least and
most in brackets. Peak memory is the whole process's, Python and its libraries included."""


def markdown(found: Mapping[str, Any]) -> str:
    """A table for each slice, who is on the fronts, and what the rows mean."""
    parts = []
    for name, one in found["slices"].items():
        records = one["records"]
        parts += [
            f"### {name.replace('-', ' authors, ')} forgotten, {len(found['seeds'])} seeds",
            f"{records['forget']} records forgotten, {records['retain']} retained; the model is "
            f"{one['size']['hidden']} wide.",
            table(one),
            statement(one),
            pareto(one),
        ]
    return "\n\n".join([*parts, NOTE])


def table(one: Mapping[str, Any]) -> str:
    """A row for each contender."""
    heads = ["contender", *(HEADS[name] for name in COLUMNS), "passes", "last state"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    alone = len(one["by_seed"]["retrained"]) == 1
    for name, columns in one["table"].items():
        cells = [cell(columns.get(column), column, alone) for column in COLUMNS]
        lines.append("| " + " | ".join([name, *cells, *ends(one["ended"].get(name))]) + " |")
    return "\n".join(lines)


def cell(figure: Mapping[str, float] | None, column: str, alone: bool) -> str:
    """Mean, and least and most; of a seed that is alone its figure."""
    if figure is None:
        return "-"
    whole = column in ("seconds", "memory")

    def text(value: float) -> str:
        if whole:
            return f"{value:.0f}"
        return f"{value:.3f}" if value == 0 or value >= 0.0005 else f"{value:.0e}"

    if alone:
        return text(figure["mean"])
    return f"{text(figure['mean'])} ({text(figure['low'])}-{text(figure['high'])})"


def ends(ended: Mapping[Any, Any] | None) -> list[str]:
    """Passes and last states, seed by seed."""
    if ended is None:
        return ["-", "-"]
    passes = [str(one.get("passes", "-")) for one in ended.values()]
    states = [f"refused: {o['failed']}" if "failed" in o else o["state"] for o in ended.values()]
    return [", ".join(passes), "; ".join(dict.fromkeys(states))]


def statement(one: Mapping[str, Any]) -> str:
    """On how many fronts ours are, and their place in the sum of six distances and losses."""
    lines = []
    for name in dict.fromkeys(row["contender"] for row in one["pareto"]):
        rows = [row for row in one["pareto"] if row["contender"] == name]
        on = sum(row["on_front"] for row in rows)
        place = [other for other, _ in one["ranks"]].index(name) + 1
        lines.append(
            f"**{name}** is on the Pareto front in {on} of {len(rows)} pairs of a forget and a "
            f"retain figure; in the sum it is number {place} of {len(one['ranks'])}."
        )
    left = [name for name in one["ended"] if name not in one["distances"]]
    if left:
        lines.append(f"Not ranked, refused on a seed: {', '.join(left)}.")
    order = ", ".join(f"{name} {value:.3f}" for name, value in one["ranks"])
    of = "the four distances to the retrained model and what retain EM and utility lose"
    return "\n".join([*lines, "", f"The sums of {of}, the best first: {order}."])


def pareto(one: Mapping[str, Any]) -> str:
    """Pair by pair."""
    heads = "| contender | forget | retain | distance | loss | on the front | rank | better |"
    lines = [heads, "|---" * 8 + "|"]
    for row in one["pareto"]:
        better = ", ".join(row["dominated_by"]) or "-"
        lines.append(
            f"| {row['contender']} | {HEADS[row['forget']]} | {HEADS[row['retain']]} | "
            f"{row['distance']:.3f} | {row['loss']:.3f} | {'yes' if row['on_front'] else 'no'} | "
            f"{row['rank']} of {row['of']} | {better} |"
        )
    return "\n".join(lines)
