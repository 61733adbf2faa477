"""The files that `gate` writes for CI, and what its exit codes are."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.company import Line, unlearnkit, unreachable_policy
from unlearnkit.artefacts import folder_digests
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
    case = ET.parse(paths["junit"]).getroot().find(".//testcase")
    assert case is not None
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
    paths, work = files(tmp_path), ("--workspace", line.copy(tmp_path / "work"))
    own = line.story.policy
    again: tuple[object, ...]
    for again in ((line.model, "--policy", tmp_path / "none.yaml"), (tmp_path / "no model",)):
        unlearnkit("gate", line.model, "--policy", own, *work, *options(paths))
        assert all(path.is_file() for path in paths.values())
        assert unlearnkit("gate", *again, *work, *options(paths)).exit_code == 2
        assert not any(path.exists() for path in paths.values())


def test_what_no_gate_wrote_is_refused_and_stays(line: Line, tmp_path: Path) -> None:
    paths = files(tmp_path)
    unlearnkit("gate", line.model, "--workspace", line.copy(tmp_path / "work"), *options(paths))
    earlier = {path: path.read_bytes() for path in paths.values()}
    model = shutil.copytree(line.model, tmp_path / "model")
    shutil.copy(line.story.policy, tmp_path / "release.yaml")
    (tmp_path / "junit.xml").write_text('<testsuites name="of another program"/>')
    for lost in (model / "config.json", tmp_path / "release.yaml", tmp_path / "junit.xml"):
        before = lost.read_bytes()
        for form in paths:
            place = ("--workspace", tmp_path / "work", *options(paths | {form: lost}))
            said = unlearnkit("gate", model, *place)
            assert said.exit_code == 2
            assert f"{lost}: cannot write it: what is there was not written by a gate" in (
                said.stderr
            )
            assert lost.read_bytes() == before
    assert {path: path.read_bytes() for path in paths.values()} == earlier


def test_links_pipes_and_devices_are_never_taken_away(line: Line, tmp_path: Path) -> None:
    paths, work = files(tmp_path), line.copy(tmp_path / "work")
    unlearnkit("gate", line.model, "--workspace", work, *options(paths))
    (tmp_path / "link").symlink_to(paths["junit"])
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "dangling", "circle", "pipe", os.devnull, "/dev/stdout"):
        place = tmp_path / name
        said = unlearnkit("gate", line.model, "--junit", place, "--workspace", work)
        assert said.exit_code == 2
        assert f"{place}: cannot write it" in said.stderr
        assert os.path.lexists(place)
    assert paths["junit"].is_file()


def test_no_file_is_put_into_the_model_that_is_judged(line: Line, tmp_path: Path) -> None:
    model = shutil.copytree(line.model, tmp_path / "model")
    before = folder_digests(model)
    work = ("--workspace", tmp_path / "none")
    said = unlearnkit("gate", model, "--junit", model / "new" / "gate.xml", *work)
    assert said.exit_code == 2
    assert "it would change the model that is judged" in said.stderr
    assert folder_digests(model) == before


def test_an_empty_file_is_nothing_to_lose(line: Line, tmp_path: Path) -> None:
    (tmp_path / "gate.xml").touch()
    work = line.copy(tmp_path / "work")
    unlearnkit("gate", line.model, "--junit", tmp_path / "gate.xml", "--workspace", work)
    assert ET.parse(tmp_path / "gate.xml").getroot().get("name") == "unlearnkit gate"


def test_two_forms_in_one_file_are_refused_before_anything_is_measured(
    line: Line, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    same = ("--junit", tmp_path / "gate", "--sarif", tmp_path / "folder" / ".." / "gate")
    said = unlearnkit("gate", line.model, *same, "--workspace", tmp_path / "none")
    assert said.exit_code == 2
    assert "two of them name the same" in said.stderr
    assert not (tmp_path / "gate").exists()


def test_a_place_where_no_file_can_be_made_is_refused_before_anything_is_measured(
    line: Line, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    said = unlearnkit(
        *("gate", line.model, "--junit", tmp_path / "file" / "new" / "gate.xml"),
        *("--workspace", tmp_path / "none"),
    )
    assert said.exit_code == 2
    assert "cannot write it" in said.stderr


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


def test_a_job_page_that_cannot_be_written_is_a_warning_and_the_verdict_stays(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, paths = line.copy(tmp_path / "work"), files(tmp_path)
    for page in (tmp_path / "none" / "page.md", tmp_path):
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
        gate = ("gate", line.model, "--policy", line.story.policy, "--workspace", work, "--json")
        said = unlearnkit(*gate, *options(paths))
        assert (said.exit_code, said.json["verdict"]["outcome"]) == (0, "pass")
        assert f"No summary on the job's page: {page}: cannot write it" in said.stderr
        assert all(path.is_file() for path in paths.values())


def test_a_file_that_cannot_be_written_afterwards_takes_nothing_of_the_verdict(
    line: Line, tmp_path: Path
) -> None:
    work, paths = line.copy(tmp_path / "work"), files(tmp_path)
    # Room for the name, and none for that of the temporary file beside it.
    paths["junit"] = tmp_path / ("long" * 62)
    (work / "templates").mkdir(exist_ok=True)
    (work / "templates" / "gate_summary.md.j2").write_text("{% if %}")
    policies = ((line.story.policy, "pass", 2), (unreachable_policy(tmp_path), "fail", 1))
    for policy, outcome, code in policies:
        gate = ("gate", line.model, "--policy", policy, "--workspace", work, "--json")
        said = unlearnkit(*gate, *options(paths))
        assert (said.exit_code, said.json["verdict"]["outcome"]) == (code, outcome)
        assert "cannot write: File name too long" in said.stderr
        assert "gate_summary.md.j2, line 1: template:" in said.stderr
        assert [path.is_file() for path in paths.values()] == [False, True, False]
