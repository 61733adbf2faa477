"""The command line: `unlearnkit --help` lists the commands in the order of the line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from unlearnkit import __version__
from unlearnkit.artefacts import FULL
from unlearnkit.cli import (
    demo,
    doctor,
    find,
    forget,
    gate,
    keyless,
    keys,
    ledger,
    policy,
    prove,
    request_record,
    requests,
    schema,
    screen,
    serve,
    timestamp,
    workspace,
)
from unlearnkit.cli.terminal import complain, debugging, err
from unlearnkit.errors import BadInput, place_of

app = typer.Typer(
    name="unlearnkit",
    help="From a person's erasure request to a language model that has forgotten, with proof.",
    epilog="Exit codes: 0 pass, 1 gate failed, 2 usage or bad input, 3 could not evaluate, "
    "4 verification failed. First steps: unlearnkit demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
workspace.register(app)
request_record.register(requests.app)
app.add_typer(requests.app, name="request")
find.register(app)
forget.register(app)
prove.register(app)
timestamp.register(app)
keyless.register(app)
gate.register(app)
screen.register(app)
app.add_typer(policy.app, name="policy")
app.add_typer(keys.app, name="key")
app.add_typer(ledger.app, name="ledger")
serve.register(app)
doctor.register(app)
demo.register(app)
schema.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks. They may hold personal data.")
    ] = False,
) -> None:
    """From a person's erasure request to a language model that has forgotten, with proof."""


def main() -> None:
    """Run the command line; a bug of ours is answered without a traceback, which may hold data."""
    try:
        app()
    except Exception as error:
        if debugging():
            raise
        if isinstance(error, OSError) and error.errno in FULL:
            full = "no space is left on a disk, or what the output goes to takes no more"
            complain(BadInput(full, fix="Free some, then run the same command again."))
            sys.exit(BadInput.exit_code)
        err.print(
            f"[bold red]Internal error:[/] {type(error).__name__} at {place_of(error)}\n"
            "[dim]Nothing is half-written. Run it again with `unlearnkit --debug ...` and report "
            "what it prints, without personal data.[/]",
            highlight=False,
            soft_wrap=True,
        )
        sys.exit(3)
