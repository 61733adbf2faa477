"""The decoy test's plot: where true values stand among their decoys, model by model."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from unlearnkit.domain import ModelRole, Split
from unlearnkit.report.decoys import BINS, DecoyPlaces
from unlearnkit.report.plots import svg

PANELS = (
    (ModelRole.ORIGINAL, "before", "Before"),
    (ModelRole.UNLEARNED, "after", "After"),
    (ModelRole.REFERENCE, "reference", "Retrained"),
)
WIDE, HIGH, GAP, TOP = 200, 120, 32, 26


def decoys_plot(places: Sequence[DecoyPlaces], *, given: bool) -> Markup | None:
    """Bars for forgotten values, lines for never-seen ones, a panel for each model; or nothing.

    Without a `given` holdout no lines: its values are of the decoys' kind, and no level to reach.
    """
    found = {
        (one.split, one.model): one.shares
        for one in places
        if given or one.split is not Split.HOLDOUT
    }
    shown = [one for one in PANELS if (Split.FORGET, one[0]) in found]
    if not shown:
        return None
    highest = max(share for shares in found.values() for share in shares)
    parts, told = [], []
    for at, (role, kind, label) in enumerate(shown):
        mine, unseen = found[Split.FORGET, role], found.get((Split.HOLDOUT, role), ())
        left = at * (WIDE + GAP)
        parts.append(_panel(left, kind, label, mine=mine, unseen=unseen, highest=highest))
        told.append(
            f"{label}: {mine[0]:.0%} of the forgotten values are likelier than seven eighths of "
            f"their decoys" + (f", {unseen[0]:.0%} of the never-seen" if unseen else "")
        )
    width = len(shown) * (WIDE + GAP) - GAP
    title = "Where true values stand among their decoys"
    return svg("decoys", title, "; ".join(told), (width, TOP + HIGH + 36), "".join(parts))


def _panel(
    left: float,
    kind: str,
    label: str,
    *,
    mine: Sequence[float],
    unseen: Sequence[float],
    highest: float,
) -> str:
    step, bottom = WIDE / BINS, TOP + HIGH

    def up(share: float) -> float:
        return round(bottom - HIGH * share / highest, 1)

    bars = (
        f'<rect class="b-{kind}" x="{left + step * at + 2:g}" y="{up(share)}" '
        f'width="{step - 4:g}" height="{bottom - up(share):.1f}"/>'
        for at, share in enumerate(mine)
    )
    lines = (
        f'<path class="m-unseen" d="M{left + step * at + 1:g} {up(share)}h{step - 2:g}"/>'
        for at, share in enumerate(unseen)
    )
    words = (
        f'<text class="head" x="{left:g}" y="14">{escape(label)}</text>'
        f'<path class="grid" d="M{left:g} {bottom}h{WIDE}"/>'
        f'<text class="tick-left" x="{left:g}" y="{bottom + 16}">first: known</text>'
        f'<text class="row" x="{left + WIDE:g}" y="{bottom + 16}">last: avoided</text>'
    )
    return "".join((words, *bars, *lines))
