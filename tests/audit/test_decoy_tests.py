"""Forgotten values against never-seen ones and against chance: what the tests see, and do not."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from unlearnkit.audit.decoy_tests import (
    ROUNDS,
    Placed,
    auc,
    auc_interval,
    smallest_p,
    two_sample_p,
    uniform_p,
    within_kinds,
)

LEAST = 1 / (ROUNDS + 1)
KINDS = ("name", "place", "date")


def placed(places: list[float], *, kind: str = "name", side: str = "a") -> list[Placed]:
    return [Placed(f"{side}{at}", kind, one) for at, one in enumerate(places)]


def drawn(count: int, rng: random.Random, side: str, each: int = 3) -> list[Placed]:
    """`count` values of people with `each`; the kinds differ in how easy they are."""
    return [
        Placed(f"{side}{at // each}", kind, rng.random() ** (1 + KINDS.index(kind)))
        for at in range(count)
        for kind in [rng.choice(KINDS)]
    ]


PLACES = st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), min_size=1, max_size=12)


@given(PLACES, PLACES)
def test_the_area_is_the_share_of_pairs_won_ties_counting_half(
    mine: list[float], other: list[float]
) -> None:
    wins = [1.0 if a < b else 0.5 if a == b else 0.0 for a in mine for b in other]
    assert auc(placed(mine), placed(other, side="b")) == pytest.approx(math.fsum(wins) / len(wins))


def test_values_are_compared_within_their_kind_alone() -> None:
    """Dates are hard for any model: more of them on one side say nothing."""
    mine = placed([0.1], side="a") + placed([0.9] * 5, kind="date", side="c")
    other = placed([0.1] * 5, side="b") + placed([0.9], kind="date", side="d")
    assert auc(mine, other) == 0.5
    assert two_sample_p(mine, other, 0) == 1.0


def test_a_kind_on_one_side_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="alone"):
        auc(placed([0.1]), placed([0.2], kind="date"))
    both = [*placed([0.1]), *placed([0.1], kind="date", side="c")]
    with pytest.raises(ValueError, match="alone"):
        auc(both, placed([0.2], kind="date", side="b"))


def test_known_and_avoided_values_are_both_seen() -> None:
    rng = random.Random(5)
    unseen = drawn(90, rng, "b")
    for place, known in ((0.02, True), (0.98, False)):
        mine = [Placed(one.subject, one.kind, place) for one in drawn(45, rng, "a")]
        assert auc(mine, unseen) > 0.75 if known else auc(mine, unseen) < 0.05
        low, high = auc_interval(mine, unseen, 0)
        assert low <= auc(mine, unseen) <= high
        assert not low <= 0.5 <= high
        assert two_sample_p(mine, unseen, 0) == pytest.approx(LEAST)


def test_of_sides_that_are_alike_about_five_in_a_hundred_are_told_apart_at_five_per_cent() -> None:
    rng = random.Random(1)
    found = [two_sample_p(drawn(45, rng, "a"), drawn(90, rng, "b"), 0) for _ in range(200)]
    assert 0.02 <= sum(p <= 0.05 for p in found) / 200 <= 0.08
    assert sum(p <= 0.5 for p in found) / 200 == pytest.approx(0.5, abs=0.12)


def alike(name: str, people: int, rng: random.Random) -> list[tuple[str, Placed]]:
    """Five records of two values a person, all near the place that is the person's own."""
    return [
        (f"{name}{at}", Placed(f"{name}{at}-{record}", "name", 0.9 * own + 0.1 * rng.random()))
        for at in range(people)
        for own in [rng.random()]
        for record in range(5)
        for _ in range(2)
    ]


def test_shuffled_people_make_no_false_alarm_where_shuffled_records_do() -> None:
    """What is alike within a person, on sides that are alike: chance, but not by the record."""
    rng = random.Random(2)
    by_record = by_person = 0
    for _ in range(100):
        sides = alike("a", 4, rng), alike("b", 8, rng)
        records = [[one for _, one in side] for side in sides]
        people = [[replace(one, subject=who) for who, one in side] for side in sides]
        by_record += two_sample_p(*records, 0) <= 0.05
        by_person += two_sample_p(*people, 0) <= 0.05
    assert by_record >= 30
    assert by_person <= 10


