"""unlearnkit ledger verify | export | accept."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    out,
    print_json,
)
from unlearnkit.counted import counted

app = typer.Typer(help="The ledger: verify, export, accept.", no_args_is_help=True)


@command(app, "verify", "unlearnkit ledger verify")
def verify(
    key: Annotated[
        Path | None,
        typer.Option(help="The public key it has to be signed with, instead of the workspace's."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Check too that it goes on from where it stood for this report."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Check that no event was changed, removed, reordered or cut off.

    The events hold each other by hashes; a signed checkpoint beside the ledger says how many there
    were and how they ended. Exit code 4 when anything does not hold.
    """
    from unlearnkit.pipeline.ledger import as_it_stands, holds_report, verify_ledger

    with as_it_stands(workspace) as context:
        found = verify_ledger(context.workspace, context.ledger, key)
        reported = holds_report(context.workspace, context.ledger, report, key) if report else None
    if as_json:
        print_json(
            {
                "size": found.head.size,
                "head": found.head.hash,
                "checkpoint": found.checkpoint,
                "report": asdict(reported) if reported else None,
                "accepted": [
                    {"seq": one.seq, "time": one.time, "actor": one.actor} | one.payload
                    for one in found.accepted
                ],
            }
        )
        return
    signed = found.checkpoint
    out.print(f"The ledger holds: {counted(found.head.size, 'event')}", highlight=False)
    out.print(f"Head    {found.head.hash}", highlight=False, soft_wrap=True)
    out.print(
        f"Signed  {counted(signed.size, 'event')}, {signed.time:%Y-%m-%d %H:%M} UTC",
        highlight=False,
    )
    if reported:
        out.print(f"Report  {counted(reported.size, 'event')}, all still there", highlight=False)
    for one in found.accepted:
        out.print(
            f"Event {one.seq}: {one.actor} accepted a restored ledger: {one.payload['reason']}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


@command(app, "export", "unlearnkit ledger export --out ledger.jsonl")
def export(
    to: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Instead of standard output.")
    ] = None,
    workspace: WorkspaceOption = HERE,
) -> None:
    """Write every event as a line of JSON, to be checked without unlearnkit (docs/verify.md)."""
    from unlearnkit.artefacts import write_atomic
    from unlearnkit.pipeline.ledger import as_it_stands, export_ledger
    from unlearnkit.pipeline.outputs import not_own

    with as_it_stands(workspace) as context:
        target = not_own(workspace, to) if to else None
        lines = export_ledger(context.ledger)
    if target is None:
        sys.stdout.write(lines.decode())
    else:
        write_atomic(target, lines)


@command(app, "accept", "unlearnkit ledger accept --reason 'backup of 2 May put back after a fire'")
def accept(
    reason: Annotated[str, typer.Option(help="Why, without naming the person. It is kept.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Go on with a ledger that you have restored from a backup.

    It is signed as it stands, and who accepted it, why, and what was found wrong become an event
    that nobody can take out unseen. Events that do not hold each other cannot be accepted.
    """
    from unlearnkit.pipeline.ledger import accept as take_over
    from unlearnkit.workspace import Workspace, who

    event = take_over(Workspace.open(workspace), who(), reason)
    if as_json:
        print_json({"seq": event.seq, "time": event.time} | event.payload)
        return
    out.print(f"Accepted, as event {event.seq} of the ledger", highlight=False)
