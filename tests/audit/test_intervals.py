from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from unlearnkit.audit.intervals import RESAMPLES, bootstrap, share, weights
from unlearnkit.audit.people import Units, units


@pytest.mark.parametrize("trials", [1, 5, 27])
@pytest.mark.parametrize("hit", [0, 1])
def test_none_or_all_of_few_is_no_certainty(trials: int, hit: int) -> None:
    value, interval = share([hit] * trials, [1] * trials, 0)
    exact = binomtest(hit * trials, trials).proportion_ci(0.95, "exact")
    assert value == hit
    assert interval == (pytest.approx(exact.low), pytest.approx(exact.high))


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_of_single_trials_it_is_clopper_and_pearsons(hits: list[bool]) -> None:
    exact = binomtest(sum(hits), len(hits)).proportion_ci(0.95, "exact")
    value, interval = share(hits, [1] * len(hits), 7)
    assert value == pytest.approx(sum(hits) / len(hits))
    assert interval == (pytest.approx(exact.low), pytest.approx(exact.high))
    each_their_own = units(map(str, range(len(hits))))
    assert share(hits, [1] * len(hits), 7, each_their_own)[1] == interval


@given(st.integers(0, 24))
def test_one_hit_more_never_lowers_a_bound(hits: int) -> None:
    """Resampling did: 0 of 25 at most 0.137, 1 of 25 at most 0.12."""
    bounds = []
    for count in (hits, hits + 1):
        _, interval = share([1] * count + [0] * (25 - count), [1] * 25, 0)
        assert interval is not None
        bounds.append(interval)
    assert bounds[0][0] <= bounds[1][0] and bounds[0][1] <= bounds[1][1]


def test_of_several_trials_a_unit_it_is_the_bootstrap() -> None:
    said, asked = [1, 0, 2, 1, 0, 1, 3], [2, 1, 2, 1, 1, 3, 4]
    drawn = weights(7, 7)
    expected = np.quantile((drawn @ said) / (drawn @ asked), [0.025, 0.975])
    assert share(said, asked, 7)[1] == pytest.approx(expected)


def test_what_one_record_says_comes_out_together() -> None:
    """Ten values of two records are two trials, not ten."""
    _, together = share([5, 0], [5, 5], 0)
    assert together == (0, 1)


def test_it_is_the_percentile_bootstrap_at_95_per_cent() -> None:
    """Efron and Tibshirani 1993, chapter 13, written out."""
    values = np.array([0.1, 0.4, 0.35, 0.8, 0.2, 0.95, 0.5])
    drawn = np.random.default_rng(11).integers(0, 7, (1000, 7))
    means = sorted(values[row].mean() for row in drawn)
    expected = [float(np.quantile(means, at)) for at in (0.025, 0.975)]
    assert bootstrap(list(values), 11) == pytest.approx(expected)


def test_a_resample_has_as_many_units_as_there_are_and_takes_each_whole() -> None:
    people = Units(("a", "b", "a", "c", "b"), 3)
    found = weights(5, 2, people)
    assert found.shape == (RESAMPLES, 5)
    assert (found[:, 0] == found[:, 2]).all() and (found[:, 1] == found[:, 4]).all()
    assert (found[:, [0, 1, 3]].sum(1) == 3).all()
    assert found[:, [0, 1, 3]].mean(0) == pytest.approx([1, 1, 1], abs=0.1)
    single = weights(5, 2)
    assert (single.sum(1) == 5).all()
    assert not (single[:, 0] == single[:, 2]).all()


def test_of_a_share_that_is_none_the_trials_are_people() -> None:
    records = [str(at) for at in range(12)]
    of = units(records, {one: f"S-{int(one) % 6}" for one in records})
    exact = binomtest(0, 6).proportion_ci(0.95, "exact")
    assert share([0] * 12, [1] * 12, 0, of) == (0, (0, pytest.approx(exact.high)))


def test_a_mean_that_is_0_or_1_is_no_share_and_has_no_exact_bound() -> None:
    assert bootstrap([1.0] * 6, 0) == (1.0, 1.0)
    assert share([0] * 6, [3, 5] * 3, 0, exact=False) == (0.0, (0.0, 0.0))


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("value", [0.0, 0.15, 1.0])
def test_fewer_than_six_that_are_all_alike_have_no_interval(count: int, value: float) -> None:
    """The range of n of them misses their median once in 2 ** (n - 1)."""
    assert bootstrap([value] * count, 0) is None
    assert bootstrap([value] * 6, 0) == pytest.approx((value, value))
    assert share([1] * count, [3] * count, 0) == (pytest.approx(1 / 3), None)


def test_what_counts_are_units_not_records() -> None:
    assert bootstrap([0.1, 0.9], 0, Units(("a", "a"), 1)) is None
    assert bootstrap([0.1, 0.9], 0, Units(("a", "b"), 2)) == pytest.approx((0.1, 0.9))


def test_what_was_said_counts_beside_all_that_was_asked() -> None:
    assert share([1, 0, 4], [2, 10, 4], 0) == (pytest.approx(5 / 16), (0, 1))
