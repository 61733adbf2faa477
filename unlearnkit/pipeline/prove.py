"""From a run's figures to a verdict and a signed report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import document_digest, load, same_document, sha256_file
from unlearnkit.corpus.sources import Place
from unlearnkit.domain import (
    Asking,
    Attack,
    AuditResult,
    EventKind,
    GateAnswer,
    ModelRole,
    Outcome,
    Request,
    RequestState,
    Verdict,
)
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.closing import complete
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.earlier_verdicts import earlier_verdicts
from unlearnkit.pipeline.keys import refuse_half_rotated
from unlearnkit.pipeline.recorded import refuse_changed
from unlearnkit.pipeline.requests import closed_at
from unlearnkit.pipeline.runs import Run, finished_runs, refuse_file
from unlearnkit.pipeline.screen import as_check, screen
from unlearnkit.pipeline.unmeasured import as_check as unmeasured
from unlearnkit.policy.files import policy_file
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.policy.verdict import judge, policy_digest, with_check
from unlearnkit.report.facts import Completed, LedgerFacts, Report, build_report
from unlearnkit.report.letters import (
    kept_drafts,
    withdraw_letters,
    write_letter,
    write_processing_record,
)
from unlearnkit.report.writing import taken_away, write_report
from unlearnkit.resources import letter_template
from unlearnkit.workspace import Workspace


def find_policy(workspace: Workspace, wanted: str) -> tuple[Path, Policy]:
    """A policy by path, or by name: the workspace's own policies win over those that ship.

    Raises BadInput with file and line.
    """
    path = Path(wanted or workspace.config.policy)
    if wanted and path.is_file():
        return path, load_policy(path)
    found = policy_file(path, workspace.policies_dir)
    return found, load_policy(found)


@dataclass(frozen=True, slots=True)
class Gated:
    """A model's figures and what the policy makes of them."""

    run_id: str
    audit: AuditResult
    verdict: Verdict
    policy_file: Path
    policy: Policy
    asking: Asking | None = None

    @property
    def answer(self) -> GateAnswer:
        """What is told to other programs."""
        return GateAnswer(run=self.run_id, verdict=self.verdict, asking=self.asking)


def check_policy(workspace: Path, policy: str) -> None:
    """Raise what `gate` would of a policy; needs no lock, and reads nothing but settings and it."""
    find_policy(Workspace.open(workspace), policy)


def gate(
    context: Context,
    run: Run,
    model: Path,
    policy: str,
    reference: Path | None = None,
    *,
    attacks: Sequence[Attack] | None = None,
    corpus: Sequence[Place] = (),
    named: bool = False,
) -> Gated:
    """Measure any model on what the run forgot, and apply a policy.

    `corpus`, where given, is what the model was trained on: it is screened first, and that is one
    check more. So is that other runs forgot people who were not measured; it only warns where
    somebody `named` the run. Raises what `audit` and `screen` raise.
    """
    policy_path, rules = find_policy(context.workspace, policy)
    context.ledger.verify()
    screened = as_check(screen(context, corpus)) if corpus else None
    result = audit(context, run, model, reference, attacks=attacks)
    verdict = judge(rules, policy_digest(rules), result)
    if screened is not None:
        verdict = with_check(verdict, screened)
    if (others := unmeasured(context, run, named=named)) is not None:
        verdict = with_check(verdict, others)
    gated = Gated(run.id, result, verdict, policy_path, rules)
    record_gated(context, gated)
    return gated


def record_gated(context: Context, gated: Gated, **more: Any) -> None:
    """One event for a gate's verdict, with `more` of what it rests on."""
    payload = {
        "run_id": gated.run_id,
        "model_digest": gated.audit.models[ModelRole.UNLEARNED],
        "policy_digest": gated.verdict.policy_digest,
        "outcome": gated.verdict.outcome.value,
        "digest": document_digest(gated.answer),
    }
    context.record_execution(EventKind.GATED, payload | more)


@dataclass(frozen=True, slots=True)
class Reported:
    """A written report: its folder, its verdict, and letters for each request not rejected since.

    `not_listed` tells of what could not go on the do-not-train list.
    """

    folder: Path
    report: Report
    letters: tuple[Path, ...]
    not_listed: tuple[str, ...] = ()


