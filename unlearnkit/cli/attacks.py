"""--attacks: what `audit` and `gate` try to bring forgotten records back with, and the result."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from unlearnkit.cli.measured import cell
from unlearnkit.cli.terminal import out, table
from unlearnkit.domain import Attack, AuditResult, ModelRole, Split
from unlearnkit.errors import BadInput

ALL, NONE = "all", "none"
AttacksOption = Annotated[
    str,
    typer.Option(
        help=f"{ALL}, {NONE}, or some of {', '.join(Attack)}, with commas between. "
        "Those made before on the run's own model stay part of its audit, also with none.",
        show_default="the workspace's",
    ),
]


def named_attacks(text: str) -> tuple[Attack, ...] | None:
    """The attacks that were named; None where nothing was, and the workspace decides.

    Raises BadInput for an unknown name.
    """
    if not text.strip():
        return None
    names = [one.strip() for one in text.split(",") if one.strip()]
    if names in ([ALL], [NONE]):
        return tuple(Attack) if names == [ALL] else ()
    for name in names:
        if name not in list(Attack):
            near = difflib.get_close_matches(name, list(Attack), n=1)
            raise BadInput(
                f"there is no attack '{name}'",
                where="--attacks",
                fix=f"Did you mean '{near[0]}'?"
                if near
                else f"Give some of {', '.join(Attack)}, or {ALL} or {NONE} alone.",
            )
    return tuple(one for one in Attack if one in names)


def show_attacks(audit: AuditResult) -> None:
    """How much of the forgotten and of never-seen records each attack shows, where any was made."""
    conditions = list(dict.fromkeys(one.under for one in audit.attacks))
    if not conditions:
        return
    shown = (
        ("after", Split.FORGET, ModelRole.UNLEARNED),
        ("never seen", Split.HOLDOUT, ModelRole.UNLEARNED),
        ("before", Split.FORGET, ModelRole.ORIGINAL),
        ("retrained", Split.FORGET, ModelRole.REFERENCE),
    )
    columns = [one for one in shown if one[2] in audit.models]
    rows = []
    for under in ("", *conditions):
        found = [audit.measurement("exact_memorization", *one[1:], under) for one in columns]
        counts = [str(one.n) if one is not None and one.n else "-" for one in found[:2]]
        name = under.replace("_", " ") or "no attack"
        rows.append([name, ", ".join(counts), *map(cell, found)])
    title = "Exact memorization of the records to forget, under attack (n: these, never seen)"
    names = ["Attack", "n", *(one[0] for one in columns)]
    out.print(table(title, names, rows, numbers=len(columns) + 1))
