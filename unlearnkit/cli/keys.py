"""unlearnkit key list | rotate | protect."""

from __future__ import annotations

from typing import Annotated

import typer

from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    in_line,
    opened,
    out,
    print_json,
    say,
)
from unlearnkit.keys import ReportKey

app = typer.Typer(help="Signing keys: list, rotate, protect.", no_args_is_help=True)

SOURCES = "env:NAME, file:PATH (0600), keyring:SERVICE, ask or none"


@command(app, "list", "unlearnkit key list")
def list_(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show the public keys that this workspace signs and signed with."""
    from unlearnkit.passphrase import Protection
    from unlearnkit.pipeline.keys import known_keys
    from unlearnkit.pipeline.ledger import as_it_stands

    with as_it_stands(workspace) as context:
        place = context.workspace
        keys = known_keys(place)
        source = Protection.of(place.passphrase_file).now.source
    if as_json:
        found = [
            {"keyid": one.keyid, "file": str(one.file), "retired": one.retired} for one in keys
        ]
        print_json({"passphrase_from": source, "keys": found})
        return
    for one in keys:
        word = "retired" if one.retired else "signs  "
        say(f"{word} {one.keyid}  {in_line(str(one.file))}")
    out.print(f"Passphrase: {source}", highlight=False)


@command(app, "rotate", "unlearnkit key rotate")
def rotate(
    report_key: Annotated[
        ReportKey | None,
        typer.Option(help="Another kind of key from now on.", show_default="the kind it is"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Sign with a new key from now on; reports of the old one still verify.

    The old private key is overwritten, and the models' own, where there is one. Give the new
    signing.pub to your auditors.
    """
    from unlearnkit.pipeline.keys import rotate as replace

    with opened(workspace) as context:
        old, new = replace(context, report_key)
        public = context.workspace.public_key
    if as_json:
        print_json({"retired": old, "keyid": new, "public_key": str(public)})
        return
    out.print(f"Retired: {old}\nNew:     {new}", highlight=False)
    out.print(f"Next: give {public} to your auditor", highlight=False, soft_wrap=True)


@command(app, "protect", "unlearnkit key protect --passphrase-from env:UNLEARNKIT_PASSPHRASE")
def protect(  # nosec B107 # 'ask' says where it comes from
    passphrase_from: Annotated[
        str, typer.Option(metavar="SOURCE", help=f"Where the passphrase comes from: {SOURCES}.")
    ] = "ask",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Encrypt the keys with a passphrase, another passphrase, or none.

    The passphrase itself is never kept and is no argument: it is read from its source whenever the
    keys are used. Lost, the vault cannot be read and nothing can be signed.
    """
    from unlearnkit.pipeline.keys import protect as encrypt

    with opened(workspace) as context:
        encrypt(context, passphrase_from)
    if as_json:
        print_json({"passphrase_from": passphrase_from})
        return
    out.print(f"The keys' passphrase comes from: {passphrase_from}", highlight=False)
