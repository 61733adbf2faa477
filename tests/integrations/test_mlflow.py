"""The gate's verdict in MLflow's own stores: found by its tags, read back as it was."""

from __future__ import annotations

import math
from pathlib import Path

import mlflow
import pytest

from unlearnkit.domain import Check, GateAnswer, Outcome, Verdict
from unlearnkit.integrations.mlflow import log_verdict


def answer(outcome: Outcome = Outcome.FAIL) -> GateAnswer:
    def check(rule: str, observed: float | None) -> Check:
        return Check(
            rule=rule,
            outcome=outcome,
            severity="fail",
            observed=observed,
            bound="0.312 <= 0.280",
            explanation="measured",
        )

    checks = (check("nothing-recited", 0.312), check("kept: 95 %", 0.5))
    odd = (check("no-figure", None), check("no-number", math.inf))
    verdict = Verdict(policy="strict", policy_digest="ab12", outcome=outcome, checks=checks + odd)
    return GateAnswer(run="run-1", verdict=verdict)


@pytest.fixture(params=["sqlite", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """MLflow with a store of its own, of the kind it advises and of the older one."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    place = f"sqlite:///{tmp_path}/m.db" if request.param == "sqlite" else f"file:{tmp_path}/runs"
    mlflow.set_tracking_uri(place)
    mlflow.create_experiment("gates", artifact_location=f"file:{tmp_path}/artefacts")
    mlflow.set_experiment("gates")
    return place


def test_a_model_that_may_ship_is_found_by_its_tag(store: str) -> None:
    ids = {}
    for outcome in (Outcome.PASS, Outcome.FAIL):
        with mlflow.start_run() as run:
            log_verdict(answer(outcome))
        ids[outcome] = run.info.run_id
    found = mlflow.MlflowClient().search_runs(
        [run.info.experiment_id], filter_string="tags.privacy_gate = 'pass'"
    )
    assert [one.info.run_id for one in found] == [ids[Outcome.PASS]]


def test_it_joins_the_run_that_trained_the_model(store: str) -> None:
    with mlflow.start_run() as training:
        mlflow.log_metric("loss", 1.0)
    with mlflow.start_run(run_id=training.info.run_id):
        log_verdict(answer())
    data = mlflow.get_run(training.info.run_id).data
    assert data.metrics == {
        "loss": 1.0,
        "privacy_gate/nothing-recited": 0.312,
        "privacy_gate/kept_ 95 _": 0.5,
    }
    assert {key: value for key, value in data.tags.items() if key.startswith("privacy")} == {
        "privacy_gate": "fail",
        "privacy_gate.exit_code": "1",
        "privacy_gate.policy": "strict",
        "privacy_gate.policy_digest": "ab12",
        "privacy_gate.run": "run-1",
    }


def test_the_whole_answer_is_read_back(store: str) -> None:
    with mlflow.start_run() as run:
        log_verdict(answer())
        log_verdict(answer(Outcome.PASS), step=40)
    place = run.info.artifact_uri
    last = mlflow.artifacts.load_text(f"{place}/privacy-gate.json")
    assert GateAnswer.model_validate_json(last) == answer()
    at_40 = mlflow.artifacts.load_text(f"{place}/privacy-gate/step-40.json")
    assert GateAnswer.model_validate_json(at_40) == answer(Outcome.PASS)
    [figure] = mlflow.MlflowClient().get_metric_history(
        run.info.run_id, "privacy_gate/nothing-recited"
    )[1:]
    assert (figure.step, figure.value) == (40, 0.312)