def test_shuffled_people_still_see_what_is_known() -> None:
    rng = random.Random(7)
    unseen = [replace(one, subject=who) for who, one in alike("b", 8, rng)]
    known = [Placed(f"a{at}", "name", 0.01 * rng.random()) for at in range(4) for _ in range(10)]
    assert two_sample_p(known, unseen, 0) < 0.01


@given(st.integers(1, 8), st.integers(1, 8))
def test_the_smallest_p_value_is_that_of_sides_wholly_apart_or_less(ours: int, unseen: int) -> None:
    """Of one against many the other end lies less far apart, so that it is reached."""
    low = [Placed(f"a{at}", "name", 0.1) for at in range(ours)]
    high = [Placed(f"b{at}", "name", 0.9) for at in range(unseen)]
    p = two_sample_p(low, high, 0)
    assert p >= smallest_p(ours, unseen) - 1e-12
    if math.comb(ours + unseen, ours) <= ROUNDS:
        assert p == pytest.approx(smallest_p(ours, unseen))


def test_one_against_three_three_against_three_and_two_against_four_can_tell_nothing() -> None:
    assert smallest_p(1, 3) == 0.25
    assert smallest_p(3, 3) == 0.1
    assert smallest_p(2, 4) == pytest.approx(1 / 15)
    assert smallest_p(2, 5) < 0.05 < smallest_p(1, 18)
    assert smallest_p(20, 40) == LEAST


def test_the_interval_is_that_of_the_people_however_often_their_values_come() -> None:
    rng = random.Random(3)
    mine, other = drawn(60, rng, "a", each=1), drawn(60, rng, "b", each=1)
    alone = auc_interval(mine, other, 0)
    repeated = [Placed(one.subject, one.kind, one.place) for one in mine for _ in range(6)]
    assert auc_interval(repeated, other, 0) == pytest.approx(alone, abs=1e-9)


def test_who_always_stands_before_has_won_as_many_rounds_as_the_smaller_side_has_people() -> None:
    """No resample says otherwise; of kinds that are not compared the places do not count."""
    first = [*placed([0.01] * 6), Placed("a0", "date", 0.9)]
    unseen = [*placed([0.5 + at / 20 for at in range(8)], side="b"), Placed("b1", "date", 0.95)]
    assert auc(first, unseen) == 1
    assert auc_interval(first, unseen, 0) == pytest.approx((0.025 ** (1 / 6), 1))
    assert auc_interval(unseen, first, 0) == pytest.approx((0, 1 - 0.025 ** (1 / 6)))


def test_one_person_on_a_side_has_no_interval_of_the_area() -> None:
    one, many = placed([0.2]), placed([0.1, 0.3, 0.5], side="b")
    assert auc_interval(one, many, 0) is None
    assert auc_interval(many, one, 0) is None


def test_within_a_kind_ranks_run_from_0_to_1_and_ties_share_one() -> None:
    some = [*placed([0.2, 0.2, 0.8, 0.5]), *placed([0.9], kind="date")]
    assert within_kinds(some).tolist() == pytest.approx([0.25, 0.25, 0.875, 0.625, 0.5])


def test_each_of_three_kinds_is_ranked_by_itself() -> None:
    some = [Placed(str(at), kind, 0.1 * at) for at, kind in enumerate(("a", "b", "a", "c", "a"))]
    assert within_kinds(some).tolist() == pytest.approx([1 / 6, 0.5, 0.5, 0.5, 5 / 6])


def ranks(count: int, of: int, rng: random.Random) -> list[float]:
    return [(rng.randint(0, of) + 0.5) / (of + 1) for _ in range(count)]


