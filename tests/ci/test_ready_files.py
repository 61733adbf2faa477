"""The files for CI services, run as far as they go without the service.

Schemas of GitHub and GitLab judge the YAML; the shell of each step runs against a real workspace;
the command lines in Python are parsed by the real command line. What is not run: the services,
Airflow and Kubeflow.
"""

from __future__ import annotations

import ast
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import click
import pytest
import typer
import yaml

from tests.company import Line, unreachable_policy
from unlearnkit.cli.main import app

ROOT = Path(__file__).resolve().parent.parent.parent
CI = ROOT / "docs" / "ci"
PYTHON = ("airflow_dag.py", "kubeflow_pipeline.py")
SHELL = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
"""As GitHub runs `shell: bash`."""


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = loaded(ROOT / "action.yml")["runs"]["steps"]
    return found


def environment(folder: Path, **more: object) -> dict[str, str]:
    """This process's, with `unlearnkit` on the path as this interpreter's."""
    command = folder / "bin" / "unlearnkit"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m unlearnkit "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    source = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    given = {name: str(value) for name, value in more.items()}
    return os.environ | {"PATH": path, "PYTHONPATH": source} | given


def run(script: str, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SHELL, script],
        cwd=folder,
        env=environment(folder, **more),
        text=True,
        capture_output=True,
        check=False,
    )


def parse(words: list[str]) -> None:
    """Raise where the real command line would refuse these words."""
    assert words[0] == "unlearnkit"
    group, rest = typer.main.get_command(app), words[1:]
    while isinstance(group, click.Group) or hasattr(group, "commands"):
        group, rest = group.commands[rest[0]], rest[1:]
    group.make_context("unlearnkit", rest)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.github-actions", ROOT / "action.yml"),
        ("vendor.github-workflows", CI / "github-workflow.yml"),
        ("vendor.gitlab-ci", CI / "gitlab-ci.yml"),
    ],
)
def test_the_services_own_schemas_take_the_yaml(schema: str, path: Path) -> None:
    judge = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*judge, path], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_gives_the_action_only_inputs_it_has() -> None:
    inputs = loaded(ROOT / "action.yml")["inputs"]
    for job in loaded(CI / "github-workflow.yml")["jobs"].values():
        [used] = [one for one in job["steps"] if "unlearnkit" in one.get("uses", "")]
        assert set(used["with"]) <= set(inputs)
        assert {name for name, one in inputs.items() if one.get("required")} <= set(used["with"])


def test_no_input_is_put_into_the_text_of_a_script() -> None:
    assert all("${{" not in step["run"] for step in steps())
    named = {word for step in steps() for word in step["env"].values()}
    inputs = loaded(ROOT / "action.yml")["inputs"]
    wanted = {f"${{{{ inputs.{name} }}}}" for name in inputs if name != "install"}
    assert wanted <= named


def test_the_install_step_names_files_that_are_there() -> None:
    [step] = [one for one in steps() if one["name"] == "Install"]
    assert subprocess.run(["bash", "-n", "-c", step["run"]], check=False).returncode == 0
    for name in ("constraints.txt", "spacy-model.txt", "pyproject.toml"):
        assert (ROOT / name).is_file()
    assert "$SOURCE/constraints.txt" in step["run"]
    assert "$SOURCE/spacy-model.txt" in step["run"]


def test_the_workflow_uploads_what_is_there_alone() -> None:
    job = loaded(CI / "github-workflow.yml")["jobs"]["gate"]
    [upload] = [one for one in job["steps"] if "upload" in one.get("uses", "")]
    file = upload["with"]["sarif_file"]
    assert upload["if"] == f"always() && hashFiles('{file}') != ''"
    assert file == f"{loaded(ROOT / 'action.yml')['inputs']['out']['default']}/gate.sarif"


