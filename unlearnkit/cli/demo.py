"""unlearnkit demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unlearnkit.cli.figures import show_audit, show_run
from unlearnkit.cli.terminal import (
    JsonOption,
    command,
    err,
    out,
    print_json,
    shown_progress,
    table,
)
from unlearnkit.counted import counted
from unlearnkit.domain import Outcome, Verdict

if TYPE_CHECKING:
    from unlearnkit.demo.run import Demo


def register(app: typer.Typer) -> None:
    """Put `demo` on the command line."""
    command(app, "demo", "unlearnkit demo --out demo")(demo)


def demo(
    to: Annotated[Path, typer.Option("--out", help="Folder for everything it makes.")] = Path(
        "unlearnkit-demo"
    ),
    seed: Annotated[int, typer.Option(help="Seed of the made-up company and its model.")] = 0,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="Ten customers: shows that all runs, not how well it forgets."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the whole line on a made-up company: some minutes, no network, no GPU."""
    from unlearnkit.demo.run import FAST, FULL, run_demo

    def say(line: str) -> None:
        err.print(f"[bold]{line}[/]")

    with shown_progress() as progress:
        done = run_demo(FAST if fast else FULL, to, seed, say, progress)
    if as_json:
        print_json(summary(done, seed))
        return
    show_locate(done)
    show_run(done.manifest)
    show_audit(done.audit)
    for name, gated in (
        ("the original model", done.gated_original),
        ("the unlearned model", done.gated_unlearned),
    ):
        verdict = gated.verdict
        out.print(f"Gate on {name}: {verdict.outcome.value} (exit code {verdict.exit_code})")
    for line in warnings(done.gated_unlearned.verdict):
        out.print(f"  [yellow]{line}[/]", highlight=False, soft_wrap=True)
    held = counted(len(done.verification.claims), "claim holds", "claims hold")
    out.print(f"The signed report was verified: {held}.")
    if fast:
        out.print("Ten customers show that all runs. How well it forgets: without --fast.")
    out.print("Open next:")
    for path, what in (
        ("report/report.html", "the report, in a browser"),
        ("report/letters/", "a draft letter for each person"),
        ("company/records.jsonl", "what the model was trained on"),
        ("workspace/unlearnkit.yaml", "every setting, explained"),
    ):
        out.print(f"  {done.folder / path}  {what}", highlight=False, soft_wrap=True)
    out.print(
        f"Then: unlearnkit request list --workspace {done.folder / 'workspace'}",
        highlight=False,
        soft_wrap=True,
    )


def warnings(verdict: Verdict) -> list[str]:
    """What does not decide and does not hold either: a pass must not hide it."""
    return [
        f"warning: {one.rule}: {one.outcome.value.replace('_', ' ')}; {one.bound}"
        for one in verdict.checks
        if one.severity == "warn" and one.outcome in (Outcome.FAIL, Outcome.CANNOT_TELL)
    ]


def show_locate(done: Demo) -> None:
    """How well each person's records were found, before and after review."""
    rows = [
        [
            one.request_id[:8],
            str(before.certain),
            str(before.wrongly_certain),
            str(before.uncertain),
            percent(after.precision),
            percent(after.recall),
        ]
        for one, before, after in zip(
            done.located, done.before_review, done.after_review, strict=True
        )
    ]
    columns = ["Request", "Certain", "of them wrong", "Reviewed", "Precision", "Recall"]
    out.print(table("Finding the records, against the truth", columns, rows, numbers=5))


def percent(share: float | None) -> str:
    """A share as a percentage; a dash where there is none."""
    return "-" if share is None else f"{100 * share:.1f} %"


def summary(done: Demo, seed: int) -> dict[str, Any]:
    """Every figure of the demo, for machines."""
    return {
        "seed": seed,
        "run": done.manifest.run_id,
        "locate": [
            {
                "certain": before.certain,
                "wrongly_certain": before.wrongly_certain,
                "uncertain": before.uncertain,
                "precision": after.precision,
                "recall": after.recall,
            }
            for before, after in zip(done.before_review, done.after_review, strict=True)
        ],
        "measurements": list(done.audit.measurements),
        "passes": list(done.manifest.passes),
        "gate_original": done.gated_original.verdict.outcome,
        "gate_unlearned": done.gated_unlearned.verdict.outcome,
        "report": done.reported.folder,
    }
