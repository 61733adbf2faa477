import hashlib
import json
import math
from functools import cache
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.audits import FORGOTTEN, REFERENCE, Figures, audit
from unlearnkit import resources
from unlearnkit.domain import Check, Outcome, Verdict
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.policy.verdict import explain, judge, policy_digest, with_check

FORGET = ("exact_memorization", "forget", "unlearned")
HOLDOUT = ("exact_memorization", "holdout", "unlearned")
unit = st.floats(0, 1, allow_nan=False)
hundredths = st.integers(0, 100)


@cache
def shipped(name: str) -> Policy:
    return load_policy(resources.find("policies", f"{name}.yaml"))


def one_rule(compare: dict[str, object], **fields: object) -> Policy:
    rule = {
        "id": "one",
        "metric": "exact_memorization",
        "split": "forget",
        "compare": compare,
        "explanation": "why",
    }
    return Policy.model_validate(
        {"version": 1, "name": "one", "description": "", "rules": [rule | fields]}
    )


def verdict(policy: Policy, figures: Figures, **more: bool) -> Verdict:
    return judge(policy, policy_digest(policy), audit(figures, **more))


def only(policy: Policy, figures: Figures) -> Check:
    return verdict(policy, figures).checks[0]


def check_of(verdict: Verdict, rule: str) -> Check:
    [found] = [one for one in verdict.checks if one.rule == rule]
    return found


def test_the_default_policy_passes_a_model_that_forgot_and_lists_what_does_not_apply() -> None:
    result = verdict(shipped("default"), FORGOTTEN)
    assert (result.outcome, result.exit_code) == (Outcome.PASS, 0)
    skipped = [check for check in result.checks if check.outcome is Outcome.NOT_APPLICABLE]
    reference = "not applicable: no retrained reference was given"
    assert {check.rule: check.bound for check in skipped} == {
        "forget-quality": reference,
        "like-retrained": reference,
        "like-retrained-extraction": reference,
        "parts-are-kept": "not applicable: no record was forgotten in part",
    }


def test_a_rule_on_never_seen_records_counts_with_decoys_unless_it_says_otherwise() -> None:
    figures = FORGOTTEN | {("token_loss", "holdout", "unlearned"): 9.0}
    decoys = audit(figures).model_copy(update={"holdout_origin": "decoys"})
    for only_given, outcome in ((False, Outcome.FAIL), (True, Outcome.NOT_APPLICABLE)):
        policy = one_rule(
            {"to": "original", "at_most": 1.0},
            metric="token_loss",
            split="holdout",
            requires_holdout=only_given,
        )
        [check] = judge(policy, policy_digest(policy), decoys).checks
        assert check.outcome is outcome


@pytest.mark.parametrize(("after", "outcome"), [(0.95, Outcome.PASS), (0.85, Outcome.FAIL)])
def test_what_is_kept_of_records_forgotten_in_part_is_looked_at_where_there_are_any(
    after: float, outcome: Outcome
) -> None:
    rest: Figures = {
        ("exact_memorization", "rest", "original"): 0.98,
        ("exact_memorization", "rest", "unlearned"): after,
    }
    result = verdict(shipped("default"), {**FORGOTTEN, **rest})
    assert check_of(result, "parts-are-kept").outcome is outcome
    assert result.outcome is Outcome.PASS  # it warns


def test_with_a_reference_its_rules_count() -> None:
    figures = FORGOTTEN | REFERENCE
    assert verdict(shipped("default"), figures, reference=True).outcome is Outcome.PASS
    figures[("forget_quality", "forget", "unlearned")] = 5e-06
    result = verdict(shipped("default"), figures, reference=True)
    assert (result.outcome, result.exit_code) == (Outcome.FAIL, 1)
    assert check_of(result, "forget-quality").bound == "5.0e-06 < 0.05, must be >="


def test_a_reference_that_was_given_but_not_measured_is_missing_evidence() -> None:
    result = verdict(shipped("default"), FORGOTTEN, reference=True)
    assert (result.outcome, result.exit_code) == (Outcome.CANNOT_TELL, 3)


@pytest.mark.parametrize("name", ["strict", "research"])
def test_strict_and_research_cannot_tell_without_a_reference(name: str) -> None:
    assert verdict(shipped(name), FORGOTTEN).outcome is Outcome.CANNOT_TELL
    assert verdict(shipped(name), FORGOTTEN | REFERENCE, reference=True).outcome is Outcome.PASS