def gate_step(folder: Path, **inputs: object) -> tuple[subprocess.CompletedProcess[str], Path]:
    """The action's gate step with these inputs and the others' defaults, and where it writes."""
    [step] = [one for one in steps() if one["name"] == "Gate"]
    defaults = {
        name: one.get("default", "") for name, one in loaded(ROOT / "action.yml")["inputs"].items()
    }
    unknown = set(inputs) - set(defaults)
    assert not unknown
    given = {
        variable: ({**defaults, **inputs})[words.removeprefix("${{ inputs.").removesuffix(" }}")]
        for variable, words in step["env"].items()
    }
    github = {"GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "summary.md"}
    return run(step["run"], folder, **given, **github), folder / str(given["OUT"])


def test_the_actions_gate_step_ends_with_the_gates_own_code(line: Line, tmp_path: Path) -> None:
    inputs = {"model": line.model, "workspace": line.copy(tmp_path / "work"), "attacks": "none"}
    policy = unreachable_policy(tmp_path)
    done, out = gate_step(tmp_path, **inputs, policy=policy, out="out folder")
    assert done.returncode == 1, done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=1\n"
    assert json.loads((out / "gate.json").read_text())["verdict"]["outcome"] == "fail"
    assert ET.parse(out / "gate.xml").getroot().get("failures") == "1"
    assert {one.name for one in out.iterdir()} == {"gate.json", "gate.xml", "gate.sarif", "gate.md"}
    assert "Failed" in (tmp_path / "summary.md").read_text()
    wrong, out = gate_step(tmp_path, **inputs, policy=tmp_path / "none.yaml", out="out folder")
    assert wrong.returncode == 2
    assert (tmp_path / "output").read_text() == "exit-code=1\nexit-code=2\n"
    assert list(out.iterdir()) == []


def test_the_action_asks_by_probes_within_its_time_and_screens_every_corpus(
    line: Line, tmp_path: Path
) -> None:
    with_records = shutil.copy(line.story.files.records, tmp_path / "with a space.jsonl")
    inputs = {
        "model": line.story.reference,
        "workspace": line.copy(tmp_path / "work"),
        "probes": "true",
        "budget": "10m",
        "corpus": f"{line.story.files.holdout}\n\n{with_records}\n",
    }
    done, out = gate_step(tmp_path, **inputs)
    assert done.returncode == 1, done.stderr
    answer = json.loads((out / "gate.json").read_text())
    assert answer["asking"]["budget_seconds"] == 600
    outcomes = {one["rule"]: one["outcome"] for one in answer["verdict"]["checks"]}
    assert outcomes.pop("nobody-forgotten-in-the-corpus") == "fail"
    assert "fail" not in outcomes.values()
    passed, out = gate_step(tmp_path, **inputs | {"corpus": line.story.files.holdout})
    assert passed.returncode == 0, passed.stderr


def test_the_action_refuses_a_word_for_probes_that_it_would_not_heed(tmp_path: Path) -> None:
    done, _ = gate_step(tmp_path, model=tmp_path, probes="yes")
    assert done.returncode == 2
    assert "probes is true or false" in done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=2\n"


def test_gitlabs_script_checks_the_policy_and_gates(line: Line, tmp_path: Path) -> None:
    job = loaded(CI / "gitlab-ci.yml")["privacy-gate"]
    place = {"UNLEARNKIT_WORKSPACE": line.copy(tmp_path / "work"), "MODEL": line.model}
    place["RUN"] = line.run_id
    done = run("\n".join(job["script"]), tmp_path, **place, POLICY=line.story.policy)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).is_file()
    assert all((tmp_path / path).is_file() for path in job["artifacts"]["paths"])
    refused = run("\n".join(job["script"]), tmp_path, **place, POLICY=unreachable_policy(tmp_path))
    assert refused.returncode == 2


def test_gitlabs_second_script_asks_by_probes_within_its_time(line: Line, tmp_path: Path) -> None:
    job = loaded(CI / "gitlab-ci.yml")["privacy-probes"]
    place = {"UNLEARNKIT_WORKSPACE": line.copy(tmp_path / "work"), "MODEL": line.story.reference}
    done = run("\n".join(job["script"]), tmp_path, **place)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).is_file()
    assert all((tmp_path / path).is_file() for path in job["artifacts"]["paths"])


def test_the_pre_commit_hook_checks_the_policies_it_is_given(tmp_path: Path) -> None:
    [repo] = loaded(CI / "pre-commit-config.yaml")["repos"]
    [hook] = repo["hooks"]
    done = run(f"{hook['entry']} {ROOT}/policies/*.yaml", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run(f"{hook['entry']} {unreachable_policy(tmp_path)}", tmp_path).returncode == 2


def constants(path: Path) -> Iterator[list[str]]:
    """Command lines in a Python file: GATE and PROBES, or a container's command and arguments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("GATE", "PROBES"):
            named = {"MODEL": "model", "RUN": "run-1", "WORKSPACE": "work"}
            yield shlex.split(eval(ast.unparse(node.value), named))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ContainerSpec"):
            given = {one.arg: one.value for one in node.keywords}
            words = [*given["command"].elts, *given["args"].elts]  # type: ignore[attr-defined]
            line = [one.value if isinstance(one, ast.Constant) else "given" for one in words]
            if line[0] == "unlearnkit":
                yield line


@pytest.mark.parametrize("name", PYTHON)
def test_the_command_lines_in_python_are_those_of_the_real_command(name: str) -> None:
    compile((CI / name).read_text(encoding="utf-8"), name, "exec")
    for words in constants(CI / name):
        parse(words)
        with pytest.raises(Exception, match=r"[Nn]o such option"):
            parse([*words, "--no-such-option"])


def test_every_file_measures_a_named_run_and_asks_for_everybody_else_by_probes() -> None:
    """So that they do not end with "cannot tell" for good as soon as there is a second run."""
    gitlab = loaded(CI / "gitlab-ci.yml").values()
    lines = [shlex.split(one) for job in gitlab for one in job["script"] if " gate " in one]
    for gates in (lines, *map(list, map(constants, map(CI.joinpath, PYTHON)))):
        assert ["--run" in one for one in gates] == [True, False]
        assert ["--probes" in one for one in gates] == [False, True]
    jobs = loaded(CI / "github-workflow.yml")["jobs"]
    used = [one["with"] for job in jobs.values() for one in job["steps"] if "with" in one]
    gates = [one for one in used if "model" in one]
    assert [("run" in one, "probes" in one) for one in gates] == [(True, False), (False, True)]
    assert len({one.get("out") for one in gates}) == 2