def report(
    context: Context,
    run: Run,
    policy: str,
    out: Path | None = None,
    *,
    sign_model_too: bool = False,
) -> Reported:
    """Judge the run's audit, write and sign the report, and move its requests on.

    Passed: the requests are completed, their identifiers erased from the vault, and keyed hashes
    of them put on the do-not-train list. Failed: they are ready again. Raises BadInput when the
    run was not audited or does not fit together, and while the signing key is half replaced;
    VerificationFailed when the ledger does not hold, or the run's files are not as it has them.
    """
    workspace, manifest = context.workspace, run.manifest
    refuse_half_rotated(workspace)
    policy_path, rules = find_policy(workspace, policy)
    for language in workspace.config.letters:
        letter_template(language, workspace.templates_dir)
    context.ledger.verify()
    refuse_changed(context, run)
    result = _audit_of(run)
    verdict = judge(rules, policy_digest(rules), result)
    folder = out or run.report
    refuse_file(folder)
    requests = [context.ledger.request(one) for one in manifest.requests]
    head = context.ledger.head()
    facts = build_report(
        manifest,
        result,
        verdict,
        requests,
        created=context.now(),
        ledger=LedgerFacts(size=head.size, head=head.hash),
        earlier=earlier_verdicts(context.ledger.events(), run.id, verdict),
    )
    gone, kept = taken_away(folder, sign_model_too), kept_drafts(folder)
    write_report(
        folder,
        _first_written(folder, facts),
        policy_path=policy_path,
        model_dir=Path(manifest.model_path),
        signing_key=workspace.signing_key,
        public_key=workspace.public_key,
        templates_dir=workspace.templates_dir,
        sign_model_too=sign_model_too,
        model_key=workspace.model_key if sign_model_too else None,
    )
    written = load(folder / "report.json", Report)
    letters = _write_letters(context, folder, written, requests)
    write_processing_record(folder, written, workspace.templates_dir)
    _say_replaced(context, gone, sorted(kept_drafts(folder) - kept))
    payload = {
        "run_id": run.id,
        "report": sha256_file(folder / "report.json"),
        "outcome": verdict.outcome.value,
        "policy": verdict.policy,
        "policy_digest": verdict.policy_digest,
    }
    context.record(EventKind.REPORTED, payload)
    return Reported(folder, written, letters, _close(context, run, verdict.outcome))


def _say_replaced(context: Context, gone: Sequence[str], kept: Sequence[Path]) -> None:
    if gone:
        context.tell(
            f"taken away with the earlier report, whose signature it was: {', '.join(gone)}"
        )
    for path in kept:
        context.tell(f"an earlier draft, which says something else, was kept as {path}")


def _audit_of(run: Run) -> AuditResult:
    if not run.audit_file.is_file():
        raise BadInput(
            f"{run.id} was not audited yet", fix=f"Run: unlearnkit audit {run.manifest.model_path}"
        )
    return load(run.audit_file, AuditResult)


def _write_letters(
    context: Context, folder: Path, written: Report, requests: Sequence[Request]
) -> tuple[Path, ...]:
    """A draft to each person in each of the workspace's languages.

    None to those whose request was rejected since: it would say what was done for them. Theirs of
    an earlier report are put aside.
    """
    own = context.workspace.templates_dir
    told = [one for one in requests if one.state is not RequestState.REJECTED]
    for one in requests:
        if one not in told:
            context.tell(f"request {one.id} was rejected, so no letter on this run was written")
            withdraw_letters(folder, one.id)
    done = {one.id: completed(context, one) for one in told}
    return tuple(
        write_letter(folder, written, one.id, own, language, completed=done[one.id])
        for one in told
        for language in context.workspace.config.letters
    )


def completed(context: Context, request: Request) -> Completed | None:
    """When the request was completed and by which policy; None where it was not."""
    at = closed_at(context, request) if request.state is RequestState.COMPLETED else None
    if at is None:
        return None
    run_ids = {
        one.id for one in finished_runs(context.workspace) if request.id in one.manifest.requests
    }
    policies = [
        str(one.payload.get("policy", ""))
        for one in context.ledger.events()
        if one.kind == EventKind.REPORTED
        and one.payload.get("run_id") in run_ids
        and one.payload.get("outcome") == Outcome.PASS
        and datetime.fromisoformat(one.time) <= at
    ]
    return Completed(at, policies[-1] if policies else "")


def _first_written(folder: Path, facts: Report) -> Report:
    """The folder's report, where it says the same of the run; else these facts."""
    try:
        earlier = load(folder / "report.json", Report)
    except BadInput:
        return facts
    of_its_time = ("created", "ledger", "renderer")
    now = facts.model_copy(update={one: getattr(earlier, one) for one in of_its_time})
    return earlier if same_document(earlier, now) else facts


def _close(context: Context, run: Run, outcome: Outcome) -> tuple[str, ...]:
    """Complete the run's requests, or make them ready again; not those a newer run took over.

    Returns what `complete` tells.
    """
    if outcome not in (Outcome.PASS, Outcome.FAIL):
        return ()
    runs = finished_runs(context.workspace)
    newer = {one for other in runs[runs.index(run) + 1 :] for one in other.manifest.requests}
    moving = [
        one
        for one in run.manifest.requests
        if one not in newer
        and context.ledger.request(one).state in (RequestState.UNLEARNED, RequestState.READY)
    ]
    if outcome is Outcome.PASS:
        return complete(context, moving)
    for request_id in moving:
        context.ledger.set_state(request_id, RequestState.READY, context.actor)
    return ()
