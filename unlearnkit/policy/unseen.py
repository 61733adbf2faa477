"""Whether the records that stand for never-seen ones still are unseen by the model that is judged.

A later model may have been trained on them; then all is alike, forgotten or not. It is taken to
have been where its exact memorization of them has come more than half the way from what it was in
the original, which had never seen them, to that of kept records, which were trained on: the whole
90 % interval of the rise, record by record, has to lie beyond. Half the way is where they are
nearer to trained on than to never seen.
"""

from __future__ import annotations

from unlearnkit.domain import AuditResult, Check, ModelRole, Outcome, Split, finite
from unlearnkit.policy.schema import UNLIKE_UNSEEN, Rule

METRIC = "exact_memorization"
BESIDE_UNSEEN = (*UNLIKE_UNSEEN, "membership_")
"""How metrics begin that compare with never-seen records by themselves."""
INSTEAD = (
    "What was held back for comparing may not be trained on: train without it, or ask by what the "
    "runs kept (unlearnkit gate MODEL --probes)."
)


def seen(audit: AuditResult) -> str:
    """Why the never-seen records can no longer be compared with; empty where they can.

    Empty too where too few were measured for an interval, of which no rule by interval passes.
    """
    before = finite(audit.value(METRIC, Split.HOLDOUT, ModelRole.ORIGINAL))
    now = finite(audit.value(METRIC, Split.HOLDOUT, ModelRole.UNLEARNED))
    rise = audit.difference(METRIC, Split.HOLDOUT, "original")
    kept = [
        value
        for role in (ModelRole.ORIGINAL, ModelRole.UNLEARNED)
        if (value := finite(audit.value(METRIC, Split.RETAIN, role))) is not None
    ]
    if before is None or now is None or rise is None or not kept:
        return ""
    way = max(kept) - before
    if way <= 0 or rise.low <= way / 2:
        return ""
    return (
        f" This model knows the never-seen records as if it had been trained on them: exact "
        f"memorization {now:.3f}, {before:.3f} in the original, {max(kept):.3f} of kept records. "
        f"No comparison with them can tell. {INSTEAD}"
    )


def unless_seen(rule: Rule, check: Check, audit: AuditResult, why: str) -> Check:
    """The check, which cannot tell where `why` says that its never-seen records were seen.

    What is left of the forgotten records beyond even these fails all the same.
    """
    if not why or not _rests_on_unseen(rule) or check.outcome is Outcome.NOT_APPLICABLE:
        return check
    if check.outcome is Outcome.FAIL and _more_is_left(rule, check, audit):
        return check
    update = {"outcome": Outcome.CANNOT_TELL, "explanation": check.explanation + why}
    return check.model_copy(update=update)


def _more_is_left(rule: Rule, check: Check, audit: AuditResult) -> bool:
    """Whether a rule that failed did so above its bound."""
    if rule.compare.within is None or rule.compare.to != "holdout":
        return rule.compare.at_most is not None
    base = finite(audit.value(rule.metric, Split.HOLDOUT, ModelRole.UNLEARNED, rule.under))
    return base is not None and check.observed is not None and check.observed > base


def _rests_on_unseen(rule: Rule) -> bool:
    return (
        rule.compare.to == "holdout"
        or rule.split is Split.HOLDOUT
        or rule.metric.startswith(BESIDE_UNSEEN)
    )
