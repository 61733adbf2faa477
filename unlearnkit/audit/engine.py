"""The audit: score each model on the forget, retain and holdout records, attack, summarise."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import load, save
from unlearnkit.audit.attacks.engine import Attacked, AttackTask, attack
from unlearnkit.audit.attacks.figures import attack_differences, attack_figures
from unlearnkit.audit.attacks.relearning import Relearning
from unlearnkit.audit.decoy_figures import decoy_measurements
from unlearnkit.audit.decoy_ranks import decoy_ranks
from unlearnkit.audit.differences import differences
from unlearnkit.audit.harness import HarnessTasks, harness_figures
from unlearnkit.audit.leakage import leaked_values
from unlearnkit.audit.leakage_figures import leakage_measurements, leakage_table, with_counts
from unlearnkit.audit.logit_lens import NO_LENS, lens_scores
from unlearnkit.audit.logit_lens_figures import lens_depths, lens_measurements
from unlearnkit.audit.perplexity import WindowLosses, described, perplexities, window_losses
from unlearnkit.audit.perplexity import material_digest as perplexity_digest
from unlearnkit.audit.scoring import loaded, score_records
from unlearnkit.audit.summary import summarise
from unlearnkit.audit.targets import Target, targets_digest
from unlearnkit.corpus.plain_text import PlainText
from unlearnkit.corpus.reader import digest_records
from unlearnkit.domain import (
    Artefact,
    AskingCost,
    Attack,
    AuditResult,
    DecoyRank,
    LensScore,
    Measurement,
    ModelRole,
    Progress,
    Record,
    RecordScore,
    Split,
    ValueScore,
    silent,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.processes import by_the_first, from_the_first, wait_long
from unlearnkit.language_model.tokens import Encoding

FIGURES = 5
"""Which figures a record gets: scores kept with fewer of them are made again."""


@dataclass(frozen=True, slots=True)
class AuditedModel:
    """A model folder and the digest it has; the folder may be gone where its scores are kept."""

    folder: Path
    digest: str


@dataclass(frozen=True, slots=True)
class AuditTask:
    """Which models are measured on which records."""

    run_id: str
    models: Mapping[ModelRole, AuditedModel]
    splits: Mapping[Split, Sequence[Record]]
    owners: Mapping[str, tuple[str, ...]]
    """Record id -> the requests it belongs to."""
    encoding: Encoding
    holdout_origin: str
    corpus_digest: str
    seed: int
    kept: Path
    """Folder of scores: a model that was measured on the same records is not measured again."""
    targets: Mapping[Split, Sequence[Target]] = field(default_factory=dict)
    """Personal values that every model is asked for."""
    ranked: Mapping[Split, Sequence[Target]] = field(default_factory=dict)
    """Personal values that every model compares with others of their kinds, and whose places every
    layer is read at."""
    subjects: Mapping[Split, Mapping[str, str]] = field(default_factory=dict)
    """Whose the records are: what the decoy test shuffles whole."""
    attacks: Sequence[Attack] = ()
    """What is tried to bring the forget set back."""
    relearning: Relearning = field(default_factory=Relearning)
    utility: PlainText | None = None
    """A text that perplexity is measured on, beside the records."""
    harness: HarnessTasks | None = None
    """Tasks of the lm-evaluation-harness; their figures are made anew each time."""


class Scores(Artefact):
    """Every record's figures under one model."""

    model_digest: str
    material: str
    """Digest of the records and of how they become tokens."""
    records: tuple[RecordScore, ...]
    values: tuple[ValueScore, ...] = ()
    asked: tuple[AskingCost, ...] = ()
    ranks: tuple[DecoyRank, ...] = ()
    lens: tuple[LensScore, ...] = ()
    lens_missing: str = ""
    """Why no layer was read."""


