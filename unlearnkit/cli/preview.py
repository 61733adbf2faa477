"""What `unlearn --dry-run` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from unlearnkit.cli.left_out import say_left_out
from unlearnkit.cli.terminal import as_read, opened, out, print_json, table

if TYPE_CHECKING:
    from unlearnkit.pipeline.preview import Preview, Shown

OPENS, CLOSES = "⟦", "⟧"
"""Round the tokens with a loss, for terminals and eyes without colours."""


def show_dry_run(
    model: Path,
    holdout: Sequence[Path],
    show: int,
    workspace: Path,
    *,
    from_older: bool,
    as_json: bool,
) -> None:
    """Print which tokens a run would put its loss on; the main process only."""
    from unlearnkit.pipeline.context import is_main_process
    from unlearnkit.pipeline.preview import preview

    if not is_main_process():
        return
    with opened(workspace, alone=False) as context:
        say_left_out(context)
        found = preview(context, model, holdout, show, from_older=from_older)
    if as_json:
        print_json(found)
    else:
        show_preview(found)


def show_preview(found: Preview) -> None:
    """The first forget records, what is learned marked, and all sets in figures."""
    if found.shown:
        legend = Text.assemble(
            "With loss: ", (f"{OPENS}green{CLOSES}", "green"), ", context: ", ("dim", "dim")
        )
        legend.append(", special tokens bold, identifiers █")
        out.print(legend, soft_wrap=True)
    for one in found.shown:
        out.rule(Text(f"record {as_read(one.record_id)}"), align="left")
        out.print(marked(one), soft_wrap=True)
    rows = [
        [one.split.value, *(f"{n:,}" for n in (one.records, one.tokens, one.learned, one.cut))]
        for one in found.counts
    ]
    columns = ["Set", "Records", "Tokens", "With loss", "Cut at max_length"]
    out.print(table("What the model would be trained on", columns, rows, numbers=4))
    out.print("Dry run: nothing was trained or written.")


def marked(shown: Shown) -> Text:
    """The record's tokens, those with a loss green between ⟦ and ⟧."""
    text = Text()
    inside = False
    for run in shown.runs:
        if run.learned != inside:
            text.append(OPENS if run.learned else CLOSES, "green")
            inside = run.learned
        colour = "green" if run.learned else "dim"
        text.append(as_read(run.text), f"bold {colour}" if run.special else colour)
    if inside:
        text.append(CLOSES, "green")
    if shown.cut:
        text.append(" ... cut at max_length", "yellow")
    return text
