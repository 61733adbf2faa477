"""Asking a model for what closed requests erased, when neither corpus nor identifiers are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from unlearnkit.artefacts import digest_of
from unlearnkit.audit.kept_probes import kept_probe_figures
from unlearnkit.corpus.sources import Place
from unlearnkit.counted import counted
from unlearnkit.domain import Asking, AuditResult, Check, ModelRole, Outcome
from unlearnkit.language_model.folder import check_folder, model_digest
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.probe_asking import ask_completed
from unlearnkit.pipeline.prove import Gated, find_policy, record_gated
from unlearnkit.pipeline.screen import as_check, screen
from unlearnkit.policy.verdict import judge, policy_digest, with_check
from unlearnkit.report.asking import sentences, why_none

POLICY = "probes"
RUN_ID = "kept-probes"
RULE = "something-of-every-request-is-asked"
"""The name of a gate's check that is no rule of the policy: how far the asking came."""
RULE_SAYS = "the model is asked for something of every completed request"


def gate_by_probes(
    context: Context,
    model: Path,
    policy: str = "",
    *,
    corpus: Sequence[Place] = (),
    budget: float | None = None,
) -> Gated:
    """Ask the model for the erased values of every completed request, and apply a policy.

    Neither the run's corpus nor any identifier is needed; `corpus` is what the model was trained
    on, screened as `prove.gate` does. After `budget` seconds no more is asked: then the answer says
    what was, and a request of which nothing was asked cannot pass. Screening, and loading the
    model, are never cut short, but count. Raises BadInput where nothing was kept.
    """
    began = monotonic()
    check_folder(model)
    policy_path, rules = find_policy(context.workspace, policy or POLICY)
    context.ledger.verify()
    screened = as_check(screen(context, corpus)) if corpus else None
    digest = model_digest(model)
    asked = ask_completed(context, model, digest, budget, began)
    result = AuditResult(
        run_id=RUN_ID,
        created=context.now(),
        seed=0,
        models={ModelRole.UNLEARNED: digest},
        measurements=kept_probe_figures(asked.answers, seed=0, why_none=why_none(asked.asking)),
        records=(),
        holdout_origin="given",
        corpus_digest=digest_of({one.run_id: one.created.isoformat() for one in asked.runs}),
    )
    verdict = with_check(judge(rules, policy_digest(rules), result), how_far(asked.asking))
    if screened is not None:
        verdict = with_check(verdict, screened)
    gated = Gated(RUN_ID, result, verdict, policy_path, rules, asked.asking)
    record_gated(context, gated, runs=[one.run_id for one in asked.runs])
    return gated


def how_far(asking: Asking) -> Check:
    """The asking as one more rule of the gate: of whom nothing was asked, nothing is known."""
    silent = len(asking.nothing_asked)
    relation = ">" if silent else "<="
    return Check(
        rule=RULE,
        outcome=Outcome.CANNOT_TELL if silent else Outcome.PASS,
        severity="fail",
        observed=float(silent),
        bound=f"{silent} {relation} 0 of {counted(len(asking.requests), 'request')} without a "
        "question",
        explanation=" ".join(sentences(asking)),
    )
