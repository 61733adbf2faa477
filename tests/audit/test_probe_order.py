"""In which order probes are asked, and what the first of them show of the others."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.probe_order import least_seen, spread

owners = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True))


@given(owners, st.integers(0, 5))
def test_every_probe_comes_once(some: list[list[str]], seed: int) -> None:
    assert sorted(spread(some, seed)) == list(range(len(some)))


@given(owners, st.integers(0, 5))
def test_nobody_has_a_second_before_everybody_had_a_first(some: list[list[str]], seed: int) -> None:
    left = Counter(one for who in some for one in who)
    had = Counter[str]()
    for at in spread(some, seed):
        most_waiting = min((had[one] for one in left if left[one] > had[one]), default=0)
        assert min(had[one] for one in some[at]) <= most_waiting
        had.update(some[at])


def test_the_order_hangs_on_the_seed_alone() -> None:
    some = [["a"]] * 20 + [["b"]] * 20
    assert spread(some, 1) == spread(some, 1)
    assert spread(some, 1) != spread(some, 2)


@pytest.mark.parametrize(
    ("kept", "asked", "share"),
    [(20, 0, None), (20, 20, 1 / 20), (20, 1, 19 / 20), (5, 1, 1.0), (100, 50, 5 / 100)],
)
def test_what_so_few_show(kept: int, asked: int, share: float | None) -> None:
    assert least_seen(kept, asked) == share


@given(st.integers(1, 9), st.data())
def test_it_is_the_smallest_share_that_19_of_20_draws_show(kept: int, data: st.DataObject) -> None:
    asked = data.draw(st.integers(1, kept))
    found = least_seen(kept, asked)
    assert found is not None
    draws = [set(one) for one in combinations(range(kept), asked)]

    def seen(leaking: int) -> float:
        return sum(bool(one & set(range(leaking))) for one in draws) / len(draws)

    leaking = round(found * kept)
    assert seen(leaking) >= 0.95 - 1e-12
    assert leaking == 1 or seen(leaking - 1) < 0.95
