"""unlearnkit timestamp: a clock beside the signer's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unlearnkit.cli.terminal import HERE, JsonOption, WorkspaceOption, command, out, print_json
from unlearnkit.errors import BadInput


def register(app: typer.Typer) -> None:
    """Put `timestamp` on the command line."""
    command(app, "timestamp", "unlearnkit timestamp ./report --url https://freetsa.org/tsr")(
        timestamp
    )


def timestamp(
    report: Annotated[Path, typer.Argument(help="The report's folder, or its attestation.json.")],
    url: Annotated[str, typer.Option(help="The authority's address, which is asked.")] = "",
    query: Annotated[
        Path | None, typer.Option(help="Write the query to this file, to be carried there.")
    ] = None,
    response: Annotated[
        Path | None, typer.Option(help="The authority's answer, brought back in a file.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="The signer's public key.", show_default="the workspace's, as `verify`"),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Have a signed report stamped by an RFC 3161 authority: it existed by then.

    Only the hash of the signature leaves the machine. A report written again needs a new stamp.
    Needs the extra `timestamp`.
    """
    from unlearnkit.artefacts import write_atomic
    from unlearnkit.pipeline.keys import given_or_own
    from unlearnkit.pipeline.outputs import not_own
    from unlearnkit.pipeline.timestamp import asked, question, stamped

    if sum((bool(url), query is not None, response is not None)) != 1:
        raise BadInput("nobody to ask", fix="Give one of --url, --query and --response.")
    signer = given_or_own(key, workspace, report)
    if query is not None:
        write_atomic(not_own(workspace, query), question(report, signer))
        out.print(f"Query: {query}", highlight=False, soft_wrap=True)
        out.print("Next: unlearnkit timestamp REPORT --response ANSWER", highlight=False)
        return
    answer = _read(response) if response is not None else asked(url, question(report, signer))
    stamp = stamped(report, signer, answer)
    if as_json:
        print_json({"time": stamp.time})
        return
    out.print(
        f"Stamped at {stamp.time:%Y-%m-%d %H:%M:%S} UTC, says the authority.", highlight=False
    )
    out.print(
        f"Next: unlearnkit verify {report} --tsa-roots ITS-ROOT.pem",
        highlight=False,
        soft_wrap=True,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the answer: {error.strerror}", where=path) from None