def test_ranks_drawn_at_random_are_seldom_told_from_chance() -> None:
    rng = random.Random(4)
    found = [
        uniform_p(ranks(30, 31, rng) + ranks(10, 6, rng), [31] * 30 + [6] * 10, 0)
        for _ in range(100)
    ]
    assert sum(p <= 0.05 for p in found) <= 12
    assert sum(p <= 0.5 for p in found) == pytest.approx(50, abs=17)


def law_at(x: float, counts: list[int]) -> float:
    """Chance that a rank drawn at random, of a value drawn at random, lies at x or before."""
    shares = [
        sum((r + 0.5) / (of + 1) <= x + 1e-12 for r in range(of + 1)) / (of + 1) for of in counts
    ]
    return sum(shares) / len(shares)


@pytest.mark.parametrize("counts", [[1, 1], [1, 3], [3, 3, 2]])
def test_the_test_of_uniformity_is_the_share_of_all_ranks_that_lie_as_far(
    counts: list[int],
) -> None:
    """Every possible draw looked at, where the test draws 2,000."""
    possible = [[(r + 0.5) / (of + 1) for r in range(of + 1)] for of in counts]
    grid = sorted({one for some in possible for one in some})

    def far(places: tuple[float, ...]) -> float:
        below = [sum(one <= x + 1e-12 for one in places) / len(places) for x in grid]
        return max(abs(one - law_at(x, counts)) for one, x in zip(below, grid, strict=True))

    every = list(itertools.product(*possible))
    for places in every:
        expected = sum(far(one) >= far(places) - 1e-9 for one in every) / len(every)
        assert uniform_p(list(places), counts, 0) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("sizes", [(1, 3, 1, 2, 1, 4), (2, 1, 1, 1, 3)])
def test_the_p_value_is_the_share_of_arrangements_of_people_that_lie_as_far(
    sizes: tuple[int, ...],
) -> None:
    """By SciPy's statistic of two samples; people have values in different numbers."""
    rng = random.Random(9)
    people = [
        [Placed(f"p{at}", "name", rng.random()) for _ in range(n)] for at, n in enumerate(sizes)
    ]

    def far(first: tuple[int, ...]) -> float:
        sides: tuple[list[float], list[float]] = ([], [])
        for at, values in enumerate(people):
            sides[at not in first].extend(one.place for one in values)
        return float(ks_2samp(*sides).statistic)

    every = list(itertools.combinations(range(len(people)), 2))
    for first in every:
        ours = [one for at in first for one in people[at]]
        unseen = [one for at in range(len(people)) if at not in first for one in people[at]]
        expected = sum(far(other) >= far(first) - 1e-9 for other in every) / len(every)
        assert two_sample_p(ours, unseen, 0) == pytest.approx(expected)


def test_a_resample_without_two_values_of_one_kind_says_nothing_of_the_area() -> None:
    """Names on one side stand beside a single one on the other, dates the other way round."""
    level = [Placed(f"a{at}", "date" if at == 0 else "name", 0.5) for at in range(6)]
    other = [Placed(f"b{at}", "name" if at == 0 else "date", 0.5) for at in range(6)]
    assert auc(level, other) == 0.5
    assert auc_interval(level, other, 0) == (0.5, 0.5)


def test_ranks_at_either_end_are_told_from_chance() -> None:
    for place in (0.5 / 32, 31.5 / 32):
        assert uniform_p([place] * 20, [31] * 20, 0) == pytest.approx(LEAST)


def test_one_value_tells_nothing() -> None:
    assert uniform_p([0.5 / 32], [31], 0) > 0.05
    assert two_sample_p(placed([0.02]), placed([0.5], side="b"), 0) == 1.0


def test_without_a_value_there_is_no_test() -> None:
    with pytest.raises(ValueError, match="no place"):
        uniform_p([], [], 0)


def test_the_same_seed_gives_the_same_figures() -> None:
    rng = random.Random(6)
    mine, other = drawn(30, rng, "a"), drawn(30, rng, "b")
    assert two_sample_p(mine, other, 3) == two_sample_p(mine, other, 3)
    assert auc_interval(mine, other, 3) == auc_interval(mine, other, 3)
