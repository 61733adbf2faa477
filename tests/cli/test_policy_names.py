"""What the shell completes where a policy is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from unlearnkit.cli.main import app
from unlearnkit.policy.files import shipped
from unlearnkit.workspace import Workspace

PLACES = [
    ("policy", "explain"),
    ("policy", "check", "default"),
    ("gate", "model", "--policy"),
    ("report", "run", "--policy"),
    ("process", "model", "--policy"),
]


def completes(*words: object, **environment: str) -> list[str]:
    """What bash is given for the last word, from the program itself."""
    line = ["unlearnkit", *(str(one) for one in words)]
    asked = {
        "_UNLEARNKIT_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": str(len(line) - 1),
    }
    said = CliRunner().invoke(
        app, [], prog_name="unlearnkit", env={**asked, **environment}, catch_exceptions=False
    )
    return said.stdout.split()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One with a policy `strictly` beside its default."""
    made = Workspace.create(tmp_path / "privacy")
    (made.policies_dir / "strictly.yaml").write_text("")
    return made.root


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_names_that_ship_are_completed_wherever_a_policy_is_given(place: tuple[str, ...]) -> None:
    assert completes(*place, "st") == ["strict"]
    assert completes(*place, "/") == []


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_so_are_the_workspaces_own(
    place: tuple[str, ...], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, *rest = place
    there = [command, rest[0], "-w", workspace, *rest[1:]]
    assert completes(*there, "st") == ["strict", "strictly"]
    assert completes(*place, "st", UNLEARNKIT_WORKSPACE=str(workspace)) == ["strict", "strictly"]
    monkeypatch.chdir(workspace)
    assert completes(*place, "st") == ["strict", "strictly"]


def test_a_workspace_that_cannot_be_opened_leaves_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "unlearnkit.yaml").write_text("seed: [\n")
    assert completes("policy", "explain", "-w", tmp_path, "d") == ["default"]
    assert completes("policy", "explain", "-w", tmp_path / "nowhere", "d") == ["default"]


def test_without_a_beginning_all_are_named() -> None:
    assert completes("policy", "explain", "") == shipped()


def test_every_option_for_a_policy_is_completed() -> None:
    def options(command: object) -> list[object]:
        below = getattr(command, "commands", {}).values()
        own = [one for one in getattr(command, "params", []) if one.name == "policy"]
        return [*own, *(one for part in below for one in options(part))]

    found = options(get_command(app))
    assert len(found) >= 3
    assert all(one._custom_shell_complete is not None for one in found)  # type: ignore[attr-defined]
