"""From a finished run to figures: its records and models, gathered again and measured."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unlearnkit.artefacts import load, same_document, save, saved
from unlearnkit.audit.attacks.relearning import Relearning
from unlearnkit.audit.engine import audit as audit_models
from unlearnkit.audit.harness import find_tasks
from unlearnkit.audit.task import AuditedModel, AuditTask
from unlearnkit.corpus.index import IndexInfo
from unlearnkit.corpus.nlp import Analyzer, load_analyzer
from unlearnkit.corpus.reader import Corpus
from unlearnkit.domain import (
    CONDITIONS,
    Attack,
    AuditResult,
    EventKind,
    HarnessTasks,
    Located,
    ModelRole,
    Record,
    RunManifest,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import check_folder, model_digest
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.context import Context, is_main_process
from unlearnkit.pipeline.find import located, open_corpus
from unlearnkit.pipeline.kept_probes import keep_probes
from unlearnkit.pipeline.manifest import keyed_holdout
from unlearnkit.pipeline.material import Material, gather, with_decoys
from unlearnkit.pipeline.personal import personal_targets
from unlearnkit.pipeline.recorded import record_kept, refuse_changed_before_measuring
from unlearnkit.pipeline.runs import Run
from unlearnkit.pipeline.subjects import subjects
from unlearnkit.pipeline.utility import keep_utility_text, utility_text


def audit(
    context: Context,
    run: Run,
    model: Path,
    reference: Path | None = None,
    *,
    utility: Path | None = None,
    attacks: Sequence[Attack] | None = None,
    harness: HarnessTasks | None = None,
) -> AuditResult:
    """Measure `model` in the place of the run's unlearned model, beside the original.

    `attacks` are those of the workspace's settings where none are named. A reference or a utility
    text once given stays part of the run, and so do the attacks that were made on its model. The
    audit of the run's own model is kept for the report. Tasks of the harness are those of this
    audit alone. Raises BadInput: model folders, the text, an unknown task, or a corpus or holdout
    that changed since the run; VerificationFailed: a file of the run is not as it was recorded.
    """
    if harness is not None:
        find_tasks(harness)  # before the hours that an audit may take
    prepared = prepare(context, run, model, reference, utility=utility, attacks=attacks)
    task = replace(prepared.task, harness=harness)
    result = audit_models(task, context.now(), context.progress)
    record_kept(context, run)
    own = task.models[ModelRole.UNLEARNED].digest == run.manifest.unlearned_digest
    if own and is_main_process():
        keep_utility_text(run, task.utility)
        keep_probes(context, run, task, prepared.retain, prepared.analyzer)
        result = _kept(context, run, result)
    return result


@dataclass(frozen=True, slots=True)
class PreparedAudit:
    """What is measured, and what else its records were gathered from."""

    task: AuditTask
    retain: Sequence[Record]
    """All retained records, of which the task has only a sample, and the parts that are kept of
    records forgotten in part."""
    analyzer: Analyzer


def prepare(
    context: Context,
    run: Run,
    model: Path,
    reference: Path | None,
    *,
    utility: Path | None,
    attacks: Sequence[Attack] | None,
) -> PreparedAudit:
    """The audit's task: the run's records, as they were, their personal values, and the models.

    Raises what `audit` raises.
    """
    refuse_changed_before_measuring(context, run)
    manifest, settings = run.manifest, run.manifest.settings
    index, corpus, found = _same_records(context, run)
    models = _models(run, model, reference)
    text = utility_text(run, utility, index.fields)
    seed, analyzer = int(settings["seed"]), load_analyzer(index.nlp)
    material = gather(
        corpus,
        manifest.forget_set,
        found,
        [Path(path) for path in manifest.holdout_paths],
        fields=index.fields,
        analyzer=analyzer,
        seed=seed,
        progress=context.progress,
    )
    _refuse_other_holdout(context, manifest, material)
    personal = personal_targets(
        material, manifest.forget_set, found, analyzer, seed=seed, progress=context.progress
    )
    task = AuditTask(
        run_id=run.id,
        models=models,
        splits=with_decoys(material.audited(seed), analyzer, seed, progress=context.progress),
        owners=_owners(manifest),
        encoding=Encoding(str(settings["prompt_template"]), int(settings["max_length"])),
        holdout_origin=material.holdout_origin,
        corpus_digest=corpus.digest,
        seed=seed,
        kept=run.scores,
        targets=personal.asked,
        ranked=personal.ranked,
        subjects=subjects(
            material,
            manifest.forget_set,
            analyzer,
            context.workspace.config.locate.shared_after,
        ),
        attacks=_attacks(run, models, context.workspace.config.attacks, attacks),
        relearning=Relearning(float(settings["learning_rate"]), int(settings["lora_rank"]), seed),
        utility=text,
    )
    return PreparedAudit(task, (*material.retain, *material.kept_parts), analyzer)


def _same_records(context: Context, run: Run) -> tuple[IndexInfo, Corpus, list[Located]]:
    """The index, the corpus and what was found in it, if they are still those of the run."""
    manifest = run.manifest
    index, corpus = open_corpus(context)
    if corpus.digest != manifest.forget_set.corpus_digest:
        raise BadInput(
            f"the corpus changed since {run.id} was made, so it cannot be measured on it",
            fix="Put the records back as they were, or unlearn again.",
        )
    found = [located(context, one) for one in manifest.requests]
    if any(one.corpus_digest != corpus.digest for one in found):
        raise BadInput(
            f"the records of {run.id} were located again since, on another corpus",
            fix="Index the run's corpus and locate its requests on it, or unlearn again.",
        )
    return index.info, corpus, found


def _refuse_other_holdout(context: Context, manifest: RunManifest, material: Material) -> None:
    """Raise BadInput where the given never-seen records are not those of the run."""
    now = keyed_holdout(material, context.workspace.pseudonym_key)
    if manifest.holdout_read and now != manifest.holdout_read:
        raise BadInput(
            f"the holdout changed since {manifest.run_id} was made, so it is no measure for it",
            where=", ".join(manifest.holdout_paths),
            fix="Put the records back as they were, or unlearn again with these.",
        )


def _kept(context: Context, run: Run, result: AuditResult) -> AuditResult:
    """The audit that is there, where it found the same; else this one, saved.

    It is recorded first: what is there is then always an audit that the ledger knows.
    """
    if run.audit_file.is_file():
        earlier = load(run.audit_file, AuditResult)
        if same_document(earlier, result.model_copy(update={"created": earlier.created})):
            result = earlier
    payload = {"run_id": run.id, "digest": hashlib.sha256(saved(result)).hexdigest()}
    context.record(EventKind.AUDITED, payload)
    save(run.audit_file, result)
    return result


def _models(run: Run, model: Path, reference: Path | None) -> dict[ModelRole, AuditedModel]:
    """The audited models by role. What was measured before may be gone from the disk since."""
    manifest = run.manifest
    check_folder(model)
    original = AuditedModel(Path(manifest.original_path), manifest.original_digest)
    if original.folder.is_dir() and model_digest(original.folder) != original.digest:
        raise BadInput(
            f"the original model changed since {run.id} was made",
            where=original.folder,
            fix="Put it back as it was: before and after are measured on the same model.",
        )
    models = {
        ModelRole.ORIGINAL: original,
        ModelRole.UNLEARNED: AuditedModel(model, model_digest(model)),
    }
    if reference is not None:
        check_folder(reference)
        models[ModelRole.REFERENCE] = AuditedModel(reference, model_digest(reference))
    elif run.audit_file.is_file():
        known = load(run.audit_file, AuditResult).models.get(ModelRole.REFERENCE)
        if known is not None:
            models[ModelRole.REFERENCE] = AuditedModel(Path("the retrained reference"), known)
    return models


def _attacks(
    run: Run,
    models: Mapping[ModelRole, AuditedModel],
    usual: Sequence[Attack],
    wanted: Sequence[Attack] | None,
) -> tuple[Attack, ...]:
    """The attacks to make, and those that the run's own model was audited under before.

    Its audit is what the report is made of: one more look, with fewer attacks, must not take out of
    it what an attack brought back.
    """
    chosen = set(usual if wanted is None else wanted)
    if run.audit_file.is_file():
        earlier = load(run.audit_file, AuditResult)
        if earlier.models[ModelRole.UNLEARNED] == models[ModelRole.UNLEARNED].digest:
            chosen |= {CONDITIONS[one.under] for one in earlier.attacks}
    return tuple(one for one in Attack if one in chosen)


def _owners(manifest: RunManifest) -> dict[str, tuple[str, ...]]:
    owners: dict[str, tuple[str, ...]] = {}
    for request_id, records in manifest.forget_set.records.items():
        for record_id in records:
            owners[record_id] = (*owners.get(record_id, ()), request_id)
    return owners
