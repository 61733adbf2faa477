"""unlearnkit init."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unlearnkit.cli.keys import SOURCES
from unlearnkit.cli.terminal import HERE, JsonOption, command, out, print_json
from unlearnkit.keys import ReportKey


def register(app: typer.Typer) -> None:
    """Put `init` on the command line."""

    @command(app, "init", "unlearnkit init privacy")
    def init(  # nosec B107 # 'none' says that there is none
        folder: Annotated[Path, typer.Argument(help="Where to make it.", metavar="DIR")] = HERE,
        passphrase_from: Annotated[
            str,
            typer.Option(
                metavar="SOURCE",
                help=f"Protect the keys with a passphrase, read from: {SOURCES}.",
            ),
        ] = "none",
        ledger_url: Annotated[
            str,
            typer.Option(
                envvar="UNLEARNKIT_LEDGER_URL",
                help="Keep the ledger in PostgreSQL, as in postgresql://user@host/database (needs "
                "the extra `postgres`), instead of SQLite in the workspace. Give a URL with a "
                "password in the variable, where nobody sees it.",
                metavar="URL",
                show_envvar=True,
            ),
        ] = "",
        report_key: Annotated[
            ReportKey,
            typer.Option(
                help="What reports are signed with. Models are signed with ECDSA P-256 always: "
                "beside ed25519 with a key of their own."
            ),
        ] = ReportKey.ECDSA,
        as_json: JsonOption = False,
    ) -> None:
        """Make a workspace: settings, keys, ledger and the default policy."""
        from unlearnkit.pipeline.ledger import create_workspace

        made = create_workspace(folder, passphrase_from, ledger_url, report_key)
        if as_json:
            print_json({"workspace": str(made.root), "public_key": str(made.public_key)})
            return
        out.print(f"A workspace in {made.root}", highlight=False, soft_wrap=True)
        out.print("  unlearnkit.yaml          settings, each explained: read it first")
        out.print("  keys/signing.pub         give this to your auditor")
        out.print("  keys/                    back it up: without it the vault cannot be read")
        out.print("  policies/default.yaml    what the gate asks for")
        out.print(f"Next: unlearnkit request import FILE --workspace {folder}", soft_wrap=True)
