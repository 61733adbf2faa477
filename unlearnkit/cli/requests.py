"""unlearnkit request import | add | list | show | reject; the rest is in request_record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    err,
    now,
    opened,
    out,
    print_json,
    table,
)
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from unlearnkit.domain import IdentityVerification, Request

app = typer.Typer(
    help="Deletion requests: taking them in, whose they are, when they are due.",
    no_args_is_help=True,
)

RequestArgument = Annotated[
    str, typer.Argument(help="The request's id, or its beginning.", metavar="REQUEST")
]
VerifiedOption = Annotated[
    bool,
    typer.Option("--verified", help="Whose it is was verified; without, it is not run before."),
]
HowOption = Annotated[
    str, typer.Option(help="With --verified: how, without naming the person. It is kept.")
]

COLOURS = {"closed": "dim", "overdue": "bold red", "soon": "yellow"}
"""Of the time that is left, by its urgency."""


@command(app, "import", "unlearnkit request import erasure.json march.csv")
def import_(
    files: Annotated[list[Path], typer.Argument(help="OpenDSR .json, .jsonl or .csv files.")],
    verified: VerifiedOption = False,
    how: HowOption = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take in requests from files: all of them or, where one cannot be used, none.

    One that was completed or rejected is not taken in again; where it states no date of its own,
    so that it may be a new one, that ends with exit code 2.
    """
    from unlearnkit.pipeline.intake import import_requests
    from unlearnkit.pipeline.requests import closed_at, is_open, refuse_closed

    with opened(workspace) as context:
        taken = import_requests(context, files, _declared(verified, how))
        closed = {one.id: closed_at(context, one) for one, _ in taken}
    if as_json:
        print_json([{"request": request, "added": added} for request, added in taken])
    else:
        for request, added in taken:
            _say_taken(request, added, closed[request.id])
        if any(is_open(request) for request, _ in taken):
            out.print("Next: unlearnkit index CORPUS, then unlearnkit locate")
    refuse_closed(request for request, _ in taken)


