"""unlearnkit serve."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    debugging,
    err,
    out,
    print_json,
)

PORT = 8400


def register(app: typer.Typer) -> None:
    """Put `serve` on the command line."""
    command(app, "serve", "unlearnkit serve --port 8400")(serve)


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of this machine; 0: any that is free.")
    ] = PORT,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Follow requests, review matches and look at runs in a browser, on this machine only.

    Prints an address with a token, which lets in whoever opens it until the server is stopped.
    Decisions are kept in the name of who started it. Needs the extra `serve`.
    """
    from unlearnkit.web.server import serve as answer

    def say(address: str) -> None:
        if as_json:
            print_json({"url": address})
        else:
            out.print(address, highlight=False, soft_wrap=True)
            err.print("Open it in a browser on this machine. Ctrl-C stops the server.")
        sys.stdout.flush()

    try:
        answer(workspace, port, say, debug=debugging())
    except KeyboardInterrupt:
        err.print("\nStopped.")
