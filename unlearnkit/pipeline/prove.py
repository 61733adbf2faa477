"""From a finished run to figures, a verdict and a signed report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from unlearnkit import resources
from unlearnkit.artefacts import load, save, sha256_file
from unlearnkit.audit.attacks.relearning import Relearning
from unlearnkit.audit.engine import AuditedModel, AuditTask
from unlearnkit.audit.engine import audit as audit_models
from unlearnkit.corpus.nlp import load_analyzer
from unlearnkit.domain import (
    CONDITIONS,
    Attack,
    AuditResult,
    ModelRole,
    Outcome,
    RequestState,
    RunManifest,
    Verdict,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import check_folder, model_digest
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.context import Context, is_main_process
from unlearnkit.pipeline.find import located, open_corpus
from unlearnkit.pipeline.material import gather
from unlearnkit.pipeline.personal import personal_targets
from unlearnkit.pipeline.runs import Run, finished_runs, refuse_file
from unlearnkit.pipeline.utility import keep_utility_text, utility_text
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.policy.verdict import judge, policy_digest
from unlearnkit.report.facts import Report, build_report
from unlearnkit.report.letters import write_letter
from unlearnkit.report.writing import write_report
from unlearnkit.workspace import Workspace


def audit(
    context: Context,
    run: Run,
    model: Path,
    reference: Path | None = None,
    *,
    utility: Path | None = None,
    attacks: Sequence[Attack] | None = None,
) -> AuditResult:
    """Measure `model` in the place of the run's unlearned model, beside the original.

    `attacks` are those of the workspace's settings where none are named. A reference or a utility
    text once given stays part of the run, and so do the attacks that were made on its model. The
    audit of the run's own model is kept for the report. Raises BadInput: model folders, the text,
    or a corpus that changed since the run.
    """
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
    models = _models(run, model, reference)
    text = utility_text(run, utility, index.info.fields)
    seed = int(manifest.settings["seed"])
    analyzer = load_analyzer(index.info.nlp)
    material = gather(
        corpus,
        manifest.forget_set,
        found,
        [Path(path) for path in manifest.holdout_paths],
        fields=index.info.fields,
        analyzer=analyzer,
        seed=seed,
        progress=context.progress,
    )
    personal = personal_targets(
        material, manifest.forget_set, found, analyzer, seed=seed, progress=context.progress
    )
    task = AuditTask(
        run_id=run.id,
        models=models,
        splits=material.audited(seed),
        owners=_owners(manifest),
        encoding=Encoding(
            str(manifest.settings["prompt_template"]), int(manifest.settings["max_length"])
        ),
        holdout_origin=material.holdout_origin,
        corpus_digest=corpus.digest,
        seed=seed,
        kept=run.scores,
        targets=personal.asked,
        ranked=personal.ranked,
        attacks=_attacks(run, models, context.workspace.config.attacks, attacks),
        relearning=Relearning(
            float(manifest.settings["learning_rate"]),
            int(manifest.settings["lora_rank"]),
            seed,
        ),
        utility=text,
    )
    result = audit_models(task, context.now(), context.progress)
    own = models[ModelRole.UNLEARNED].digest == manifest.unlearned_digest
    if own and is_main_process():
        keep_utility_text(run, text)
        result = _kept(run.audit_file, result)
        payload = {"run_id": run.id, "digest": sha256_file(run.audit_file)}
        context.record("audited", payload)
    return result


def _kept(file: Path, result: AuditResult) -> AuditResult:
    """The audit that is there, where it found the same; else this one, saved."""
    if file.is_file():
        earlier = load(file, AuditResult)
        if earlier == result.model_copy(update={"created": earlier.created}):
            return earlier
    save(file, result)
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
    """The attacks to make, and those that the run's own model was audited under before."""
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


