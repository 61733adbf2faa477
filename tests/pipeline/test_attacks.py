"""Which attacks an audit and a gate make, and what stays of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Line, opened, unlearnkit
from unlearnkit.artefacts import load
from unlearnkit.domain import CONDITIONS, Attack, AuditResult, Outcome
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.prove import gate
from unlearnkit.pipeline.runs import finished_runs


@pytest.fixture
def finished(line: Line, tmp_path: Path) -> Path:
    """A finished workspace whose settings name no attack."""
    return line.copy(tmp_path / "work")


@pytest.fixture
def under_pruning(tmp_path: Path) -> str:
    """A policy that needs figures under pruning."""
    path = tmp_path / "pruned.yaml"
    rule = "{id: one, metric: probability, split: forget, under: pruned_30, explanation: why, "
    rule += "compare: {to: absolute, at_most: 1}}"
    path.write_text(f"version: 1\nname: pruned\ndescription: none\nrules: [{rule}]\n")
    return str(path)


def made(result: AuditResult) -> set[Attack]:
    return {CONDITIONS[one.under] for one in result.attacks}


def test_the_settings_decide_where_nothing_is_named(line: Line, finished: Path) -> None:
    settings = finished / "unlearnkit.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("attacks: []", "attacks: [pruning]"), encoding="utf-8")
    with opened(finished) as context:
        (run,) = finished_runs(context.workspace)
        assert made(audit(context, run, line.model)) == {Attack.PRUNING}
        assert made(audit(context, run, line.story.model, attacks=())) == set()


def test_an_attack_once_made_stays_part_of_the_runs_audit(line: Line, finished: Path) -> None:
    with opened(finished) as context:
        (run,) = finished_runs(context.workspace)
        assert made(audit(context, run, line.model)) == set()
        first = audit(context, run, line.model, attacks=(Attack.PRUNING,))
        assert made(first) == {Attack.PRUNING}
        assert audit(context, run, line.model, attacks=()) == first
        assert load(run.audit_file, AuditResult) == first


def test_a_gate_whose_attack_was_not_made_cannot_tell_and_says_how(
    line: Line, finished: Path, under_pruning: str
) -> None:
    with opened(finished) as context:
        (run,) = finished_runs(context.workspace)
        without = gate(context, run, line.model, under_pruning)
        assert without.verdict.outcome is Outcome.CANNOT_TELL
        assert "--attacks pruning" in without.verdict.checks[0].explanation
        attacked = gate(context, run, line.model, under_pruning, attacks=(Attack.PRUNING,))
        assert attacked.verdict.outcome is Outcome.PASS


def test_the_command_line_names_them(line: Line, finished: Path, under_pruning: str) -> None:
    place = ("--workspace", finished)
    refused = unlearnkit("audit", line.model, "--attacks", "prunning", *place)
    assert refused.exit_code == 2
    assert "Did you mean 'pruning'?" in refused.stderr
    said = unlearnkit("audit", line.model, "--attacks", "pruning", *place)
    assert said.exit_code == 0
    assert "under attack" in said.stdout and "pruned 30" in said.stdout
    done = unlearnkit("gate", line.model, "--policy", under_pruning, *place)
    assert (done.exit_code, "under pruned_30" in " ".join(done.stdout.split())) == (0, True)
