"""One pure function from measurements to a verdict; the exit code follows from the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from unlearnkit.artefacts import document_digest
from unlearnkit.domain import (
    CONDITIONS,
    AuditResult,
    Check,
    Measurement,
    ModelRole,
    Outcome,
    Split,
    Verdict,
    finite,
)
from unlearnkit.policy.interval import (
    ConfidenceInterval,
    apart,
    by_interval,
    of_difference,
    of_figure,
)
from unlearnkit.policy.naming import told_name
from unlearnkit.policy.schema import METRICS, UNDER, Compare, Policy, Rule, of_parts
from unlearnkit.policy.unseen import seen, unless_seen

_SPLITS = {
    Split.FORGET: "the records to forget",
    Split.RETAIN: "the records to keep",
    Split.NEIGHBOUR: "the kept records most like those to forget",
    Split.REST: "what is kept of records forgotten in part",
    Split.HOLDOUT: "comparable records the model never saw",
    Split.UTILITY: "the operator's own text",
    Split.TASKS: "the harness's tasks",
}
_BASES = {
    "original": "what it was before unlearning",
    "holdout": "what the same model does on records it never saw",
    "reference": "what a model retrained without the records does",
}


def policy_digest(policy: Policy) -> str:
    """Hex SHA-256 over the policy's canonical JSON (RFC 8785); comments and layout do not count."""
    return document_digest(policy)


def judge(policy: Policy, policy_digest: str, audit: AuditResult) -> Verdict:
    """Apply every rule and sum up.

    Overall: any failed rule of severity fail -> fail; else any such rule without evidence ->
    cannot_tell; else pass. Where no rule of severity fail applies, nothing decides: cannot_tell.
    Rules of severity warn, and rules that do not apply, never change the outcome. Rules that rest
    on never-seen records cannot tell where the model has seen them. The verdict says where the
    policy has the name of one that ships and is another.
    """
    why = seen(audit)
    checks = tuple(unless_seen(rule, _check(rule, audit), audit, why) for rule in policy.rules)
    return Verdict(
        policy=told_name(policy),
        policy_digest=policy_digest,
        outcome=overall(checks),
        checks=checks,
    )


def with_check(verdict: Verdict, check: Check) -> Verdict:
    """The verdict with one check more, which counts as a rule's does."""
    checks = (*verdict.checks, check)
    return verdict.model_copy(update={"checks": checks, "outcome": overall(checks)})


def overall(checks: Sequence[Check]) -> Outcome:
    """What checks come to together, as `judge` says."""
    deciding = {
        check.outcome
        for check in checks
        if check.severity == "fail" and check.outcome is not Outcome.NOT_APPLICABLE
    }
    if Outcome.FAIL in deciding:
        return Outcome.FAIL
    if Outcome.CANNOT_TELL in deciding or not deciding:
        return Outcome.CANNOT_TELL
    return Outcome.PASS


def _check(rule: Rule, audit: AuditResult) -> Check:
    observed = finite(audit.value(rule.metric, rule.split, ModelRole.UNLEARNED, rule.under))
    explanation = " ".join(rule.explanation.split())
    interval = _interval(rule, audit)
    if missing := _required(rule, audit):
        outcome, bound = Outcome.NOT_APPLICABLE, f"not applicable: {missing}"
    else:
        base = _base(rule, audit)
        if observed is None or (base is None and rule.compare.to != "absolute"):
            outcome = Outcome.CANNOT_TELL
            bound = _bound(rule.compare, _text(observed), _text(base), holds=True)
            explanation += _why_missing(rule, audit, observed)
        elif rule.compare.by == "interval":
            outcome, bound, why = by_interval(rule.compare, interval)
            explanation += why
        else:
            holds = _holds(rule.compare, _exact(observed), _exact(base or 0.0))
            outcome = Outcome.PASS if holds else Outcome.FAIL
            bound = _figures(rule.compare, observed, base or 0.0, holds)
        if rule.under:
            bound = f"under {rule.under}: {bound}"
        near = rule.split is Split.FORGET and rule.compare.within is not None
        if outcome is Outcome.FAIL and near:
            explanation += _side(observed, base)
    return Check(
        rule=rule.id,
        outcome=outcome,
        severity=rule.severity,
        observed=observed,
        bound=bound,
        detectable=finite(interval.detectable) if interval else None,
        explanation=explanation,
    )


def _required(rule: Rule, audit: AuditResult) -> str:
    """What the rule does not apply without, and was not given; empty where it applies.

    Decoys have the wording of records that were trained on: forgetting those rightly changes what
    the model makes of them.
    """
    if rule.requires_reference and ModelRole.REFERENCE not in audit.models:
        return "no retrained reference was given"
    if rule.requires_holdout and audit.holdout_origin != "given":
        return (
            "no never-seen records were given (--holdout), decoys share the wording of known ones"
        )
    if of_parts(rule) and all(one.split is not Split.REST for one in audit.measurements):
        return "no record was forgotten in part"
    return ""


def _base(rule: Rule, audit: AuditResult) -> float | None:
    """The figure the rule compares with; None where it was not measured."""
    found = _compared(rule, audit)
    return finite(found.value) if found else None


