"""unlearnkit policy check | explain."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearnkit.cli.policy_names import completed, own_policies
from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    in_line,
    out,
    print_json,
    say,
)
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from unlearnkit.policy.checking import Diagnostic

app = typer.Typer(help="Gate policies: check, explain.", no_args_is_help=True)
COLOURS = {"error": "red", "warning": "yellow"}


@command(app, "check", "unlearnkit policy check policies/release.yaml")
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Policy files, or names: the workspace's own, or those that ship.",
            autocompletion=completed,
        ),
    ],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find rules that cannot be read, met, or told apart, each with its line.

    Exit code 2 when there is an error; a warning leaves it 0. A file that is no YAML, or not there,
    keeps no other from being checked.
    """
    checked = [_checked(one, workspace) for one in files]
    errors = sum(one.level == "error" for _, found in checked for one in found)
    if as_json:
        print_json([{"file": path, "findings": [asdict(one) for one in f]} for path, f in checked])
        raise typer.Exit(2 if errors else 0)
    for path, found in checked:
        for one in found:
            place = f"{path}:{one.line}"
            level = f"[{COLOURS[one.level]}]{one.level}[/]"
            rule = f" {one.rule}:" if one.rule else ""
            what = f"{in_line(place)}: {level}:{in_line(rule)} {in_line(one.what)}"
            out.print(what, highlight=False, soft_wrap=True)
        if not found:
            told = f"{in_line(path)}: nothing to find fault with"
            out.print(told, highlight=False, soft_wrap=True)
    raise typer.Exit(2 if errors else 0)


@command(app, "explain", "unlearnkit policy explain strict")
def explain(
    file: Annotated[
        str,
        typer.Argument(
            help="A policy file, or a name: the workspace's own, or one that ships.",
            autocompletion=completed,
        ),
    ],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say in words what each rule asks for, what passes, and when nobody can tell."""
    from unlearnkit.policy.explaining import explained
    from unlearnkit.policy.schema import load_policy

    policy = load_policy(_found(file, workspace))
    rules = explained(policy)
    if as_json:
        print_json({"policy": policy.name, "rules": [asdict(one) for one in rules]})
        return
    description = in_line(" ".join(policy.description.split()))
    say(f"Policy [bold]{in_line(policy.name)}[/]: {description}")
    for one in rules:
        say(f"\n[bold]{one.rule}[/]")
        lines = (one.says, f"Passes: {one.passes}", f"Cannot tell: {one.cannot_tell}", one.counts)
        for line in lines:
            say(f"  {in_line(line)}")


def _checked(wanted: str, workspace: Path) -> tuple[str, list[Diagnostic]]:
    """The file's place, or what was given where there is none, and what is wrong."""
    from unlearnkit.policy.checking import Diagnostic, check_policy

    place = wanted
    try:
        path = _found(wanted, workspace)
        place = str(path)
        return place, check_policy(path)
    except BadInput as error:
        what = f"{error.what}. {error.fix}" if error.fix else error.what
        return place, [Diagnostic(error.line or 1, "error", "", what)]


def _found(wanted: str, workspace: Path) -> Path:
    """The file that `gate` and `report` take for this name there."""
    from unlearnkit.policy.files import policy_file

    path = Path(wanted)
    return path if path.is_file() else policy_file(path, own_policies(workspace))
