"""Asking a model for what closed requests erased, when neither corpus nor identifiers are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unlearnkit.artefacts import digest_of, document_digest, load
from unlearnkit.audit.kept_probes import Answer, ask, kept_probe_figures
from unlearnkit.audit.scoring import loaded
from unlearnkit.corpus.sources import Place
from unlearnkit.domain import AuditResult, KeptProbes, ModelRole, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import check_folder, model_digest
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.kept_probes import keyed
from unlearnkit.pipeline.prove import Gated, find_policy
from unlearnkit.pipeline.runs import finished_runs
from unlearnkit.pipeline.screen import as_check, screen
from unlearnkit.policy.verdict import judge, policy_digest, with_check

POLICY = "probes"
RUN_ID = "kept-probes"


def gate_by_probes(
    context: Context, model: Path, policy: str = "", *, corpus: Sequence[Place] = ()
) -> Gated:
    """Ask the model for the erased values of every completed request, and apply a policy.

    Neither the run's corpus nor any identifier is needed; `corpus` is what the model was trained
    on, screened as `prove.gate` does. Raises BadInput where nothing was kept.
    """
    check_folder(model)
    policy_path, rules = find_policy(context.workspace, policy or POLICY)
    context.ledger.verify()
    screened = as_check(screen(context, corpus)) if corpus else None
    kept = _of_completed(context)
    language_model, device = loaded(model)
    answers: list[Answer] = []
    for done, one in enumerate(kept):
        context.progress("asking for erased values (run)", done, len(kept))
        encoding = Encoding(one.prompt_template, one.max_length)
        answers += ask(
            language_model, one.probes, encoding, device, seed=one.seed, keyed=keyed(context)
        )
    context.progress("asking for erased values (run)", len(kept), len(kept))
    result = AuditResult(
        run_id=RUN_ID,
        created=context.now(),
        seed=0,
        models={ModelRole.UNLEARNED: model_digest(model)},
        measurements=kept_probe_figures(answers, seed=0),
        records=(),
        holdout_origin="given",
        corpus_digest=digest_of({one.run_id: one.created.isoformat() for one in kept}),
    )
    verdict = judge(rules, policy_digest(rules), result)
    if screened is not None:
        verdict = with_check(verdict, screened)
    gated = Gated(RUN_ID, result, verdict, policy_path, rules)
    payload = {
        "run_id": RUN_ID,
        "runs": [one.run_id for one in kept],
        "model_digest": result.models[ModelRole.UNLEARNED],
        "policy_digest": verdict.policy_digest,
        "outcome": verdict.outcome.value,
        "digest": document_digest(gated.answer),
    }
    context.record("gated", payload)
    return gated


def _of_completed(context: Context) -> list[KeptProbes]:
    """What is kept for requests that are completed, run by run, the newest run of each request."""
    completed = {one.id for one in context.ledger.requests(RequestState.COMPLETED)}
    found: list[KeptProbes] = []
    for run in reversed(finished_runs(context.workspace)):
        if not run.probes_file.is_file():
            continue
        kept = load(run.probes_file, KeptProbes)
        mine = tuple(one for one in kept.probes if completed.intersection(one.request_ids))
        completed -= set(run.manifest.requests)
        if mine:
            found.append(kept.model_copy(update={"probes": mine}))
    if not found:
        raise BadInput(
            "no probe was kept for a completed request of this workspace",
            where=context.workspace.runs_dir,
            fix="`unlearnkit audit` keeps them, while the records are still there.",
        )
    return found[::-1]
