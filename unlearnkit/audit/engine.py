"""The audit: score each model on the forget, retain and holdout records, attack, summarise."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from unlearnkit.artefacts import load, save
from unlearnkit.audit.attacks.engine import Attacked, AttackTask, attack
from unlearnkit.audit.attacks.figures import attack_differences, attack_figures
from unlearnkit.audit.decoy_figures import decoy_measurements
from unlearnkit.audit.differences import differences
from unlearnkit.audit.harness import harness_figures
from unlearnkit.audit.leakage_figures import leakage_measurements, leakage_table, with_counts
from unlearnkit.audit.logit_lens_figures import lens_depths, lens_measurements
from unlearnkit.audit.perplexity import WindowLosses, described, perplexities, window_losses
from unlearnkit.audit.perplexity import material_digest as perplexity_digest
from unlearnkit.audit.scores import Scores, model_scores
from unlearnkit.audit.summary import summarise
from unlearnkit.audit.task import AuditTask, material_digest, refuse_missing
from unlearnkit.domain import AuditResult, Measurement, ModelRole, Progress, silent
from unlearnkit.language_model.processes import by_the_first, from_the_first, known


def audit(task: AuditTask, now: datetime, progress: Progress = silent) -> AuditResult:
    """Measure every model of the task. Raises BadInput when a model folder cannot be used."""
    known()
    losses = _losses(task)
    scored = _scored(task, progress)
    records = [one for model in scored.values() for one in model.records]
    values = [one for model in scored.values() for one in model.values]
    ranks = [one for model in scored.values() for one in model.ranks]
    lens = [one for model in scored.values() for one in model.lens]
    unread = {role: model.lens_missing for role, model in scored.items()}
    roles = list(task.models)
    attacked = _attacked(task, progress)
    tasks = from_the_first(partial(_tasks, task))
    return AuditResult(
        run_id=task.run_id,
        created=now,
        seed=task.seed,
        models={role: model.digest for role, model in task.models.items()},
        measurements=(
            *summarise(records, task.seed, task.subjects),
            *leakage_measurements(values, roles, task.seed, task.subjects),
            *decoy_measurements(ranks, roles, task.holdout_origin, task.seed, task.subjects),
            *lens_measurements(lens, roles, unread, task.seed, task.subjects),
            *attack_figures(attacked, task.seed, task.subjects),
            *perplexities(losses, task.seed),
            *tasks,
        ),
        differences=(
            *differences(records, task.subjects),
            *attack_differences(attacked, task.subjects),
        ),
        leakage=leakage_table(values, task.seed, task.subjects),
        asked=tuple(one for model in scored.values() for one in model.asked),
        decoy_ranks=tuple(ranks),
        lens=lens_depths(lens),
        records=tuple(with_counts(records, values)),
        attacks=tuple(one.cost for one in attacked),
        curves=tuple(curve for one in attacked for curve in one.curves),
        holdout_origin=task.holdout_origin,
        corpus_digest=task.corpus_digest,
        utility_text=described(task.utility, task.encoding.max_length, losses)
        if task.utility
        else None,
    )


def _scored(task: AuditTask, progress: Progress) -> dict[ModelRole, Scores]:
    scored = {}
    for done, (role, model) in enumerate(task.models.items()):
        progress("auditing (model)", done, len(task.models))
        scored[role] = model_scores(task, role, model)
    progress("auditing (model)", len(task.models), len(task.models))
    return scored


def _tasks(task: AuditTask) -> list[Measurement]:
    if task.harness is None:
        return []
    folders = {role: model.folder for role, model in task.models.items()}
    return harness_figures(folders, task.harness, task.seed)


def _losses(task: AuditTask) -> dict[ModelRole, WindowLosses]:
    """Each model's losses on the utility text, kept like its scores; none without such a text."""
    if task.utility is None:
        return {}
    length = task.encoding.max_length
    material = perplexity_digest(task.utility, length)
    found = {}
    for role, model in task.models.items():
        path = task.kept / f"{model.digest[:16]}-{material[:16]}.json"
        kept = from_the_first(partial(_kept_losses, path, (model.digest, material)))
        if kept is None:
            refuse_missing(role, model)
            kept = window_losses(model.folder, model.digest, task.utility, length)
            by_the_first(partial(save, path, kept))
        found[role] = kept
    return found


def _kept_losses(path: Path, digests: tuple[str, str]) -> WindowLosses | None:
    found = load(path, WindowLosses) if path.is_file() else None
    return found if found and (found.model_digest, found.material) == digests else None


def _attacked(task: AuditTask, progress: Progress) -> list[Attacked]:
    attacks = AttackTask(
        attacks=task.attacks,
        splits=task.splits,
        encoding=task.encoding,
        material=material_digest(task),
        relearning=task.relearning,
        kept=task.kept,
    )
    return [
        one
        for role, model in task.models.items()
        for one in attack(attacks, role, model.folder, model.digest, progress)
    ]
