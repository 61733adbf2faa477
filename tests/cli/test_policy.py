"""`policy check` and `policy explain` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import unlearnkit, unreachable_policy
from unlearnkit.resources import shipped
from unlearnkit.workspace import Workspace


def policies_of(workspace: Path) -> Path:
    """A default of the workspace's own, wider than what ships, and a policy `wide`."""
    own = Workspace.create(workspace).policies_dir
    wider = (own / "default.yaml").read_text().replace("within: 0.10", "within: 0.90")
    for name in ("default", "wide"):
        (own / f"{name}.yaml").write_text(wider)
    return own


def test_a_good_policy_ends_with_0_and_a_bad_one_with_2(tmp_path: Path) -> None:
    good = unlearnkit("policy", "check", "default", "strict", "research")
    assert (good.exit_code, good.stdout.count("nothing to find fault with")) == (0, 3)
    path = unreachable_policy(tmp_path)
    bad = unlearnkit("policy", "check", "default", path)
    assert bad.exit_code == 2
    assert f"{path}:4: error: one: no model can meet this rule" in bad.stdout


def test_a_warning_leaves_0(tmp_path: Path) -> None:
    path = unreachable_policy(tmp_path)
    path.write_text(path.read_text().replace("at_most: -1", "at_most: 1"))
    said = unlearnkit("policy", "check", path)
    assert said.exit_code == 0
    assert f"{path}:4: warning: one: every model meets this rule" in said.stdout


def test_the_findings_are_there_for_machines(tmp_path: Path) -> None:
    path = unreachable_policy(tmp_path)
    said = unlearnkit("policy", "check", path, "--json")
    assert said.exit_code == 2
    [checked] = said.json
    assert checked["file"] == str(path)
    assert [(one["line"], one["level"], one["rule"]) for one in checked["findings"]] == [
        (4, "error", "one")
    ]


def test_a_policy_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    said = unlearnkit("policy", "explain", "defualt")
    assert (said.exit_code, "there is no policy" in said.stderr) == (2, True)
    said = unlearnkit("policy", "check", tmp_path / "none.yaml")
    assert said.exit_code == 2
    assert f"{tmp_path}/none.yaml:1: error: there is no policy" in said.stdout
    assert "those that ship: default" in said.stdout


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_checked(tmp_path: Path) -> None:
    bad = unreachable_policy(tmp_path)
    torn, twice = tmp_path / "torn.yaml", tmp_path / "twice.yaml"
    torn.write_text("rules: [\n")
    twice.write_text("name: x\nname: y\n")
    for files in ((torn, bad, twice), (bad, twice, torn)):
        said = unlearnkit("policy", "check", *files)
        assert said.exit_code == 2
        lines = said.stdout.splitlines()
        assert [line.partition(":")[0] for line in lines] == [str(one) for one in files]
    found = unlearnkit("policy", "check", torn, "none", bad, "--json").json
    assert [one["file"] for one in found] == [str(torn), "none", str(bad)]
    assert [one["findings"][0]["line"] for one in found] == [2, 1, 4]


def test_a_policy_is_explained_by_name_and_by_file() -> None:
    by_name = unlearnkit("policy", "explain", "strict")
    by_file = unlearnkit("policy", "explain", shipped("policies") / "strict.yaml")
    assert by_name.exit_code == 0
    assert by_name.stdout == by_file.stdout
    for words in ("Passes:", "Cannot tell:", "It decides:", "forgotten-like-unseen"):
        assert words in by_name.stdout
    rules = unlearnkit("policy", "explain", "strict", "--json").json["rules"]
    assert {"rule", "says", "passes", "cannot_tell", "counts"} == set(rules[0])


def test_a_name_is_the_workspaces_own_as_it_is_for_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = policies_of(tmp_path / "privacy")
    there = ("--workspace", tmp_path / "privacy")
    for name in ("default", "wide"):
        assert "+0.9" in unlearnkit("policy", "explain", name, *there).stdout
        assert f"{own / name}.yaml: " in unlearnkit("policy", "check", name, *there).stdout
    assert "+0.9" not in unlearnkit("policy", "explain", "default").stdout
    monkeypatch.chdir(tmp_path / "privacy")
    assert "+0.9" in unlearnkit("policy", "explain", "wide").stdout


def test_a_workspace_that_is_named_has_to_be_one_but_a_file_needs_none(tmp_path: Path) -> None:
    nowhere = ("--workspace", tmp_path / "nowhere")
    said = unlearnkit("policy", "explain", "default", *nowhere)
    assert (said.exit_code, "there is no workspace here" in said.stderr) == (2, True)
    path = unreachable_policy(tmp_path)
    assert "no model can meet" in unlearnkit("policy", "check", path, *nowhere).stdout


HOSTILE = "x\\n::error::y\\e[31m\\e]8;;https://else.example\\a[red]z"
"""A string of YAML: a workflow command of GitHub's, colour, a link, and Rich's markup."""
SHOWN = r"x\n::error::y\x1b[31m\x1b]8;;https://else.example\x07[red]z"


def whole(said: str) -> str:
    """What was printed, after making sure that it holds nothing but lines of ours."""
    assert not any(line.lstrip().startswith("::") for line in said.splitlines())
    assert all(one.isprintable() or one == "\n" for one in said)
    return said


@pytest.mark.parametrize(
    "rules",
    [
        f'[{{id: "{HOSTILE}"}}]',
        f'[{{id: one, metric: "{HOSTILE}"}}]',
        f'[{{id: one, "{HOSTILE}": 1}}]',
        f'[{{id: one, "{HOSTILE}": 1, "{HOSTILE}": 1}}]',
        f'[{{id: one, under: !x "{HOSTILE}"}}]',
    ],
)
def test_what_a_policy_says_is_quoted_where_it_is_found_fault_with(
    tmp_path: Path, rules: str
) -> None:
    path = tmp_path / "[red]policy.yaml"
    path.write_text(f"version: 1\nname: n\ndescription: d\nrules: {rules}\n")
    said = unlearnkit("policy", "check", path)
    assert said.exit_code == 2
    assert str(path) in whole(said.stdout)
    assert SHOWN in said.stdout or "!x" in said.stdout
    whole(unlearnkit("policy", "explain", path).stderr)


def test_what_a_policy_says_is_quoted_where_it_is_explained(tmp_path: Path) -> None:
    path = unreachable_policy(tmp_path)
    text = path.read_text().replace("why", f'"{HOSTILE} {"word " * 30}::error::y"')
    text = text.replace("name: unreachable", 'name: "::error::[red]z"')
    path.write_text(text.replace("description: none", f'description: "{HOSTILE}"'))
    said = whole(unlearnkit("policy", "explain", path).stdout)
    assert said.startswith("Policy ::error::[red]z: x ::error::y")


def test_a_files_name_is_no_markup(tmp_path: Path) -> None:
    path = tmp_path / "[red]good.yaml"
    path.write_text((shipped("policies") / "strict.yaml").read_text())
    assert unlearnkit("policy", "check", path).stdout == f"{path}: nothing to find fault with\n"