def test_the_original_model_fails() -> None:
    before = FORGOTTEN | {FORGET: 0.98, ("extraction_strength", "forget", "unlearned"): 0.94}
    checks = verdict(shipped("default"), before).checks
    assert [check.outcome for check in checks[:2]] == [Outcome.FAIL, Outcome.FAIL]
    assert checks[0].bound == "difference +0.830 to +0.830, must be within 0.1 of 0"
    assert checks[1].bound == "difference +0.930 to +0.930, must be at most +0.1"


def test_too_much_forgetting_fails_and_says_so() -> None:
    check = only(one_rule({"to": "holdout", "within": 0.1}), {FORGET: 0.002, HOLDOUT: 0.15})
    assert check.outcome is Outcome.FAIL
    assert "over-unlearned" in check.explanation


def test_a_missing_figure_gives_the_audits_own_reason() -> None:
    check = only(one_rule({"to": "absolute", "at_most": 0.5}), {FORGET: None})
    assert check.outcome is Outcome.CANNOT_TELL
    assert check.bound == "not measured <= 0.50"
    assert "no paraphrase in the corpus" in check.explanation


def test_a_failed_rule_outweighs_a_missing_one() -> None:
    figures = FORGOTTEN | {FORGET: 0.9, ("extraction_strength", "forget", "unlearned"): None}
    assert verdict(shipped("default"), figures).outcome is Outcome.FAIL


def test_a_warning_changes_no_outcome() -> None:
    figures = FORGOTTEN | {("max_extraction_strength", "forget", "unlearned"): 0.9}
    result = verdict(shipped("default"), figures)
    assert check_of(result, "worst-record").outcome is Outcome.FAIL
    assert result.outcome is Outcome.PASS


def test_where_no_rule_applies_nothing_was_decided() -> None:
    policy = one_rule({"to": "reference", "within": 0.1}, requires_reference=True)
    result = verdict(policy, FORGOTTEN)
    assert (result.outcome, result.exit_code) == (Outcome.CANNOT_TELL, 3)


@given(base=hundredths, distance=hundredths)
def test_equality_passes_as_it_is_written(base: int, distance: int) -> None:
    """0.1 + 0.2 is 0.30000000000000004 in binary; a threshold is met as a person writes it."""
    high, low = (base + distance) / 100, (base - distance) / 100
    size = distance / 100
    for value, compare in (
        (high, {"to": "holdout", "at_most": size}),
        (low, {"to": "holdout", "at_least": -size}),
        (high, {"to": "holdout", "within": size}),
        (low, {"to": "holdout", "within": size}),
    ):
        assert only(one_rule(compare), {FORGET: value, HOLDOUT: base / 100}).outcome is Outcome.PASS


@given(value=unit, other=unit, base=unit, distance=st.floats(-1, 1, allow_nan=False))
def test_the_verdict_is_monotone(value: float, other: float, base: float, distance: float) -> None:
    low, high = sorted((value, other))
    at_most = one_rule({"to": "holdout", "at_most": distance})
    at_least = one_rule({"to": "holdout", "at_least": distance})

    def passes(policy: Policy, figure: float) -> bool:
        return only(policy, {FORGET: figure, HOLDOUT: base}).outcome is Outcome.PASS

    assert passes(at_most, high) <= passes(at_most, low)
    assert passes(at_least, low) <= passes(at_least, high)


@given(
    distance=st.floats(0, 1, allow_nan=False),
    wider=st.floats(0, 1, allow_nan=False),
    value=unit,
    base=unit,
)
def test_a_wider_band_never_fails_what_a_narrower_one_passed(
    distance: float, wider: float, value: float, base: float
) -> None:
    def passes(size: float) -> bool:
        rule = one_rule({"to": "holdout", "within": size})
        return only(rule, {FORGET: value, HOLDOUT: base}).outcome is Outcome.PASS

    assert passes(min(distance, wider)) <= passes(max(distance, wider))


