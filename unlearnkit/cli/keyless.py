"""unlearnkit sigstore: an identity beside the signer's key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from unlearnkit.cli.terminal import HERE, JsonOption, WorkspaceOption, command, err, out, print_json

PUBLIC = (
    "a transparency log keeps for good, for everybody who can read it, the identity that signs (an "
    "e-mail address or the name of a CI job) and the digest of the signed statement. The report "
    "and the people it is about do not go there."
)

TrustOption = Annotated[
    Path | None,
    typer.Option(
        "--sigstore-trust",
        metavar="JSON",
        help="A Sigstore instance of your own: its ClientTrustConfig. Without, the public one.",
    ),
]


def register(app: typer.Typer) -> None:
    """Put `sigstore` on the command line."""
    command(app, "sigstore", "unlearnkit sigstore ./report --identity-token-file token")(sigstore)


def sigstore(
    report: Annotated[Path, typer.Argument(help="The report's folder, or its attestation.json.")],
    identity_token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Who signs: an OpenID Connect token for 'sigstore'. Without, it comes from "
            "SIGSTORE_IDENTITY_TOKEN, the CI system, or a login in the browser.",
        ),
    ] = None,
    trust: TrustOption = None,
    key: Annotated[
        Path | None,
        typer.Option(help="The signer's public key.", show_default="the workspace's, as `verify`"),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask at a terminal before it becomes public.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Sign a report once more through Sigstore, without a key: an issuer says who signed.

    Identity and digest go into a public log for good. The workspace's key stays what `verify`
    trusts. A report written again needs a new signature. Needs the extra `sigstore`.
    """
    from unlearnkit.pipeline.keyless import identity_token, prepared, signed
    from unlearnkit.pipeline.keys import given_or_own

    what = prepared(report, given_or_own(key, workspace, report), trust)
    ask = sys.stdin.isatty() and err.is_terminal
    err.print(f"[yellow]Public:[/] {PUBLIC}", highlight=False, soft_wrap=True)
    if ask and not yes:
        typer.confirm("Go on?", abort=True, err=True)
    signer = signed(what, identity_token(identity_token_file, what.instance, ask=ask))
    if as_json:
        print_json(
            {
                "identity": signer.identity,
                "issuer": signer.issuer,
                "begin": signer.begin,
                "end": signer.end,
            }
        )
        return
    out.print(
        f"Signed by {signer.identity}, says {signer.issuer}.", highlight=False, soft_wrap=True
    )
    out.print(
        f"Next: unlearnkit verify {report} --sigstore-identity {signer.identity} "
        f"--sigstore-issuer {signer.issuer}",
        highlight=False,
        soft_wrap=True,
    )
