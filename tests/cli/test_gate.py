"""The files that `gate` writes for CI, and what its exit codes are."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.company import Line, unlearnkit, unreachable_policy
from unlearnkit.resources import shipped


def files(folder: Path) -> dict[str, Path]:
    return {name: folder / f"gate.{name}" for name in ("junit", "sarif", "markdown")}


def options(paths: dict[str, Path]) -> list[object]:
    return [part for name, path in paths.items() for part in (f"--{name}", path)]


def test_one_gate_writes_every_form_of_the_same_verdict(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, paths = line.copy(tmp_path / "work"), files(tmp_path / "new" / "out")
    (tmp_path / "ci").mkdir()
    policy = unreachable_policy(tmp_path / "ci")
    monkeypatch.chdir(tmp_path)
    said = unlearnkit(
        *("gate", line.model, "--policy", policy, "--json", "--workspace", work), *options(paths)
    )
    assert said.exit_code == 1
    [check] = said.json["verdict"]["checks"]
    case = ET.parse(paths["junit"]).getroot()[0][0]
    assert (case.get("name"), case[0].tag) == (check["rule"], "failure")
    [run] = json.loads(paths["sarif"].read_text())["runs"]
    [result] = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"]) == (
        *(check["rule"], "ci/unreachable.yaml", 4),
    )
    assert check["rule"] in paths["markdown"].read_text()
    assert {path.stat().st_mode & 0o777 for path in paths.values()} == {0o644}
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == sorted(
        path.name for path in paths.values()
    )


def test_the_files_hold_no_personal_data_and_no_place_of_this_machine(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, paths = line.copy(tmp_path / "work"), files(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    unlearnkit("gate", line.story.model, "--workspace", work, *options(paths))
    text = "".join(path.read_text(encoding="utf-8") for path in paths.values())
    assert "forgotten-like-unseen" in text
    for word in (*line.story.spellings(), str(tmp_path), str(shipped("policies").parent)):
        assert word not in text
    assert '"uri": "default.yaml"' in paths["sarif"].read_text()


def test_a_gate_that_ends_early_leaves_no_earlier_verdict(line: Line, tmp_path: Path) -> None:
    paths = files(tmp_path)
    for path in paths.values():
        path.write_text("passed, last week")
    said = unlearnkit(
        *("gate", line.model, "--policy", tmp_path / "none.yaml"),
        *("--workspace", line.copy(tmp_path / "work"), *options(paths)),
    )
    assert said.exit_code == 2
    assert not any(path.exists() for path in paths.values())


def test_a_folder_in_the_place_of_a_file_is_bad_input_before_anything_is_measured(
    line: Line, tmp_path: Path
) -> None:
    said = unlearnkit("gate", line.model, "--junit", tmp_path, "--workspace", tmp_path / "none")
    assert said.exit_code == 2
    assert f"{tmp_path}: cannot write it" in said.stderr


def test_a_model_trained_on_somebody_who_was_forgotten_fails_whatever_it_remembers(
    line: Line, tmp_path: Path
) -> None:
    work, paths = line.copy(tmp_path / "work"), files(tmp_path)
    gate = ("gate", line.model, "--policy", line.story.policy, "--workspace", work)
    said = unlearnkit(*gate, "--corpus", line.story.files.records, "--json", *options(paths))
    assert said.exit_code == 1
    *rules, screened = said.json["verdict"]["checks"]
    assert (screened["rule"], screened["outcome"]) == ("nobody-forgotten-in-the-corpus", "fail")
    assert "fail" not in {one["outcome"] for one in rules}
    [run] = json.loads(paths["sarif"].read_text())["runs"]
    assert screened["rule"] in {one["ruleId"] for one in run["results"]}
    assert screened["rule"] in paths["markdown"].read_text()
    again = unlearnkit(*gate, "--corpus", line.story.files.holdout, "--json")
    assert again.exit_code == 0
    assert again.json["verdict"]["checks"][-1]["outcome"] == "pass"
