from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from unlearnkit.audit.intervals import percentiles, weights
from unlearnkit.audit.people import Units
from unlearnkit.audit.roc import (
    FEWEST,
    auc,
    auc_interval,
    priv_leak,
    priv_leak_interval,
    true_positives,
    true_positives_interval,
)

scores = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=20)


@given(scores, scores)
def test_the_area_is_the_mann_whitney_statistic(members: list[float], others: list[float]) -> None:
    expected = mannwhitneyu(members, others).statistic / (len(members) * len(others))
    assert auc(members, others) == pytest.approx(expected)


@given(scores, scores)
def test_the_two_sides_add_up_to_one(members: list[float], others: list[float]) -> None:
    assert auc(members, others) + auc(others, members) == pytest.approx(1)


@given(scores, scores)
def test_only_the_order_counts(members: list[float], others: list[float]) -> None:
    stretched = [[3 * one + one**3 for one in some] for some in (members, others)]
    assert auc(*stretched) == pytest.approx(auc(members, others))


@given(scores, scores)
def test_the_interval_lies_in_the_range(members: list[float], others: list[float]) -> None:
    found = auc_interval(members, others, seed=0)
    assume(found is not None)
    assert found is not None and 0 <= found[0] <= found[1] <= 1


def test_the_interval_holds_the_area_and_shrinks_with_more_records() -> None:
    members, others = [1.0, 2.0, 3.0, 6.0], [0.0, 2.5, 3.5, 4.0]
    area = auc(members, others)
    few, more = (auc_interval(members * n, others * n, seed=0) for n in (1, 20))
    assert few is not None and more is not None
    assert few[0] < more[0] < area < more[1] < few[1]


def test_who_always_wins_has_won_only_so_many_rounds() -> None:
    low = 0.025**0.5
    assert auc_interval([1.0, 2.0], [-1.0, -2.0, -3.0], seed=0) == pytest.approx((low, 1))
    assert auc_interval([-1.0, -2.0, -3.0], [1.0, 2.0], seed=0) == pytest.approx((0, 1 - low))


def test_one_record_or_person_on_a_side_has_no_interval() -> None:
    """Only the other side would be resampled: a gate could pass or fail by one record."""
    many, one_person = [at / 10 for at in range(100)], Units(("a",) * 100, 1)
    for some, others, units in (
        ([0.2], many, (None, None)),
        (many, [0.2], (None, None)),
        ([99.0], many, (None, None)),
        (many, many, (one_person, None)),
        (many, many, (None, one_person)),
    ):
        assert auc_interval(some, others, 0, units) is None
        assert priv_leak_interval((some, others), (some, others), 0, units) is None
    assert true_positives_interval([0.2], many, 0) is None
    assert true_positives_interval(many, many, 0, (one_person, None)) is None


def test_the_rate_has_an_interval_that_tells_how_much_hangs_on_one_score() -> None:
    members, others = [at / 10 for at in range(60)], [at / 20 for at in range(100)]
    rate = true_positives(members, others)
    found = true_positives_interval(members, others, seed=0)
    assert found is not None
    assert found[0] < rate < found[1] and found[1] - found[0] > 0.1


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(ValueError, match="both sides"):
        auc([], [1.0])


def test_one_false_alarm_in_a_hundred_is_allowed() -> None:
    others = [float(one) for one in range(100)]
    assert true_positives([98.5, 99.5, 97.0, 98.0], others) == 0.5


@given(
    st.lists(st.floats(-5, 5), min_size=1, max_size=30),
    st.lists(st.floats(-5, 5), min_size=FEWEST, max_size=250),
)
def test_the_threshold_lets_no_more_pass(members: list[float], others: list[float]) -> None:
    rate = true_positives(members, others)
    thresholds = [
        one for one in others if sum(other > one for other in others) <= len(others) / 100
    ]
    assert rate == max(sum(m > one for m in members) for one in thresholds) / len(members)