def find_policy(workspace: Workspace, wanted: str) -> tuple[Path, Policy]:
    """A policy by path, or by name: the workspace's own policies win over those that ship.

    Raises BadInput with file and line.
    """
    path = Path(wanted or workspace.config.policy)
    if wanted and path.is_file():
        return path, load_policy(path)
    name = path.name if path.suffix in (".yaml", ".yml") else f"{path.name}.yaml"
    try:
        if path.name != str(path):  # a file was meant: one of the same name will not do
            raise FileNotFoundError
        found = resources.find("policies", name, workspace.policies_dir)
    except FileNotFoundError:
        raise BadInput(
            f"there is no policy '{path}'",
            where=workspace.policies_dir,
            fix="Give a file, or one of those that ship: default, strict, research.",
        ) from None
    return found, load_policy(found)


@dataclass(frozen=True, slots=True)
class Gated:
    """A model's figures and what the policy makes of them."""

    run_id: str
    audit: AuditResult
    verdict: Verdict


def gate(
    context: Context,
    run: Run,
    model: Path,
    policy: str,
    reference: Path | None = None,
    *,
    attacks: Sequence[Attack] | None = None,
) -> Gated:
    """Measure any model on what the run forgot, and apply a policy. Raises what `audit` raises."""
    _, rules = find_policy(context.workspace, policy)
    context.ledger.verify()
    result = audit(context, run, model, reference, attacks=attacks)
    verdict = judge(rules, policy_digest(rules), result)
    payload = {
        "run_id": run.id,
        "model_digest": result.models[ModelRole.UNLEARNED],
        "policy_digest": verdict.policy_digest,
        "outcome": verdict.outcome.value,
    }
    context.record("gated", payload)
    return Gated(run.id, result, verdict)


@dataclass(frozen=True, slots=True)
class Reported:
    """A written report: its folder, its verdict, and one letter for each request."""

    folder: Path
    report: Report
    letters: tuple[Path, ...]


def report(context: Context, run: Run, policy: str, out: Path | None = None) -> Reported:
    """Judge the run's audit, write and sign the report, and move its requests on.

    Passed: the requests are completed and their identifiers erased from the vault. Failed: they
    are ready again. Raises BadInput when the run was not audited or does not fit together.
    """
    workspace, manifest = context.workspace, run.manifest
    policy_path, rules = find_policy(workspace, policy)
    context.ledger.verify()
    if not run.audit_file.is_file():
        raise BadInput(
            f"{run.id} was not audited yet", fix=f"Run: unlearnkit audit {manifest.model_path}"
        )
    result = load(run.audit_file, AuditResult)
    verdict = judge(rules, policy_digest(rules), result)
    folder = out or run.report
    refuse_file(folder)
    requests = [context.ledger.request(one) for one in manifest.requests]
    facts = build_report(manifest, result, verdict, requests, created=context.now())
    write_report(
        folder,
        manifest,
        result,
        verdict,
        requests,
        policy_path=policy_path,
        model_dir=Path(manifest.model_path),
        signing_key=workspace.signing_key,
        public_key=workspace.public_key,
        templates_dir=workspace.templates_dir,
        created=_first_written(folder, facts),
    )
    written = load(folder / "report.json", Report)
    letters = tuple(
        write_letter(folder, written, one, workspace.templates_dir) for one in manifest.requests
    )
    payload = {
        "run_id": run.id,
        "report": sha256_file(folder / "report.json"),
        "outcome": verdict.outcome.value,
    }
    context.record("reported", payload)
    _close(context, run, verdict.outcome)
    return Reported(folder, written, letters)


def _first_written(folder: Path, facts: Report) -> datetime:
    """When the folder's report was written, where it says the same; else when these facts were."""
    try:
        earlier = load(folder / "report.json", Report)
    except BadInput:
        return facts.created
    same = earlier == facts.model_copy(update={"created": earlier.created})
    return earlier.created if same else facts.created


def _close(context: Context, run: Run, outcome: Outcome) -> None:
    """Complete the run's requests, or make them ready again; not those a newer run took over."""
    runs = finished_runs(context.workspace)
    newer = {one for other in runs[runs.index(run) + 1 :] for one in other.manifest.requests}
    to = {Outcome.PASS: RequestState.COMPLETED, Outcome.FAIL: RequestState.READY}.get(outcome)
    for request_id in run.manifest.requests:
        if to is None or request_id in newer:
            continue
        if context.ledger.request(request_id).state in (RequestState.UNLEARNED, RequestState.READY):
            context.ledger.set_state(request_id, to, context.actor)