def audit(task: AuditTask, now: datetime, progress: Progress = silent) -> AuditResult:
    """Measure every model of the task. Raises BadInput when a model folder cannot be used."""
    wait_long()
    losses = _losses(task)
    records: list[RecordScore] = []
    values: list[ValueScore] = []
    asked: list[AskingCost] = []
    ranks: list[DecoyRank] = []
    lens: list[LensScore] = []
    unread: dict[ModelRole, str] = {}
    for done, (role, model) in enumerate(task.models.items()):
        progress("auditing (model)", done, len(task.models))
        found = _scores(task, role, model)
        records += [one.model_copy(update={"model": role}) for one in found.records]
        values += [one.model_copy(update={"model": role}) for one in found.values]
        asked += [one.model_copy(update={"model": role}) for one in found.asked]
        ranks += [one.model_copy(update={"model": role}) for one in found.ranks]
        lens += [one.model_copy(update={"model": role}) for one in found.lens]
        unread[role] = found.lens_missing
    progress("auditing (model)", len(task.models), len(task.models))
    roles = list(task.models)
    attacked = from_the_first(partial(_attacked, task, progress))
    tasks = from_the_first(partial(_tasks, task))
    return AuditResult(
        run_id=task.run_id,
        created=now,
        seed=task.seed,
        models={role: model.digest for role, model in task.models.items()},
        measurements=(
            *summarise(records, task.seed),
            *leakage_measurements(values, roles, task.seed),
            *decoy_measurements(ranks, roles, task.holdout_origin, task.seed, task.subjects),
            *lens_measurements(lens, roles, unread, task.seed),
            *attack_figures(attacked, task.seed),
            *perplexities(losses, task.seed),
            *tasks,
        ),
        differences=(*differences(records), *attack_differences(attacked)),
        leakage=leakage_table(values, task.seed),
        asked=tuple(asked),
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
        kept = load(path, WindowLosses) if path.is_file() else None
        if kept is None or (kept.model_digest, kept.material) != (model.digest, material):
            _refuse_missing(role, model)
            kept = window_losses(model.folder, model.digest, task.utility, length)
            by_the_first(partial(save, path, kept))
        found[role] = kept
    return found


def _scores(task: AuditTask, role: ModelRole, model: AuditedModel) -> Scores:
    """The kept scores, else new ones.

    They are kept under what they depend on, never under a role: the original model that is gated is
    the original model that was audited.
    """
    material = material_digest(task)
    path = task.kept / f"{model.digest[:16]}-{material[:16]}.json"
    if path.is_file():
        found = load(path, Scores)
        if (found.model_digest, found.material) == (model.digest, material):
            return found
    _refuse_missing(role, model)
    scores = _measured(task, role, model, material)
    by_the_first(partial(save, path, scores))
    return scores


def _refuse_missing(role: ModelRole, model: AuditedModel) -> None:
    if not model.folder.is_dir():
        raise BadInput(
            f"the {role} model is not there, and it was not measured on these records or this "
            "text before, or by an earlier version with fewer figures",
            where=model.folder,
            fix="Put it back, or give the retrained one with --reference.",
        )


def _measured(task: AuditTask, role: ModelRole, model: AuditedModel, material: str) -> Scores:
    """The figures of one model."""
    language_model, device = loaded(model.folder)
    records = score_records(
        language_model, task.splits, task.encoding, device, role=role, owners=task.owners
    )
    of_values = from_the_first(partial(_of_values, task, language_model, device, role))
    return Scores(model_digest=model.digest, material=material, records=tuple(records), **of_values)


def _of_values(
    task: AuditTask, language_model: LanguageModel, device: Any, role: ModelRole
) -> dict[str, Any]:
    """The fields of Scores that are about single personal values."""
    values: list[ValueScore] = []
    asked: list[AskingCost] = []
    for split, some in task.targets.items():
        more, costs = leaked_values(
            language_model, some, task.encoding, task.seed, device, split=split, role=role
        )
        values += more
        asked += costs
    ranks: list[DecoyRank] = []
    lens: list[LensScore] = []
    unread = ""
    for split, some in task.ranked.items():
        given = (language_model, some, task.encoding, device)
        ranks += decoy_ranks(*given, split=split, role=role)
        read = lens_scores(*given, split=split, role=role)
        unread = NO_LENS if read is None else ""
        lens += read or []
    return {
        "values": tuple(values),
        "asked": tuple(asked),
        "ranks": tuple(ranks),
        "lens": tuple(lens),
        "lens_missing": unread,
    }


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


def material_digest(task: AuditTask) -> str:
    """Hex SHA-256 over what the figures of a model depend on, the model apart."""
    how = (FIGURES, sorted(asdict(task.encoding).items()))
    total = hashlib.sha256(repr(how).encode())
    for split in (one for one in Split if one not in (Split.UTILITY, Split.TASKS)):
        total.update(f"{split}:{digest_records(task.splits.get(split, ()))}\n".encode())
        total.update(f"{task.seed}:{targets_digest(task.targets.get(split, ()))}\n".encode())
        total.update(f"{targets_digest(task.ranked.get(split, ()))}\n".encode())
    return total.hexdigest()
