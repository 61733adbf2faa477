"""The gate's verdict in an MLflow run (extra `mlflow`), beside the run that trained the model.

    with mlflow.start_run(run_id=run_id):
        log_verdict(answer)

    trainer.add_callback(PrivacyGateCallback("privacy", tell=log_verdict))

Tags say what came out, so that runs can be searched for it (`tags.privacy_gate = 'pass'`); each
rule's figure is a metric, with the training step where there is one; the whole answer is an
artefact (`unlearnkit schema gate`). It holds figures, names of rules, digests and, of a gate by
probes, request ids; no record and no identifier of a person.
MLflow's own telemetry is MLflow's: MLFLOW_DISABLE_TELEMETRY=true turns it off.
"""

from __future__ import annotations

import math
import re

from unlearnkit.domain import GateAnswer

TAG = "privacy_gate"
_UNFIT = re.compile(r"[^\w./ -]")
"""What MLflow takes in no metric's name."""


def log_verdict(answer: GateAnswer, step: int | None = None) -> None:
    """Tags, metrics and the answer itself, into the active MLflow run, or a new one."""
    import mlflow

    verdict = answer.verdict
    mlflow.set_tags(
        {
            TAG: verdict.outcome.value,
            f"{TAG}.exit_code": str(verdict.exit_code),
            f"{TAG}.policy": verdict.policy,
            f"{TAG}.policy_digest": verdict.policy_digest,
            f"{TAG}.run": answer.run,
        }
    )
    figures = {
        f"{TAG}/{_UNFIT.sub('_', one.rule)}": one.observed
        for one in verdict.checks
        if one.observed is not None and math.isfinite(one.observed)
    }
    mlflow.log_metrics(figures, step=step)
    name = "privacy-gate.json" if step is None else f"privacy-gate/step-{step}.json"
    mlflow.log_text(answer.model_dump_json(indent=2), name)
