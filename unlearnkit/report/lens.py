"""The logit lens as curves: how much of the true values each layer holds, from first to last."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from unlearnkit.counted import noun
from unlearnkit.domain import LensDepths, ModelRole, Split
from unlearnkit.report.plots import TICKS, Scale, mark, svg, text

SERIES = (
    ("before", Split.FORGET, ModelRole.ORIGINAL, "records to forget, before"),
    ("after", Split.FORGET, ModelRole.UNLEARNED, "records to forget, after"),
    ("reference", Split.FORGET, ModelRole.REFERENCE, "records to forget, retrained reference"),
    ("unseen", Split.HOLDOUT, ModelRole.UNLEARNED, "never-seen records, after"),
)
"""A curve's kind (mark and CSS class), whose it is, and that in words."""
LEFT, RIGHT, TOP, BOTTOM = 34.0, 404.0, 12.0, 160.0


def lens_plot(depths: Sequence[LensDepths]) -> Markup | None:
    """The share of the values' tokens among ten, layer by layer; nothing where none was read."""
    found = {(one.split, one.model): one for one in depths}
    shown = [
        (kind, found[split, model], words)
        for kind, split, model, words in SERIES
        if (split, model) in found
    ]
    if not shown:
        return None
    up = Scale(BOTTOM, TOP)
    parts = [
        f'<path class="grid" d="M{LEFT} {up(tick)}H{RIGHT}"/>'
        + text(LEFT - 8, up(tick) + 4, f"{tick:g}", "row")
        for tick in TICKS
    ]
    parts.append(text(LEFT, BOTTOM + 16, "first layer", "tick-left"))
    parts.append(text(RIGHT, BOTTOM + 16, "last: what it says", "row"))
    for kind, one, _ in shown:
        spots = [(_across(at, len(one.ten)), up(share)) for at, share in enumerate(one.ten)]
        track = " ".join(f"{x},{y}" for x, y in spots)
        parts.append(f'<polyline class="l-{kind}" points="{track}"/>')
        parts += [mark(kind, x, y) for x, y in spots]
    told = "; ".join(
        f"{words}: " + ", ".join(f"{share:.2f}" for share in one.ten) for _, one, words in shown
    )
    title = "How much of the true values the layers hold"
    return svg("lens", title, told, (RIGHT + 16, BOTTOM + 28), "".join(parts))


def _across(at: int, layers: int) -> float:
    """The pixel of a layer; a single one stands at the end."""
    return Scale(LEFT, RIGHT)(at / (layers - 1) if layers > 1 else 1.0)


def lens_cost(depths: Sequence[LensDepths]) -> str:
    """What reading the layers took, of all models together."""
    passes, tokens = sum(one.n for one in depths), sum(one.tokens for one in depths)
    return (
        f"{passes:,} forward {noun(passes, 'pass', 'passes')}, for {tokens:,} "
        f"{noun(tokens, 'token')} of values, each one of all layers."
    )
