"""Which policy a name or a path stands for: the workspace's own, one that ships, or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearnkit.errors import BadInput
from unlearnkit.pipeline.ledger import create_workspace
from unlearnkit.pipeline.prove import find_policy
from unlearnkit.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "workspace")


def named(workspace: Workspace, name: str) -> str:
    """The default policy under another name."""
    default = workspace.root / "policies" / "default.yaml"
    return default.read_text(encoding="utf-8").replace("name: default", f"name: {name}")


def test_the_workspaces_own_policy_wins_over_the_one_that_ships(workspace: Workspace) -> None:
    own = named(workspace, "ours")
    (workspace.root / "policies" / "default.yaml").write_text(own, encoding="utf-8")
    for wanted in ("", "default", "default.yaml"):
        assert find_policy(workspace, wanted)[1].name == "ours"
    assert find_policy(workspace, "strict")[1].name == "strict"


def test_a_file_of_the_same_name_where_one_stands_is_not_the_workspaces_policy(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --policy the workspace decides, whatever folder the command is called in."""
    (tmp_path / "default.yaml").write_text(named(workspace, "other"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert find_policy(workspace, "")[1].name == "default"
    assert find_policy(workspace, "default.yaml")[1].name == "other"


def test_a_missing_file_is_not_replaced_by_a_policy_of_its_name(
    workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="there is no policy"):
        find_policy(workspace, str(tmp_path / "strict.yaml"))
