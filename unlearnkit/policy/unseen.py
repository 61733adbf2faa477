"""Whether the records that stand for never-seen ones still are unseen by the model that is judged.

A later model may have been trained on them; then all is alike, forgotten or not. It is taken to
have been where its exact memorization of them has come more than half the way from what it was in
the original, which had never seen them, to that of kept records, which were trained on: the whole
90 % interval of the rise, record by record, has to lie beyond. Half the way is where they are
nearer to trained on than to never seen. And less than half of what lay between the two in the
original may be left: a model that is better at everything of the kind has not seen them. Where too
little lay between them, noise would close it, and nothing is told.
"""

from __future__ import annotations

from unlearnkit.domain import AuditResult, Check, ModelRole, Outcome, Split, finite
from unlearnkit.policy.schema import UNLIKE_UNSEEN, Rule

METRIC = "exact_memorization"
LEAST_WAY = 0.1
"""What has to lie between never-seen and kept records in the original: this project's choice."""
BESIDE_UNSEEN = (*UNLIKE_UNSEEN, "membership_")
"""How metrics begin that compare with never-seen records by themselves."""
INSTEAD = (
    "What was held back for comparing may not be trained on: train without it, or ask by what the "
    "runs kept (unlearnkit gate MODEL --probes)."
)


def seen(audit: AuditResult) -> str:
    """Why the never-seen records can no longer be compared with; empty where they can.

    Empty too where too few were measured for an interval, of which no rule by interval passes, and
    where the original knew kept records hardly better than never-seen ones.
    """
    before = finite(audit.value(METRIC, Split.HOLDOUT, ModelRole.ORIGINAL))
    now = finite(audit.value(METRIC, Split.HOLDOUT, ModelRole.UNLEARNED))
    rise = audit.difference(METRIC, Split.HOLDOUT, "original")
    kept_before = finite(audit.value(METRIC, Split.RETAIN, ModelRole.ORIGINAL))
    kept_now = finite(audit.value(METRIC, Split.RETAIN, ModelRole.UNLEARNED))
    if before is None or now is None or rise is None or kept_before is None or kept_now is None:
        return ""
    kept = max(kept_before, kept_now)
    closed = kept_now - now < (kept_before - before) / 2
    if kept_before - before < LEAST_WAY or rise.low <= (kept - before) / 2 or not closed:
        return ""
    return (
        f" This model knows the never-seen records as if it had been trained on them: exact "
        f"memorization {now:.3f}, {before:.3f} in the original, {kept:.3f} of kept records. "
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
