"""What the command line says about itself, and how quickly."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from tests.company import unlearnkit
from unlearnkit import __version__
from unlearnkit.cli.main import app

COMMANDS = (
    ("init",),
    ("request", "import"),
    ("request", "add"),
    ("request", "list"),
    ("request", "show"),
    ("request", "reject"),
    ("request", "verify-identity"),
    ("request", "extend"),
    ("request", "due"),
    ("request", "status"),
    ("index",),
    ("locate",),
    ("review",),
    ("unlearn",),
    ("audit",),
    ("report",),
    ("verify",),
    ("timestamp",),
    ("sigstore",),
    ("gate",),
    ("screen",),
    ("policy", "check"),
    ("policy", "explain"),
    ("key", "list"),
    ("key", "rotate"),
    ("key", "protect"),
    ("process",),
    ("serve",),
    ("doctor",),
    ("demo",),
    ("schema",),
)
NO_WORKSPACE = {
    ("init",),
    ("demo",),
    ("schema",),
}
HEAVY = ("torch", "transformers", "spacy", "presidio_analyzer", "sqlalchemy", "duckdb")

LOADED = """
import sys
import unlearnkit.cli.main
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: tuple[str, ...]) -> None:
    said = unlearnkit(*command, "--help")
    assert said.exit_code == 0
    assert f"Example: unlearnkit {' '.join(command)}" in said.stdout
    assert "--json" in said.stdout
    assert ("--workspace" in said.stdout) == (command not in NO_WORKSPACE)


def commands(group: Any) -> Iterator[Any]:
    for one in group.commands.values():
        yield from commands(one) if hasattr(one, "commands") else [one]


def test_a_paragraph_of_help_is_broken_by_the_terminals_width_alone() -> None:
    told = {one.name: str(one.help) for one in commands(get_command(app))}
    assert len(told) >= len(COMMANDS)
    for help_ in told.values():
        assert all("\n" not in one for one in help_.split("\n\n"))


@pytest.mark.parametrize("command", ["audit", "gate"])
def test_the_help_says_that_no_attack_is_taken_out_of_the_runs_own_audit(command: str) -> None:
    said = " ".join(unlearnkit(command, "--help").stdout.replace("│", " ").split())
    assert "Those made before on the run's own model stay part of its audit" in said


@pytest.mark.parametrize(
    "arguments", [("--help",), ("request", "--help"), ("policy", "--help"), ("key", "--help")]
)
def test_the_help_lists_every_command_in_the_order_of_the_line(arguments: tuple[str, ...]) -> None:
    said = unlearnkit(*arguments)
    group = arguments[:-1]
    names = list(dict.fromkeys(c[len(group)] for c in COMMANDS if c[: len(group)] == group))
    listed = [line.split()[1] for line in said.stdout.splitlines() if re.match("│ [a-z]", line)]
    found = [name for name in listed if name in names]
    assert sorted(found) == sorted(names)
    if not group:
        order = ["init", "request", "index", "locate", "review", "unlearn", "audit", "report"]
        places = [found.index(name) for name in order]
        assert places[2:] == sorted(places[2:])


def everything(
    within: TyperGroup, *path: str
) -> Iterator[tuple[tuple[str, ...], TyperGroup | TyperCommand]]:
    """Groups and commands, with what is typed to reach them."""
    yield path, within
    for name, one in within.commands.items():
        if isinstance(one, TyperGroup):
            yield from everything(one, *path, name)
        else:
            assert isinstance(one, TyperCommand)
            yield (*path, name), one


def flat(drawn: str) -> str:
    """Words alone: without frames, and with one blank where a line ends."""
    return " ".join(re.sub("[\u2500-\u257f]", " ", drawn).split())


@pytest.mark.parametrize(
    ("path", "one"),
    [pytest.param(*found, id=" ".join(found[0])) for found in everything(get_command(app))],
)
def test_nothing_of_a_help_is_lost_on_the_way_to_the_terminal(
    path: tuple[str, ...], one: TyperGroup | TyperCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rich takes square brackets for its markup: what is in them vanishes. A default that is no
    value is `show_default`."""
    monkeypatch.setenv("COLUMNS", "120")
    said = flat(unlearnkit(*path, "--help").stdout)
    written = [one.help, one.epilog, *(getattr(each, "help", None) for each in one.params)]
    assert [text for text in written if flat(text or "") not in said] == []


def test_a_default_that_is_no_value_is_shown() -> None:
    assert "[default: (the workspace's)]" in flat(unlearnkit("gate", "--help").stdout)


def test_the_help_says_what_the_exit_codes_mean() -> None:
    said = " ".join(unlearnkit("--help").stdout.split())
    for meaning in ("0 pass", "1 gate failed", "2 usage or bad input", "3 could not evaluate"):
        assert meaning in said


def test_the_version_is_the_packages() -> None:
    assert unlearnkit("--version").stdout == f"{__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("forget",),
        ("request", "delete"),
        ("locate", "--quickly"),
        ("unlearn",),
        ("process", "model", "--out", "x"),
        ("unlearn", "model", "--out", "x", "--max-passes", "none"),
        ("process", "model", "--uncertain", "perhaps"),
    ],
)
def test_what_is_no_command_ends_with_2(arguments: tuple[str, ...]) -> None:
    said = unlearnkit(*arguments)
    assert said.exit_code == 2
    assert "Usage:" in said.stderr


def test_the_help_waits_for_nothing_heavy() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED, *HEAVY], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.split() == []
