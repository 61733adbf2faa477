from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.policy.audits import FORGOTTEN, audit
from unlearnkit.audit.differences import differences
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import (
    AuditResult,
    Difference,
    Measurement,
    ModelRole,
    Outcome,
    RecordScore,
    Split,
)
from unlearnkit.policy.interval import apart, bounds, by_interval, of_difference, of_figure
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


@pytest.mark.parametrize("people", [1, 5, 6, None])
def test_of_too_few_people_a_rule_says_that_it_speaks_for_nobody_else(people: int | None) -> None:
    found = difference(-0.02, 0.02).model_copy(update={"people": people, "other_people": 14})
    _, _, why = by_interval(Compare(to="holdout", within=0.1, by="interval"), of_difference(found))
    assert ("speaks for nobody else's" in why) is (people in (1, 5))
    assert ("one person's records" in why) is (people == 1)


def test_what_cannot_be_told_says_how_many_people_it_rests_on() -> None:
    found = difference(-0.2, 0.02).model_copy(update={"people": 7, "other_people": 1})
    _, _, why = by_interval(Compare(to="holdout", within=0.1, by="interval"), of_difference(found))
    assert "12 records of 7 people and 30 never seen of one person" in why


def outcome(compare: Compare, low: float, high: float) -> Outcome:
    return by_interval(compare, of_difference(difference(low, high)))[0]


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
        # What touches a bound from outside still shares one number with what may be.
        (WITHIN, 0.1, 0.2, Outcome.CANNOT_TELL),
        (WITHIN, -0.2, -0.1, Outcome.CANNOT_TELL),
        (AT_MOST, 0.1, 0.2, Outcome.CANNOT_TELL),
        (AT_LEAST, -0.2, -0.03, Outcome.CANNOT_TELL),
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
    alone = audit(FORGOTTEN)
    bare = tuple(one.model_copy(update={"low": None}) for one in alone.measurements)
    alone = alone.model_copy(update={"differences": (), "measurements": bare})
    [check] = judge(rule(by="interval"), "d", alone).checks
    assert check.outcome is Outcome.CANNOT_TELL
    assert "too few records, or people" in check.explanation


@pytest.mark.parametrize("value", [0.15, 0.9])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_few_records_that_are_all_alike_neither_pass_nor_fail(count: int, value: float) -> None:
    """Resampling them never says otherwise, and that is no certainty."""
    scores = [
        RecordScore(
            record_id=f"{split}-{at}",
            split=split,
            model=ModelRole.UNLEARNED,
            exact_memorization=level,
            extraction_strength=level,
            probability=level,
            truth_ratio=None,
        )
        for split, levels in (
            (Split.FORGET, [value] * count),
            (Split.HOLDOUT, [0.1 + at / 500 for at in range(30)]),
        )
        for at, level in enumerate(levels)
    ]
    update = {"measurements": summarise(scores, 0), "differences": differences(scores)}
    [check] = judge(rule(by="interval"), "d", audit(FORGOTTEN).model_copy(update=update)).checks
    assert check.outcome is Outcome.CANNOT_TELL
    assert "too few records, or people" in check.explanation


def test_a_difference_that_is_no_number_tells_nothing() -> None:
    [check] = judge(rule(by="interval"), "d", audited(math.nan, math.nan)).checks
    assert (check.outcome, check.detectable) == (Outcome.CANNOT_TELL, None)


def test_it_is_explained() -> None:
    [sentence] = explain(rule(by="interval"))
    assert "the whole interval of exact memorization must lie within 0.10" in sentence


def share(value: float, low: float, high: float, split: str = "forget") -> Measurement:
    return Measurement(
        metric="pii_leakage",
        split=Split(split),
        model=ModelRole.UNLEARNED,
        value=value,
        low=low,
        high=high,
        n=40,
    )


def wilson(hits: int, trials: int, split: str) -> Measurement:
    from scipy.stats import binomtest

    found = binomtest(hits, trials).proportion_ci(0.95, "wilson")
    return share(hits / trials, found.low, found.high, split)


