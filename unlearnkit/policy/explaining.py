"""A policy in plain words: what each rule asks for, what passes, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unlearnkit.domain import CONDITIONS, Split
from unlearnkit.policy.schema import BY_PROBES, UNLIKE_UNSEEN, Policy, Rule, of_parts
from unlearnkit.policy.verdict import explain

_MINUS = ("the figure minus the baseline", "+")


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule in words."""

    rule: str
    says: str
    passes: str
    cannot_tell: str
    counts: str
    """What the verdict makes of it."""


def explained(policy: Policy) -> list[Explained]:
    """Every rule, in the policy's order."""
    asked = [rule.metric in BY_PROBES for rule in policy.rules]
    mixed = any(asked) and not all(asked)
    return [
        Explained(rule.id, says, _passes(rule), _cannot_tell(rule, mixed=mixed), _counts(rule))
        for rule, says in zip(policy.rules, explain(policy), strict=True)
    ]


def _passes(rule: Rule) -> str:
    compare = rule.compare
    what, sign = ("the figure", "") if compare.to == "absolute" else _MINUS
    if compare.within is not None:
        place = f"between -{compare.within:g} and +{compare.within:g}"
    else:
        place = (
            f"{'at most' if compare.at_most is not None else 'at least'} {compare.bound:{sign}g}"
        )
    if compare.by == "interval":
        return f"the whole interval of {what} lies {place}; it fails where all lies outside."
    return f"{what} is {place}; equality passes."


def _cannot_tell(rule: Rule, *, mixed: bool) -> str:
    reasons = list(_reasons(rule))
    if mixed and rule.metric not in BY_PROBES:
        reasons.insert(0, "the gate is asked with --probes, which measures no such figure")
    if not reasons:
        return "only where the audit has no such figure."
    return "; ".join(reasons) + "."


def _reasons(rule: Rule) -> Iterator[str]:
    if rule.metric in BY_PROBES:
        yield "the gate is asked without --probes, which alone measures it"
        yield "no erased value can be asked for by what is kept"
    if rule.compare.by == "interval":
        yield (
            "the interval lies there only in part, or a side has fewer than two records, "
            "or fewer than six that are all alike"
        )
    needs_reference = (
        rule.compare.to == "reference"
        or rule.metric in ("forget_quality", "priv_leak")
        or rule.metric.endswith("_reference")
    )
    if needs_reference and not rule.requires_reference:
        yield "no retrained reference was given"
    if rule.under:
        yield f"the attack was not made (--attacks {CONDITIONS[rule.under].value})"
    if rule.metric in UNLIKE_UNSEEN:
        yield "the holdout is made of decoys, or no personal value could be ranked"
    elif rule.metric.startswith(("decoy_", "pii_")):
        yield "no personal value was found in these records"
    if rule.metric in ("truth_ratio", "forget_quality", "model_utility"):
        yield "no record here has perturbed texts or decoys"
    if rule.split is Split.UTILITY:
        yield "no text was given (--utility-corpus)"
    if rule.compare.by == "mean" and rule.split is Split.NEIGHBOUR:
        yield "no kept record is like the forgotten ones"


def _counts(rule: Rule) -> str:
    only = "Not counted without a retrained reference. " if rule.requires_reference else ""
    if rule.requires_holdout:
        only += "Not counted where decoys stand in for never-seen records. "
    if of_parts(rule):
        only += "Not counted where no record was forgotten in part. "
    if rule.severity == "warn":
        return f"{only}It only warns: whatever it comes to, the exit code stays."
    return f"{only}It decides: broken is exit code 1; cannot tell is 3, where nothing is broken."
