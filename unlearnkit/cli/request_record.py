"""unlearnkit request verify-identity | extend | due | status."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from unlearnkit.cli.requests import RequestArgument, left, requests_table
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
)
from unlearnkit.errors import BadInput


class Format(StrEnum):
    """What a status is written as."""

    TEXT = "text"
    OPENDSR = "opendsr"


def register(app: typer.Typer) -> None:
    """Put `verify-identity`, `extend`, `due` and `status` among the commands for requests."""
    command(
        app,
        "verify-identity",
        "unlearnkit request verify-identity 6a7551aa --how 'answered by the address on file'",
    )(verify_identity)
    command(
        app, "extend", "unlearnkit request extend 6a7551aa --reason '40,000 records to review'"
    )(extend)
    command(app, "due", "unlearnkit request due --fail-within 7d")(due)
    command(app, "status", "unlearnkit request status 6a7551aa --format opendsr")(status)


def verify_identity(
    request: RequestArgument,
    how: Annotated[str, typer.Option(help="How, without naming the person. It is kept.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Record that the request was verified to be the person's own; before that it is not run."""
    from unlearnkit.pipeline.requests import verify_identity as verify

    with opened(workspace) as context:
        verified, new = verify(context, request, how)
    if as_json:
        print_json({"request": verified, "verified": new})
        return
    what = "verified" if new else "verified already, nothing changed"
    out.print(f"{verified.id}  {what}", highlight=False, soft_wrap=True)
    if new and verified.state == "received":
        out.print(f"Next: unlearnkit locate {verified.id}", highlight=False, soft_wrap=True)


def extend(
    request: RequestArgument,
    reason: Annotated[str, typer.Option(help="Why, without naming the person. It is kept.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Extend the time to answer, once: GDPR by two months, CCPA by 45 days.

    The person has to be told, with the reason, before the first term ends.
    """
    from unlearnkit.pipeline.requests import extend as extend_term

    with opened(workspace) as context:
        before = context.ledger.request(request).due
        extended = extend_term(context, request, reason)
    if as_json:
        print_json(extended)
        return
    out.print(f"{extended.id}  due {extended.due:%Y-%m-%d}", highlight=False, soft_wrap=True)
    out.print(f"Tell the person so, with the reason, by {before:%Y-%m-%d}.", highlight=False)


def due(
    fail_within: Annotated[
        str,
        typer.Option(metavar="TERM", help="Days or hours, as in 7d or 36h. 0d: only overdue ones."),
    ] = "0d",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List open requests that are due soon or overdue, and end with 1 if there is one; for cron."""
    from unlearnkit.pipeline.requests import due_within
    from unlearnkit.requests.clock import parse_term

    try:
        term = parse_term(fail_within)
    except ValueError as error:
        raise BadInput(f"--fail-within: {error}") from None
    with opened(workspace, alone=False) as context:
        found = due_within(context, term)
    if as_json:
        print_json({"within_hours": int(term.total_seconds() // 3600), "due": found})
    elif found:
        out.print(requests_table(f"Due within {fail_within}", found, now()))
    else:
        out.print(f"No open request is overdue or due within {fail_within}.", highlight=False)
    raise typer.Exit(1 if found else 0)


def status(
    request: RequestArgument,
    as_format: Annotated[
        Format,
        typer.Option("--format", help="opendsr: the bodies of status callbacks, one a line."),
    ] = Format.TEXT,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say where a request stands: in a line, or as documents for the controller who sent it."""
    from unlearnkit.pipeline.requests import is_open, opendsr_status
    from unlearnkit.requests.status import STATUS

    with opened(workspace, alone=False) as context:
        found = context.ledger.request(request)
        bodies = opendsr_status(context, found.id) if as_format is Format.OPENDSR else []
    if as_format is Format.OPENDSR:
        if as_json:
            print_json(list(bodies))
            return
        for body in bodies:
            typer.echo(json.dumps(body, ensure_ascii=False))
        err.print("Not signed: sign each line with the key of your domain (docs/requests.md).")
        return
    if as_json:
        print_json({"request": found, "opendsr": STATUS[found.state]})
        return
    when = f"due {found.due:%Y-%m-%d}, {left(found, now())}" if is_open(found) else "closed"
    out.print(f"{found.id}  {found.state.value}, {when}", highlight=False, soft_wrap=True)