def test_with_fewer_than_a_hundred_it_cannot_be_said() -> None:
    with pytest.raises(ValueError, match="less than one record"):
        true_positives([1.0], [0.0] * (FEWEST - 1))


def test_the_leak_is_zero_where_the_retrained_is_negative_where_more_is_left() -> None:
    assert priv_leak(0.6, 0.6) == 0
    assert priv_leak(0.9, 0.5) == pytest.approx(-80)
    assert priv_leak(0.2, 0.5) == pytest.approx(60)
    with pytest.raises(ValueError, match="nothing to divide"):
        priv_leak(0.5, 1.0)


def test_the_leaks_interval_holds_it_and_shrinks_with_more_records() -> None:
    own = ([1.0, 2.0, 3.0, 6.0, 0.5], [0.0, 2.5, 3.5, 4.0, 1.5])
    retrained = ([1.0, 2.0, 3.0, 3.2, 0.5], [0.5, 2.5, 3.5, 4.0, 1.5])
    leak = priv_leak(auc(*own), auc(*retrained))
    widths = []
    for times in (4, 40):
        sides = [(members * times, others * times) for members, others in (own, retrained)]
        found = priv_leak_interval(*sides, seed=0)
        assert found is not None
        assert found[0] < leak < found[1]
        widths.append(found[1] - found[0])
    assert widths[1] < widths[0] / 2


def test_both_models_are_resampled_together() -> None:
    """A model beside itself leaks nothing, whichever records are drawn."""
    sides = ([1.0, 2.0, 3.0, 6.0] * 5, [0.0, 2.5, 3.5, 7.0] * 5)
    assert priv_leak_interval(sides, sides, seed=0) == (0.0, 0.0)


def test_a_retrained_model_that_may_always_tell_leaves_the_leak_without_bound() -> None:
    nearly = ([1.0, 2.0, 3.0], [0.0, 0.5, 2.5])
    assert priv_leak_interval(nearly, nearly, seed=0) is None


def test_who_always_wins_or_never_has_no_interval_of_the_leak() -> None:
    mixed = ([1.0, 2.0, 3.0, 6.0] * 5, [0.0, 2.5, 3.5, 7.0] * 5)
    always, never = ([8.0] * 20, [0.0] * 20), ([0.0] * 20, [8.0] * 20)
    assert priv_leak_interval(mixed, mixed, seed=0) is not None
    for one in (always, never):
        assert priv_leak_interval(one, mixed, seed=0) is None
    assert priv_leak_interval(mixed, never, seed=0) is None


