"""Which file a policy's name stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearnkit.errors import BadInput
from unlearnkit.policy.files import named, policy_file, shipped
from unlearnkit.policy.schema import load_policy


def test_what_ships_is_listed_by_name_and_in_order() -> None:
    names = shipped()
    assert {"default", "strict", "research", "health"} <= set(names)
    assert names == sorted(names)


def test_a_name_with_or_without_its_ending_is_what_ships() -> None:
    for wanted in ("strict", "strict.yaml"):
        assert load_policy(policy_file(Path(wanted))).name == "strict"


def test_a_workspaces_own_wins_over_what_ships(tmp_path: Path) -> None:
    (tmp_path / "strict.yaml").write_text("")
    (tmp_path / "ours.yml").write_text("")
    assert policy_file(Path("strict"), tmp_path) == tmp_path / "strict.yaml"
    assert policy_file(Path("ours.yml"), tmp_path) == tmp_path / "ours.yml"
    assert policy_file(Path("default"), tmp_path).parent != tmp_path


@pytest.mark.parametrize("wanted", ["nowhere/strict.yaml", "./../strict", "sttrict", "strict.yml"])
def test_what_is_not_there_is_refused_and_never_replaced_by_one_of_the_same_name(
    tmp_path: Path, wanted: str
) -> None:
    with pytest.raises(BadInput) as caught:
        policy_file(Path(wanted), tmp_path)
    assert str(Path(wanted)) in caught.value.what
    assert caught.value.where == str(tmp_path)
    assert ", ".join(shipped()) in caught.value.fix


def test_the_names_of_a_folder_are_what_finds_its_files(tmp_path: Path) -> None:
    for name in ("wide.yaml", "ours.yml", "notes.txt", "a.yxml"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder.yaml").mkdir()
    assert named(tmp_path) == ["ours.yml", "wide"]
    for name in named(tmp_path):
        assert policy_file(Path(name), tmp_path).parent == tmp_path
    assert named(tmp_path / "nowhere") == named(None) == []


def test_where_a_name_is_not_found_the_workspaces_own_are_named_too(tmp_path: Path) -> None:
    (tmp_path / "wide.yaml").write_text("")
    with pytest.raises(BadInput) as caught:
        policy_file(Path("wdie"), tmp_path)
    assert "the workspace's own (wide)" in caught.value.fix