@command(app, "add", "unlearnkit request add --regulation gdpr --customer-id C-104211")
def add(
    regulation: Annotated[str, typer.Option(help="gdpr or ccpa.")] = "gdpr",
    name: Annotated[list[str] | None, typer.Option(help="Full name; may be repeated.")] = None,
    email: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    phone: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    customer_id: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    address: Annotated[
        list[str] | None, typer.Option(help="Postal address; may be repeated.")
    ] = None,
    date_of_birth: Annotated[
        list[str] | None, typer.Option(help="Year-month-day, as in 1980-04-03.")
    ] = None,
    handle: Annotated[list[str] | None, typer.Option(help="User name; may be repeated.")] = None,
    alias: Annotated[
        list[str] | None, typer.Option(help="One more name of the person's; may be repeated.")
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option(help="Whatever else is theirs, as an IBAN; may be repeated."),
    ] = None,
    submitted: Annotated[
        str, typer.Option(help="When the person asked, as in 2026-03-01; without: now.")
    ] = "",
    request_id: Annotated[
        str, typer.Option(help="The request's id, a UUID; without, it is made of what is asked.")
    ] = "",
    verified: VerifiedOption = False,
    how: HowOption = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Add one request. Without options it asks, so that nothing lands in the shell's history."""
    from unlearnkit.pipeline.intake import add_request, typed_in
    from unlearnkit.pipeline.requests import closed_at, refuse_closed

    declared = _declared(verified, how)
    if verified and not how.strip():
        raise BadInput(
            "--verified says that it was verified, and not how",
            fix="Say how, without naming the person: --verified --how 'answered by the address on "
            "file'",
        )
    cells = {
        "name": name,
        "email": email,
        "phone": phone,
        "customer_id": customer_id,
        "address": address,
        "date_of_birth": date_of_birth,
        "handle": handle,
        "alias": alias,
        "other": other,
    }
    if not any(cells.values()):
        cells = {cell: _asked(cell) for cell in cells}
    row = {cell: ";".join(given or []) for cell, given in cells.items()}
    row |= {"regulation": regulation, "submitted": submitted, "request_id": request_id}
    submission = typed_in(row)
    with opened(workspace) as context:
        request, added = add_request(context, submission, declared)
        closed = closed_at(context, request)
    if as_json:
        print_json({"request": request, "added": added})
    else:
        _say_taken(request, added, closed)
    refuse_closed([request])


def _declared(verified: bool, how: str) -> IdentityVerification | None:
    from unlearnkit.domain import IdentityVerification
    from unlearnkit.requests.build import DECLARED

    if how.strip() and not verified:
        raise BadInput("--how says how an identity was verified, and --verified was not given")
    return IdentityVerification(how.strip() or DECLARED) if verified else None


def _asked(cell: str) -> list[str]:
    label = cell.replace("_", " ").capitalize()
    given: str = typer.prompt(f"{label} (empty: none; several with ;)", default="", err=True)
    return [given] if given else []


def _say_taken(request: Request, added: bool, closed: datetime | None) -> None:
    from unlearnkit.pipeline.requests import is_open

    if not is_open(request):
        on = f" on {closed:%Y-%m-%d}" if closed else ""
        told = f"{request.id}  already there: {request.state}{on}, not taken in again"
        out.print(told, highlight=False, soft_wrap=True)
        return
    what = "added, " if added else "already there; "
    when = f"due {request.due:%Y-%m-%d}"
    if request.due < now():
        when = f"[bold red]overdue[/] since {request.due:%Y-%m-%d}"
    out.print(f"{request.id}  {what}{when}", highlight=False, soft_wrap=True)
    if not request.verified:
        err.print(
            "[yellow]Not run before it is verified that it is the person's own:[/] "
            f"unlearnkit request verify-identity {request.id} --how TEXT",
            highlight=False,
            soft_wrap=True,
        )


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
    from unlearnkit.pipeline.requests import open_first

    if state and state not in list(RequestState):
        raise BadInput(f"there is no state '{state}'", fix=f"States: {', '.join(RequestState)}")
    with opened(workspace, alone=False) as context:
        found = context.ledger.requests(RequestState(state) if state else None)
    requests = open_first(found)
    if as_json:
        print_json(list(requests))
        return
    if not requests:
        out.print("No requests. Next: unlearnkit request import FILE")
        return
    out.print(requests_table("Requests", requests, now()))


def requests_table(title: str, requests: Sequence[Request], at: datetime) -> Table:
    """A row for each: where it stands, whether it may be run, and how much time is left."""
    rows = [[one.id, _standing(one), _due(one), left(one, at)] for one in requests]
    drawn = table(title, ["Request", "State", "Due", "Left"], rows, numbers=1)
    drawn.columns[0].no_wrap = True  # ids are copied: the others give way on a narrow terminal
    return drawn


def left(request: Request, at: datetime) -> str:
    """Time until it is due, in colour when it is short."""
    from unlearnkit.pipeline.requests import time_left

    told = time_left(request, at)
    colour = COLOURS.get(told.urgency)
    return f"[{colour}]{told.words}[/]" if colour else told.words


def _standing(request: Request) -> str:
    from unlearnkit.pipeline.requests import is_open

    unverified = is_open(request) and not request.verified
    return request.state.value + ("\n[yellow]not verified[/]" if unverified else "")


def _due(request: Request) -> str:
    return f"{request.due:%Y-%m-%d}" + ("\nextended" if request.extended_at else "")


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
    from unlearnkit.pipeline.requests import history

    with opened(workspace, alone=False) as context:
        found = context.ledger.request(request)
        events = history(context, found)
        subject = context.ledger.subject(found.id, context.workspace.vault_key) if reveal else None
    identifiers = (
        [(one.kind.value, one.format, one.value) for one in subject.identifiers] if subject else []
    )
    if as_json:
        told = [{"time": e.time, "actor": e.actor, "kind": e.kind} for e in events]
        print_json({"request": found, "events": told, "identifiers": identifiers})
        return
    out.print(f"Request    {found.id}", highlight=False)
    out.print(f"Pseudonym  {found.pseudonym}", highlight=False)
    out.print(f"State      {found.state} {found.reason}".rstrip(), highlight=False, markup=False)
    out.print(f"Under      {found.regulation.upper()}, due {found.due:%Y-%m-%d}", highlight=False)
    if found.extended_at:
        why = f"Extended   {found.extended_at:%Y-%m-%d}: {found.extension_reason}"
        out.print(why, highlight=False, markup=False)
    out.print(f"Identity   {_verified(found)}", highlight=False, markup=False)
    for kind, how, value in identifiers:
        out.print(f"{kind} ({how})  {value}", highlight=False, markup=False)
    rows = [[one.time[:16].replace("T", " "), one.kind, one.actor] for one in events]
    out.print(table("What happened", ["When (UTC)", "What", "Who"], rows))


def _verified(request: Request) -> str:
    if request.verified_at is None:
        return request.identity.value.replace("_", " ")
    return (
        f"verified {request.verified_at:%Y-%m-%d} by {request.verified_by}: {request.verified_how}"
    )


@command(app, "reject", "unlearnkit request reject 6a7551aa --reason 'identity not verified'")
def reject(
    request: RequestArgument,
    reason: Annotated[str, typer.Option(help="Why, without naming the person. It is kept.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Reject a request with its reason, and erase the person's identifiers from the vault."""
    from unlearnkit.pipeline.closing import reject as close

    with opened(workspace) as context:
        moved, told = close(context, request, reason)
    for line in told:
        err.print(line, highlight=False, markup=False, soft_wrap=True)
    if as_json:
        print_json(moved)
        return
    out.print(f"{moved.id}  rejected; its identifiers were erased from the vault", highlight=False)