@pytest.mark.parametrize(
    ("ours", "theirs", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
    ],
)
def test_two_shares_differ_by_the_published_interval(
    ours: tuple[int, int], theirs: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10."""
    found = apart(wilson(*ours, "forget"), wilson(*theirs, "holdout"))
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.3), st.floats(0, 0.3))
def test_a_difference_is_no_surer_than_either_side(
    one: float, other: float, wide: float, wider: float
) -> None:
    ours, theirs = share(one, one - wide, one + wide), share(other, other - wider, other + wider)
    found = apart(ours, theirs)
    assert found is not None
    assert found.high - found.low >= max(2 * wide, 2 * wider) - 1e-9
    assert found.low - 1e-9 <= one - other <= found.high + 1e-9


def test_a_difference_of_two_figures_says_what_it_rests_on_and_could_have_seen() -> None:
    """A one-sided test at 5 % with a power of 80 %, from the half width of a 95 % interval."""
    ours = share(0.5, 0.4, 0.6).model_copy(update={"n": 12, "people": 3})
    theirs = share(0.2, 0.2, 0.2, "holdout").model_copy(update={"people": 1, "metric": "loss"})
    found = apart(ours, theirs)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(0.2), pytest.approx(0.4))
    assert found.detectable == pytest.approx((1.645 + 0.842) / 1.960 * 0.1)
    assert found.rests_on == "12 values of 3 people beside 40 records of one person"
    _, bound, why = by_interval(Compare(to="holdout", at_least=0.3, by="interval"), found)
    assert bound == "difference +0.200 to +0.400, partly at least +0.3"
    assert why.startswith(
        " With 12 values of 3 people beside 40 records of one person a true difference of 0.13 "
        "would be seen four times out of five: more records decide"
    )
    assert why.endswith(" It is about the records of these 3 people and speaks for nobody else's.")


def test_the_figures_own_interval_could_have_seen_as_much() -> None:
    found = of_figure(share(0.5, 0.4, 0.6))
    assert found is not None
    assert found.detectable == pytest.approx((1.645 + 0.842) / 1.960 * 0.1)
    assert (found.told, found.rests_on, found.only) == ("", "40 values", "")


@pytest.mark.parametrize(
    ("metric", "counted"),
    [("decoy_auc", "40 values"), ("pii_leakage", "40 values"), ("probability", "40 records")],
)
def test_values_are_counted_as_values(metric: str, counted: str) -> None:
    found = of_figure(share(0.5, 0.4, 0.6).model_copy(update={"metric": metric}))
    assert found is not None and found.rests_on == counted


def test_only_what_is_said_of_records_to_forget_is_about_somebody() -> None:
    kept = share(0.5, 0.4, 0.6, "retain").model_copy(update={"people": 2})
    found = of_figure(kept)
    assert found is not None and found.only == ""


def test_without_evidence_nothing_is_told_but_what_was_wanted() -> None:
    outcome, bound, why = by_interval(AREA, None)
    assert (outcome, bound) == (Outcome.CANNOT_TELL, "not measured, must be at most 0.65")
    assert why.startswith(" Not measured: too few records")


@pytest.mark.parametrize("part", ["value", "low", "high"])
def test_a_figure_that_lacks_a_part_gives_no_evidence(part: str) -> None:
    lacking = share(0.5, 0.4, 0.6).model_copy(update={part: None})
    assert of_figure(lacking) is None
    assert apart(lacking, share(0.5, 0.4, 0.6)) is None
    assert apart(share(0.5, 0.4, 0.6), lacking) is None


def test_the_audits_own_interval_is_taken_as_it_is() -> None:
    found = of_difference(difference(-0.2, 0.1).model_copy(update={"to": "original", "people": 2}))
    assert (found.low, found.high, found.told) == (-0.2, 0.1, "difference ")
    assert found.detectable == pytest.approx(0.3)
    assert found.rests_on == "12 records of 2 people"
    assert found.only == " It is about the records of these 2 people and speaks for nobody else's."


AREA = Compare(to="absolute", at_most=0.65, by="interval")


@pytest.mark.parametrize(
    ("low", "high", "expected", "bound"),
    [
        (0.47, 0.61, Outcome.PASS, "0.470 to 0.610, at most 0.65"),
        (0.57, 0.74, Outcome.CANNOT_TELL, "0.570 to 0.740, partly at most 0.65"),
        (0.89, 0.97, Outcome.FAIL, "0.890 to 0.970, must be at most 0.65"),
    ],
)
def test_a_fixed_number_is_held_against_the_figures_own_interval(
    low: float, high: float, expected: Outcome, bound: str
) -> None:
    found = by_interval(AREA, of_figure(share((low + high) / 2, low, high)))
    assert found[:2] == (expected, bound)


def test_leaks_are_judged_by_both_intervals() -> None:
    made = rule(by="interval").rules[0].model_copy(update={"metric": "pii_leakage"})
    policy = Policy(version=1, name="mine", description="", rules=(made,))
    few = (share(0.06, 0.0, 0.3), share(0.08, 0.0, 0.3, "holdout"))
    many = (share(0.06, 0.03, 0.11), share(0.08, 0.04, 0.13, "holdout"))
    outcomes = [
        judge(policy, "d", audit({}).model_copy(update={"measurements": some})).outcome
        for some in (few, many)
    ]
    assert outcomes == [Outcome.CANNOT_TELL, Outcome.PASS]
