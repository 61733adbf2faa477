"""unlearnkit request import | add | list | show | reject."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    now,
    opened,
    out,
    print_json,
    table,
)
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from unlearnkit.domain import Request

app = typer.Typer(help="Deletion requests: import, add, list, show, reject.", no_args_is_help=True)

RequestArgument = Annotated[
    str, typer.Argument(help="The request's id, or its beginning.", metavar="REQUEST")
]


@command(app, "import", "unlearnkit request import erasure.json march.csv")
def import_(
    files: Annotated[list[Path], typer.Argument(help="OpenDSR .json, .jsonl or .csv files.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take in requests from files: all of them or, where one cannot be used, none."""
    from unlearnkit.pipeline.find import import_requests

    with opened(workspace) as context:
        taken = import_requests(context, files)
    if as_json:
        print_json([{"request": request, "added": added} for request, added in taken])
        return
    for request, added in taken:
        _say_taken(request, added)
    out.print("Next: unlearnkit index CORPUS, then unlearnkit locate")


@command(app, "add", "unlearnkit request add --regulation gdpr --customer-id C-104211")
def add(
    regulation: Annotated[str, typer.Option(help="gdpr or ccpa.")] = "gdpr",
    name: Annotated[list[str] | None, typer.Option(help="Full name; may be repeated.")] = None,
    email: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    customer_id: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Add one request. Without options it asks, so that nothing lands in the shell's history."""
    from pydantic import ValidationError

    from unlearnkit.pipeline.find import add_requests
    from unlearnkit.requests.build import build_request
    from unlearnkit.requests.table import parse_row

    cells = {"name": name, "email": email, "phone": phone, "customer_id": customer_id}
    if not any(cells.values()):
        cells = {cell: _asked(cell) for cell in cells}
    row = {"regulation": regulation} | {
        cell: ";".join(given or []) for cell, given in cells.items()
    }
    try:
        submission = parse_row(row)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise BadInput(first["msg"].removeprefix("Value error, ")) from None
    with opened(workspace) as context:
        pair = build_request(
            submission.identifiers,
            submission.regulation,
            context.workspace.pseudonym_key,
            context.now(),
            context.workspace.config.clock,
        )
        [(request, added)] = add_requests(context, [pair])
    if as_json:
        print_json({"request": request, "added": added})
        return
    _say_taken(request, added)


def _asked(cell: str) -> list[str]:
    label = cell.replace("_", " ").capitalize()
    given: str = typer.prompt(f"{label} (empty: none; several with ;)", default="", err=True)
    return [given] if given else []


def _say_taken(request: Request, added: bool) -> None:
    what = "added, due" if added else "already there, nothing changed; due"
    out.print(f"{request.id}  {what} {request.due:%Y-%m-%d}", highlight=False, soft_wrap=True)


@command(app, "list", "unlearnkit request list --state in_review")
def list_(
    state: Annotated[
        str, typer.Option(help="Only received, in_review, ready, unlearned, completed or rejected.")
    ] = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List requests without naming anybody; what is due first comes first."""
    from unlearnkit.domain import RequestState

    if state and state not in list(RequestState):
        raise BadInput(f"there is no state '{state}'", fix=f"States: {', '.join(RequestState)}")
    with opened(workspace, alone=False) as context:
        requests = context.ledger.requests(RequestState(state) if state else None)
    if as_json:
        print_json(list(requests))
        return
    if not requests:
        out.print("No requests. Next: unlearnkit request import FILE")
        return
    rows = [[one.id, one.state.value, f"{one.due:%Y-%m-%d}", _left(one, now())] for one in requests]
    out.print(table("Requests", ["Request", "State", "Due", "Left"], rows, numbers=1))


def _left(request: Request, at: datetime) -> str:
    """Days until it is due, in colour when they are few; a closed request has no clock."""
    if request.state in ("completed", "rejected"):
        return "[dim]closed[/]"
    days = (request.due - at).days
    if days < 0:
        return f"[bold red]{-days} days over[/]"
    return f"[yellow]{days} days[/]" if days <= 7 else f"{days} days"


@command(app, "show", "unlearnkit request show 6a7551aa")
def show(
    request: RequestArgument,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Print the person's identifiers from the vault.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show one request and everything that happened to it."""
    with opened(workspace, alone=False) as context:
        found = context.ledger.request(request)
        events = [one for one in context.ledger.events() if one.request_id == found.id]
        subject = context.ledger.subject(found.id, context.workspace.vault_key) if reveal else None
    identifiers = (
        [(one.kind.value, one.format, one.value) for one in subject.identifiers]
        if (subject)
        else []
    )
    if as_json:
        told = [{"time": e.time, "actor": e.actor, "kind": e.kind} for e in events]
        print_json({"request": found, "events": told, "identifiers": identifiers})
        return
    out.print(f"Request    {found.id}", highlight=False)
    out.print(f"Pseudonym  {found.pseudonym}", highlight=False)
    out.print(f"State      {found.state} {found.reason}".rstrip(), highlight=False, markup=False)
    out.print(f"Under      {found.regulation.upper()}, due {found.due:%Y-%m-%d}", highlight=False)
    for kind, how, value in identifiers:
        out.print(f"{kind} ({how})  {value}", highlight=False, markup=False)
    rows = [[one.time[:16].replace("T", " "), one.kind, one.actor] for one in events]
    out.print(table("What happened", ["When (UTC)", "What", "Who"], rows))


@command(app, "reject", "unlearnkit request reject 6a7551aa --reason 'identity not verified'")
def reject(
    request: RequestArgument,
    reason: Annotated[str, typer.Option(help="Why, without naming the person. It is kept.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Reject a request with its reason, and erase the person's identifiers from the vault."""
    from unlearnkit.domain import RequestState
    from unlearnkit.ledger.states import CLOSED
    from unlearnkit.requests.identifiers import refuse_identifiers

    with opened(workspace) as context:
        found = context.ledger.request(request)
        if found.state not in CLOSED:
            subject = context.ledger.subject(found.id, context.workspace.vault_key)
            refuse_identifiers(reason, subject)
        moved = context.ledger.set_state(found.id, RequestState.REJECTED, context.actor, reason)
    if as_json:
        print_json(moved)
        return
    out.print(f"{moved.id}  rejected; its identifiers were erased from the vault", highlight=False)
