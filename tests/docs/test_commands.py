"""Every `unlearnkit ...` in README and docs is a command, with options and arguments it takes."""

from __future__ import annotations

import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.docs.pages import PAGES, ROOT, commands, named
from unlearnkit.cli.main import app

SHELL = ("|", "||", "&&", "&", ";", ">")
"""What ends a command."""


def trouble(line: str) -> str:
    """What is wrong with a command line, or nothing.

    An argument that is needed may be missing: a sentence names a command without it.
    """
    words = shlex.split(line, comments=True)[1:]
    words = list(takewhile(lambda word: word not in SHELL, words))
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"no command: {words[0]}"
        command = command.commands[words.pop(0)]
    options = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    left = 0
    while words:
        word, _, value = words.pop(0).partition("=")
        if not word.startswith("-"):
            left += 1
            continue
        if word == "--help":
            continue
        if word not in options:
            return f"no such option: {word}"
        if not options[word].is_flag:
            if not value and not words:
                return f"{word} needs a value"
            if not value:
                words.pop(0)
    several = any(one.nargs == -1 for one in arguments)
    return "too many arguments" if left > len(arguments) and not several else ""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_its_commands_are_as_the_program_has_them(page: Path) -> None:
    found = {line: trouble(line) for line in commands(page.read_text("utf-8"))}
    assert {line: what for line, what in found.items() if what} == {}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_the_benchmarks_that_it_names_are_there(page: Path) -> None:
    text = page.read_text("utf-8")
    scripts = re.findall(r"\bpython (benchmarks/\S+?\.py)\b", text)
    scripts += [f"{one.replace('.', '/')}.py" for one in re.findall(r"-m (benchmarks\.\w+)", text)]
    assert [one for one in scripts if not (ROOT / one).is_file()] == []


def test_the_pages_are_full_of_commands() -> None:
    lines = [line for page in PAGES for line in commands(page.read_text("utf-8"))]
    assert len(lines) > 50
    assert any("--dry-run" in one for one in lines)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("unlearnkit unlearn MODEL --out DIR --dry-run", ""),
        ("unlearnkit review 6a7551aa   # a person", ""),
        ("unlearnkit screen new/ --write-clean clean/ || test $? -eq 1", ""),
        ("unlearnkit forget MODEL", "no command: forget"),
        ("unlearnkit request delete 1", "no command: delete"),
        ("unlearnkit verify R --modle M", "no such option: --modle"),
        ("unlearnkit locate --workspace", "--workspace needs a value"),
        ("unlearnkit report run-1 run-2", "too many arguments"),
    ],
)
def test_what_is_no_command_is_seen(line: str, said: str) -> None:
    found = trouble(line)
    assert said in found if said else not found