MEMBERS = [0.1 * at + 0.3 for at in range(12)]
OTHERS = [0.1 * at for at in range(9)]
PAIRS = (Units(tuple(str(at // 2) for at in range(12)), 6), None)


def naive(members: list[float], others: list[float], groups: list[list[int]]) -> list[float]:
    """2.5th and 97.5th percentile of the area, the members' groups and the others resampled."""
    draw = np.random.default_rng(99)
    areas = []
    for _ in range(4000):
        chosen = draw.integers(0, len(groups), len(groups))
        ours = [members[at] for one in chosen for at in groups[one]]
        theirs = [others[at] for at in draw.integers(0, len(others), len(others))]
        areas.append(auc(ours, theirs))
    return [float(one) for one in np.quantile(areas, [0.025, 0.975])]


def test_the_areas_interval_is_the_bootstraps_of_both_sides() -> None:
    single = naive(MEMBERS, OTHERS, [[at] for at in range(12)])
    assert auc_interval(MEMBERS, OTHERS, seed=0) == pytest.approx(single, abs=0.03)
    pairs = naive(MEMBERS, OTHERS, [[at, at + 1] for at in range(0, 12, 2)])
    found = auc_interval(MEMBERS, OTHERS, seed=0, units=PAIRS)
    assert found == pytest.approx(pairs, abs=0.03)
    assert found is not None and found[0] < single[0] - 0.02


def test_who_always_wins_has_won_as_many_rounds_as_there_are_people_on_the_smaller_side() -> None:
    high = [one + 9 for one in MEMBERS]
    assert auc_interval(high, OTHERS, seed=0) == pytest.approx((0.025 ** (1 / 9), 1))
    assert auc_interval(high, OTHERS, 0, PAIRS) == pytest.approx((0.025 ** (1 / 6), 1))


def test_a_tie_alone_keeps_either_side_from_always_winning() -> None:
    assert auc_interval([1.0] * 6, [1.0] * 6, seed=0) == (0.5, 0.5)
    assert auc_interval([1.0] * 6, [1.0] * 5, seed=0) is None


def test_the_rates_interval_is_the_bootstraps_of_both_sides() -> None:
    members, others = [at / 10 for at in range(60)], [at / 20 for at in range(100)]
    draw = np.random.default_rng(5)
    rates = []
    for _ in range(2000):
        ours = [members[at] for at in draw.integers(0, 60, 60)]
        theirs = [others[at] for at in draw.integers(0, 100, 100)]
        rates.append(true_positives(ours, theirs))
    expected = [float(one) for one in np.quantile(rates, [0.025, 0.975])]
    found = true_positives_interval(members, others, seed=0)
    assert found == pytest.approx(expected, abs=0.03)


def test_a_rate_of_none_or_all_has_the_exact_interval_of_the_members() -> None:
    others = [at / 100 for at in range(100)]
    pairs = Units(tuple(str(at // 2) for at in range(20)), 10)
    for units, count in (((None, None), 20), ((pairs, None), 10)):
        far = 0.025 ** (1 / count)
        assert true_positives_interval([2.0] * 20, others, 0, units) == pytest.approx((far, 1))
        assert true_positives_interval([0.0] * 20, others, 0, units) == pytest.approx((0, 1 - far))


def test_the_rates_interval_is_that_of_its_own_resamples() -> None:
    """Each resample written out as lists, with ties between members and the threshold."""
    members, others = [at / 5 for at in range(40)], [(at % 50) / 10 for at in range(110)]
    ours, theirs = weights(40, 7), weights(110, 8)
    rates = []
    for mine, unseen in zip(ours, theirs, strict=True):
        drawn = [one for one, n in zip(members, mine, strict=True) for _ in range(int(n))]
        beside = [one for one, n in zip(others, unseen, strict=True) for _ in range(int(n))]
        rates.append(true_positives(drawn, beside))
    found = true_positives_interval(members, others, seed=7)
    assert found == pytest.approx(percentiles(rates))


def test_the_rates_interval_takes_people_whole_on_either_side() -> None:
    members, others = [at / 10 for at in range(60)], [at / 20 for at in range(100)]
    single = true_positives_interval(members, others, seed=0)
    tens = Units(tuple(str(at // 10) for at in range(60)), 6)
    fours = Units(tuple(str(at // 25) for at in range(100)), 4)
    for units in ((tens, None), (None, fours)):
        found = true_positives_interval(members, others, seed=0, units=units)
        assert found is not None and single is not None
        assert found[1] - found[0] > 1.2 * (single[1] - single[0])


def test_the_leaks_interval_is_that_of_both_areas_in_percent() -> None:
    own = (MEMBERS, OTHERS)
    retrained = ([one - 0.5 for one in MEMBERS], OTHERS)
    draw = np.random.default_rng(5)
    leaks = []
    for _ in range(2000):
        a, b = draw.integers(0, 12, 12), draw.integers(0, 9, 9)
        areas = [
            auc([side[0][at] for at in a], [side[1][at] for at in b]) for side in (own, retrained)
        ]
        leaks.append(priv_leak(*areas))
    expected = [float(one) for one in np.quantile(leaks, [0.025, 0.975])]
    assert priv_leak_interval(own, retrained, seed=0) == pytest.approx(expected, abs=6)
    pairs = priv_leak_interval(own, retrained, seed=0, units=PAIRS)
    assert pairs is not None and pairs[0] < expected[0]
