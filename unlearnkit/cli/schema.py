"""unlearnkit schema."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from unlearnkit.cli.terminal import JsonOption, command


class Document(StrEnum):
    """What has a schema."""

    AUDIT = "audit"
    REPORT = "report"
    GATE = "gate"
    DOCTOR = "doctor"
    POLICY = "policy"
    ATTESTATION = "attestation"


def register(app: typer.Typer) -> None:
    """Put `schema` on the command line."""

    @command(app, "schema", "unlearnkit schema audit")
    def schema(
        document: Annotated[Document, typer.Argument(help="Which document.")],
        as_json: JsonOption = False,
    ) -> None:
        """Print the JSON Schema of an audit, report, attestation, policy, or a command's answer.

        It is JSON with and without --json. That of a policy makes an editor complete it.
        """
        from unlearnkit.schemas import shipped

        sys.stdout.write(shipped(document))
