"""Whether a report's verdict is what its policy.yaml makes of its figures.

A signature says who claims a verdict. Who holds the key can sign true figures and a verdict that
they do not give: that is seen here, without measuring anything again, where the report says what it
was judged by. One that leaves it out, or another version's, is said to be unjudged.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import load
from unlearnkit.counted import counted
from unlearnkit.domain import AuditResult, ModelRole, Verdict
from unlearnkit.errors import BadInput
from unlearnkit.policy.schema import load_policy
from unlearnkit.policy.verdict import judge, policy_digest
from unlearnkit.report.claim import Claim
from unlearnkit.report.facts import Report

WHAT = "the verdict follows from the figures"


def judged_again(folder: Path) -> Claim | str:
    """What holds of the verdict of the report in `folder`, or why that cannot be told.

    The report's files are those that were signed. Another version may have judged otherwise, and
    its policies may say what this one does not know.
    """
    report = load(folder / "report.json", Report)
    by = report.renderer.version if report.renderer else "an earlier version"
    if by != version("unlearnkit"):
        return f"that {WHAT}: {by} judged them"
    if report.differences is None:
        return f"that {WHAT}: the report leaves out the intervals that rules are judged by"
    try:
        policy = load_policy(folder / "policy.yaml")
    except BadInput as error:
        return Claim(WHAT, False, f"policy.yaml cannot be read: {error.what}")
    again = judge(policy, policy_digest(policy), figures_of(report))
    if again.policy_digest != report.verdict.policy_digest:
        return Claim(WHAT, False, "policy.yaml is not the policy that the verdict names")
    if _judgement(again) != _judgement(report.verdict):
        return Claim(
            WHAT, False, "the verdict is not what policy.yaml makes of the report's figures"
        )
    return Claim(
        WHAT, True, f"policy {again.policy}, {counted(len(again.checks), 'rule')} applied again"
    )


def figures_of(report: Report) -> AuditResult:
    """What a policy is applied to, as the report has it."""
    models = {
        ModelRole.ORIGINAL: report.original_digest,
        ModelRole.UNLEARNED: report.unlearned_digest,
        ModelRole.REFERENCE: report.reference_digest,
    }
    return AuditResult(
        run_id=report.run_id,
        created=report.audited,
        seed=report.audit_seed,
        models={role: digest for role, digest in models.items() if digest is not None},
        measurements=report.measurements,
        differences=report.differences or (),
        records=(),
        holdout_origin=report.holdout_origin,
        corpus_digest=report.corpus_digest,
    )


def _judgement(verdict: Verdict) -> Any:
    """All but the explanations, which are words."""
    checks = [
        (one.rule, one.severity, one.outcome, one.observed, one.bound) for one in verdict.checks
    ]
    return verdict.policy, verdict.outcome, checks
