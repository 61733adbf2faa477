from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.policy.audits import FORGOTTEN, audit
from unlearnkit.domain import AuditResult, Difference, Outcome, Split
from unlearnkit.policy.interval import bounds, by_interval
from unlearnkit.policy.schema import Compare, Policy, Rule
from unlearnkit.policy.verdict import explain, judge

finite = st.floats(-1, 1)


def difference(low: float, high: float) -> Difference:
    return Difference(
        metric="exact_memorization",
        split=Split.FORGET,
        to="holdout",
        value=(low + high) / 2,
        low=low,
        high=high,
        detectable=high - low,
        n=12,
        others=30,
    )


def outcome(compare: Compare, low: float, high: float) -> Outcome:
    return by_interval(compare, difference(low, high))[0]


WITHIN = Compare(to="holdout", within=0.1, by="interval")
AT_MOST = Compare(to="holdout", at_most=0.1, by="interval")
AT_LEAST = Compare(to="original", at_least=-0.03, by="interval")


@pytest.mark.parametrize(
    ("compare", "low", "high", "expected"),
    [
        (WITHIN, -0.1, 0.1, Outcome.PASS),
        (WITHIN, -0.02, 0.12, Outcome.CANNOT_TELL),
        (WITHIN, -0.3, 0.3, Outcome.CANNOT_TELL),
        (WITHIN, 0.11, 0.2, Outcome.FAIL),
        (WITHIN, -0.2, -0.11, Outcome.FAIL),
        (AT_MOST, -0.9, 0.1, Outcome.PASS),
        (AT_MOST, 0.0, 0.2, Outcome.CANNOT_TELL),
        (AT_MOST, 0.11, 0.2, Outcome.FAIL),
        (AT_LEAST, -0.03, 0.5, Outcome.PASS),
        (AT_LEAST, -0.04, 0.0, Outcome.CANNOT_TELL),
        (AT_LEAST, -0.2, -0.04, Outcome.FAIL),
    ],
)
def test_the_whole_interval_decides(
    compare: Compare, low: float, high: float, expected: Outcome
) -> None:
    assert outcome(compare, low, high) is expected


@given(st.sampled_from([WITHIN, AT_MOST, AT_LEAST]), finite, finite, finite, finite)
def test_fewer_records_never_turn_cannot_tell_into_an_answer(
    compare: Compare, a: float, b: float, more: float, beyond: float
) -> None:
    low, high = min(a, b), max(a, b)
    wider = outcome(compare, low - abs(more), high + abs(beyond))
    assume(wider is not Outcome.CANNOT_TELL)
    assert outcome(compare, low, high) is wider


@given(st.floats(0, 0.5), finite, finite)
def test_a_pass_lies_within_the_bounds(margin: float, a: float, b: float) -> None:
    compare = Compare(to="holdout", within=margin, by="interval")
    least, most = bounds(compare)
    if outcome(compare, min(a, b), max(a, b)) is Outcome.PASS:
        assert least <= min(a, b) and max(a, b) <= most


def rule(**compare: object) -> Policy:
    made = Rule(
        id="one",
        metric="exact_memorization",
        split=Split.FORGET,
        compare=Compare.model_validate({"to": "holdout", "within": 0.1} | compare),
        explanation="Why.",
    )
    return Policy(version=1, name="mine", description="", rules=(made,))


def audited(low: float, high: float) -> AuditResult:
    return audit(FORGOTTEN).model_copy(update={"differences": (difference(low, high),)})


def test_too_few_records_are_no_pass_and_say_what_they_could_have_seen() -> None:
    verdict = judge(rule(by="interval"), "d", audited(-0.05, 0.15))
    [check] = verdict.checks
    assert (verdict.outcome, verdict.exit_code) == (Outcome.CANNOT_TELL, 3)
    assert check.bound == "difference -0.050 to +0.150, partly within 0.1 of 0"
    assert "With 12 records and 30 never seen a true difference of 0.20" in check.explanation
    assert judge(rule(), "d", audited(-0.05, 0.15)).outcome is Outcome.PASS


def test_a_rule_by_the_mean_tells_it_too() -> None:
    [check] = judge(rule(), "d", audited(-0.05, 0.15)).checks
    assert check.detectable == pytest.approx(0.2)


def test_a_broken_one_says_on_which_side() -> None:
    [check] = judge(rule(by="interval"), "d", audited(-0.4, -0.2)).checks
    assert check.outcome is Outcome.FAIL
    assert "must be within" in check.bound


def test_without_an_interval_nothing_is_told() -> None:
    alone = audit(FORGOTTEN).model_copy(update={"differences": ()})
    [check] = judge(rule(by="interval"), "d", alone).checks
    assert check.outcome is Outcome.CANNOT_TELL
    assert "two records on each side" in check.explanation


def test_a_difference_that_is_no_number_tells_nothing() -> None:
    [check] = judge(rule(by="interval"), "d", audited(math.nan, math.nan)).checks
    assert (check.outcome, check.detectable) == (Outcome.CANNOT_TELL, None)


def test_it_is_explained() -> None:
    [sentence] = explain(rule(by="interval"))
    assert "the whole 90 % interval of exact memorization must lie within 0.10" in sentence
