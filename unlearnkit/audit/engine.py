"""The audit: score each model on the forget, retain and holdout records, and summarise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from unlearnkit.audit.scoring import score_model
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import AuditResult, ModelRole, Progress, Record, RecordScore, Split, silent
from unlearnkit.language_model.folder import model_digest
from unlearnkit.language_model.tokens import Encoding


@dataclass(frozen=True, slots=True)
class AuditTask:
    """Which models are measured on which records."""

    run_id: str
    models: Mapping[ModelRole, Path]
    splits: Mapping[Split, Sequence[Record]]
    owners: Mapping[str, tuple[str, ...]]
    """Record id -> the requests it belongs to."""
    encoding: Encoding
    holdout_origin: str
    corpus_digest: str
    seed: int


def audit(task: AuditTask, now: datetime, progress: Progress = silent) -> AuditResult:
    """Measure every model of the task. Raises BadInput when a model folder cannot be used."""
    scores: list[RecordScore] = []
    for done, (role, folder) in enumerate(task.models.items()):
        progress("auditing", done, len(task.models))
        scores += score_model(folder, role, task.splits, task.owners, task.encoding)
    progress("auditing", len(task.models), len(task.models))
    return AuditResult(
        run_id=task.run_id,
        created=now,
        seed=task.seed,
        models={role: model_digest(folder) for role, folder in task.models.items()},
        measurements=summarise(scores, task.seed),
        records=tuple(scores),
        holdout_origin=task.holdout_origin,
        corpus_digest=task.corpus_digest,
    )
