from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from unlearnkit.audit.intervals import bootstrap, share


@pytest.mark.parametrize("trials", [1, 5, 27])
@pytest.mark.parametrize("hit", [0, 1])
def test_none_or_all_of_few_is_no_certainty(trials: int, hit: int) -> None:
    value, interval = share([hit] * trials, [1] * trials, 0)
    exact = binomtest(hit * trials, trials).proportion_ci(0.95, "exact")
    assert value == hit
    assert interval == (pytest.approx(exact.low), pytest.approx(exact.high))


@given(st.lists(st.booleans(), min_size=2, max_size=30).filter(lambda hits: len(set(hits)) == 2))
def test_of_single_trials_it_is_the_bootstrap_of_the_mean(hits: list[bool]) -> None:
    values = [float(one) for one in hits]
    value, interval = share(values, [1] * len(values), 7)
    assert value == pytest.approx(sum(values) / len(values))
    assert interval == pytest.approx(bootstrap(values, 7))


def test_what_one_record_says_comes_out_together() -> None:
    """Ten values of two records are two trials, not ten."""
    _, together = share([5, 0], [5, 5], 0)
    assert together == (0, 1)
