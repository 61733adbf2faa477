"""What `policy check` says about rules is true of every audit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.policy.audits import audit
from unlearnkit.domain import AuditResult, Difference, ModelRole, Outcome
from unlearnkit.policy.checking import Diagnostic, check_policy
from unlearnkit.policy.schema import Policy
from unlearnkit.policy.verdict import judge

bound = st.sampled_from([-1.2, -0.2, -0.1, 0.0, 0.1, 0.2, 1.0, 1.2])
figure = st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0])


@st.composite
def compares(draw: st.DrawFn) -> dict[str, object]:
    to = draw(st.sampled_from(["absolute", "holdout", "reference"]))
    kinds = ["at_most", "at_least"] if to == "absolute" else ["at_most", "at_least", "within"]
    kind, size = draw(st.sampled_from(kinds)), draw(bound)
    by = "mean" if to == "absolute" else draw(st.sampled_from(["mean", "interval"]))
    return {"to": to, kind: abs(size) if kind == "within" else size, "by": by}


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Two rules on the same figure, at least one of which decides."""
    same = draw(compares())
    made = [
        {
            "id": name,
            "metric": "exact_memorization",
            "split": "forget",
            "severity": draw(st.sampled_from(["fail", "warn"])),
            "requires_reference": draw(st.booleans()),
            "compare": draw(compares()) if name == "two" and draw(st.booleans()) else same,
            "explanation": "why",
        }
        for name in ("one", "two")
    ]
    assume(any(one["severity"] == "fail" for one in made))
    return Policy.model_validate({"version": 1, "name": "mine", "description": "", "rules": made})


@st.composite
def audits(draw: st.DrawFn) -> AuditResult:
    """Any figures, with intervals that hold their differences; with a reference or without."""
    ours, unseen = draw(figure), draw(figure)
    figures: dict[tuple[str, ...], float | None] = {
        ("exact_memorization", "forget", "unlearned"): ours,
        ("exact_memorization", "holdout", "unlearned"): unseen,
    }
    bases: dict[str, float] = {"holdout": unseen}
    if draw(st.booleans()):
        bases["reference"] = draw(figure)
        figures["exact_memorization", "forget", "reference"] = bases["reference"]
    return with_intervals(
        audit(figures, reference="reference" in bases),
        {to: (ours - base, draw(figure)) for to, base in bases.items()},
    )


def with_intervals(found: AuditResult, gaps: dict[str, tuple[float, float]]) -> AuditResult:
    made = tuple(
        Difference.model_validate(
            {
                "metric": "exact_memorization",
                "split": "forget",
                "to": to,
                "value": gap,
                "low": max(gap - wide, -1.0),
                "high": min(gap + wide, 1.0),
                "detectable": wide,
                "n": 9,
                "others": 9,
            }
        )
        for to, (gap, wide) in gaps.items()
    )
    return found.model_copy(update={"differences": made})


def findings(policy: Policy, folder: Path) -> list[Diagnostic]:
    path = folder / "policy.yaml"
    path.write_text(policy.model_dump_json(exclude_none=True), encoding="utf-8")
    return check_policy(path)


@given(policies(), st.lists(audits(), min_size=5, max_size=20))
def test_what_is_found_is_true_of_every_audit(
    tmp_path_factory: pytest.TempPathFactory, policy: Policy, seen: list[AuditResult]
) -> None:
    found = findings(policy, tmp_path_factory.getbasetemp())
    for one in seen:
        verdict = judge(policy, "d", one)
        outcomes = {check.rule: check.outcome for check in verdict.checks}
        for finding in found:
            if "contradicts" in finding.what:
                assert set(outcomes.values()) != {Outcome.PASS}
            elif "no model can meet" in finding.what:
                assert outcomes[finding.rule] is not Outcome.PASS
            elif "every model meets" in finding.what:
                assert outcomes[finding.rule] is not Outcome.FAIL
            elif "decides nothing" in finding.what or "same demand" in finding.what:
                left = tuple(rule for rule in policy.rules if rule.id != finding.rule)
                alone = judge(policy.model_copy(update={"rules": left}), "d", one)
                assert alone.exit_code == verdict.exit_code
            else:
                assert ModelRole.REFERENCE in one.models or verdict.exit_code == 3