def _compared(rule: Rule, audit: AuditResult) -> Measurement | None:
    """What the rule compares with; None for a fixed number."""
    match rule.compare.to:
        case "absolute":
            return None
        case "holdout":
            split, model = Split.HOLDOUT, ModelRole.UNLEARNED
        case "original":
            split, model = rule.split, ModelRole.ORIGINAL
        case "reference":
            split, model = rule.split, ModelRole.REFERENCE
    return audit.measurement(rule.metric, split, model, rule.under)


def _interval(rule: Rule, audit: AuditResult) -> ConfidenceInterval | None:
    """The interval of what the rule looks at; the audit's own where it has one."""
    found = audit.difference(rule.metric, rule.split, rule.compare.to, rule.under)
    if found is not None:
        return of_difference(found)
    ours = audit.measurement(rule.metric, rule.split, ModelRole.UNLEARNED, rule.under)
    if ours is None or rule.compare.to == "absolute":
        return of_figure(ours) if ours else None
    theirs = _compared(rule, audit)
    return apart(ours, theirs) if theirs else None


def _exact(value: float) -> Decimal:
    """The number as it is written, so that 0.1 + 0.2 equals 0.3 and equality can be met."""
    return Decimal(repr(float(value)))


def _holds(compare: Compare, observed: Decimal, base: Decimal) -> bool:
    bound = _exact(compare.bound)
    if compare.at_most is not None:
        return observed <= base + bound
    if compare.at_least is not None:
        return observed >= base + bound
    return abs(observed - base) <= bound


def _bound(compare: Compare, observed: str, base: str, *, holds: bool) -> str:
    """The comparison in figures, true as it stands; a failed one says what it should have been."""
    distance = _distance(compare)
    sign = "-" if compare.bound < 0 else "+"
    required, broken = (">=", "<") if compare.at_least is not None else ("<=", ">")
    relation = required if holds else broken
    if compare.within is not None:
        text = f"|{observed} - {base}| {relation} {distance}"
    elif compare.to == "absolute":
        text = f"{observed} {relation} {'-' if compare.bound < 0 else ''}{distance}"
    else:
        text = f"{observed} {relation} {base} {sign} {distance}"
    return text if holds else f"{text}, must be {required}"


def _distance(compare: Compare) -> str:
    size = abs(compare.bound)
    return f"{size:.2f}" if round(size, 2) == size else repr(size)


def _figures(compare: Compare, observed: float, base: float, holds: bool) -> str:
    """Round to three places, but never so far that the printed comparison would look wrong."""
    for places in (3, 6):
        shown = _text(observed, places), _text(base, places)
        if _holds(compare, Decimal(shown[0]), Decimal(shown[1])) is holds:
            return _bound(compare, *shown, holds=holds)
    return _bound(compare, repr(observed), repr(base), holds=holds)


def _text(value: float | None, places: int = 3) -> str:
    if value is None:
        return "not measured"
    return f"{value:.1e}" if 0 < abs(value) < 10**-places else f"{value:.{places}f}"


def _why_missing(rule: Rule, audit: AuditResult, observed: float | None) -> str:
    """What evidence is missing, in words, with the audit's own reason where it gave one."""
    if observed is not None:
        return f" No figure to compare with: {_BASES[rule.compare.to]} was not measured."
    if rule.under and all(one.under != rule.under for one in audit.measurements):
        attack = CONDITIONS[rule.under].value
        return f" Not measured: the attack was not run; --attacks {attack} runs it."
    key = (rule.metric, rule.split, ModelRole.UNLEARNED, rule.under)
    reasons = (
        m.not_measured for m in audit.measurements if (m.metric, m.split, m.model, m.under) == key
    )
    reason = next((one for one in reasons if one), "the audit holds no such finite figure")
    return f" Not measured: {reason}."


def _side(observed: float | None, base: float | None) -> str:
    if (observed or 0.0) < (base or 0.0):
        return " It lies below: over-unlearned, a hole that itself points at the person."
    return " It lies above: more of the records is left than in a model that never saw them."


def explain(policy: Policy) -> list[str]:
    """One plain sentence per rule, in the policy's order."""
    return [_sentence(rule) for rule in policy.rules]


def _sentence(rule: Rule) -> str:
    compare, must = rule.compare, "must" if rule.severity == "fail" else "should (warning only)"
    metric = METRICS[rule.metric]
    if compare.by == "interval":
        metric = f"the whole interval of {metric}"
    size = _distance(compare)
    if compare.within is not None:
        demand = f"lie within {size} of {_BASES[compare.to]}, from either side"
    elif compare.to == "absolute":
        demand = f"be {'at most' if compare.at_most is not None else 'at least'} {compare.bound:g}"
    else:
        side = "at most" if compare.at_most is not None else "at least"
        direction = "minus" if compare.bound < 0 else "plus"
        demand = f"be {side} {_BASES[compare.to]}"
        if compare.bound:
            demand += f", {direction} {size}"
    only = " Applies only where a retrained reference is given." if rule.requires_reference else ""
    if rule.requires_holdout:
        only += " Applies only where never-seen records are given."
    if of_parts(rule):
        only += " Applies only where records were forgotten in part."
    why = " ".join(rule.explanation.split())
    if rule.under:
        metric = f"{metric} of the model {UNDER[rule.under]}"
    return f"On {_SPLITS[rule.split]}, {metric} {must} {demand}. {why}{only}"