@given(
    key=st.sampled_from(sorted(FORGOTTEN | REFERENCE)),
    bad=st.sampled_from([math.nan, math.inf, -math.inf, None]),
    name=st.sampled_from(["default", "strict", "research"]),
)
def test_nan_infinity_and_nothing_never_pass(
    key: tuple[str, ...], bad: float | None, name: str
) -> None:
    figures = FORGOTTEN | REFERENCE
    whole = verdict(shipped(name), figures, reference=True)
    holed = verdict(shipped(name), figures | {key: bad}, reference=True)
    changed = [
        now.outcome
        for before, now in zip(whole.checks, holed.checks, strict=True)
        if before.outcome is not now.outcome
    ]
    assert set(changed) <= {Outcome.CANNOT_TELL}


@given(value=unit, base=unit, distance=st.floats(-1, 1, allow_nan=False))
def test_the_printed_comparison_is_true_as_it_is_printed(
    value: float, base: float, distance: float
) -> None:
    policy = one_rule({"to": "holdout", "at_most": distance})
    check = only(policy, {FORGET: value, HOLDOUT: base})
    left, relation, middle, sign, right = check.bound.removesuffix(", must be <=").split()
    bound = float(middle) + (1 if sign == "+" else -1) * float(right)
    assert (float(left) <= bound + 1e-12) if relation == "<=" else (float(left) > bound - 1e-12)


def test_the_digest_follows_the_rules_not_the_layout() -> None:
    policy = shipped("default")
    assert policy_digest(policy) == policy_digest(Policy.model_validate(policy.model_dump()))
    assert policy_digest(policy) != policy_digest(shipped("strict"))
    assert verdict(policy, FORGOTTEN).policy_digest == policy_digest(policy)


def test_the_digest_is_of_the_policys_canonical_json() -> None:
    """RFC 8785: sorted names, no spaces, as it is in UTF-8; numbers as JavaScript writes them."""
    policy = one_rule({"to": "holdout", "within": 0.125}, explanation="für alle")
    text = json.dumps(
        policy.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert policy_digest(policy) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("outcome", "severity", "overall"),
    [
        (Outcome.PASS, "fail", Outcome.PASS),
        (Outcome.FAIL, "fail", Outcome.FAIL),
        (Outcome.FAIL, "warn", Outcome.PASS),
        (Outcome.CANNOT_TELL, "fail", Outcome.CANNOT_TELL),
        (Outcome.NOT_APPLICABLE, "fail", Outcome.PASS),
    ],
)
def test_a_check_that_is_added_counts_as_a_rules_does(
    outcome: Outcome, severity: Literal["fail", "warn"], overall: Outcome
) -> None:
    before = verdict(shipped("default"), FORGOTTEN)
    extra = before.checks[0].model_copy(update={"outcome": outcome, "severity": severity})
    after = with_check(before, extra)
    assert after.checks == (*before.checks, extra)
    assert after.outcome is overall
    assert (after.policy, after.policy_digest) == (before.policy, before.policy_digest)


def test_a_policy_is_explained_in_plain_words() -> None:
    first, second, third, fourth, _, _, seventh, *_ = explain(shipped("default"))
    assert "must lie within 0.10 of what the same model does on records it never saw" in first
    assert "must be at most" in second and "plus 0.10" in second
    assert "must be at least what it was before unlearning, minus 0.03" in third
    assert "warning only" in fourth and "where records were forgotten in part" in fourth
    assert "Applies only where a retrained reference is given." in seventh


def test_a_bound_of_nothing_is_read_as_the_baseline_itself() -> None:
    [sentence] = explain(one_rule({"to": "holdout", "at_most": 0.0}))
    assert "at most what the same model does on records it never saw. why" in sentence


# --- personal values -------------------------------------------------------------------------


@given(forget=hundredths, holdout=hundredths)
def test_a_rule_on_personal_values_compares_with_those_never_seen(
    forget: int, holdout: int
) -> None:
    policy = one_rule({"to": "holdout", "at_most": 0.1}, metric="pii_leakage")
    figures = {
        ("pii_leakage", "forget", "unlearned"): forget / 100,
        ("pii_leakage", "holdout", "unlearned"): holdout / 100,
    }
    found = verdict(policy, figures).outcome
    assert found is (Outcome.PASS if forget <= holdout + 10 else Outcome.FAIL)


def test_the_default_policys_rule_on_personal_values_decides_nothing() -> None:
    [rule] = [one for one in shipped("default").rules if one.metric == "pii_leakage"]
    assert rule.severity == "warn"
