from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind, ttest_rel

from unlearnkit.audit.differences import differences, paired, unpaired, values
from unlearnkit.domain import ModelRole, RecordScore, Split

shares = st.lists(st.integers(0, 100).map(lambda one: one / 100), min_size=2, max_size=12)


def named(values: list[float]) -> dict[str, float]:
    return {str(at): value for at, value in enumerate(values)}


@given(shares.filter(lambda some: len(set(some)) > 1), shares)
def test_two_sets_of_records_have_welchs_interval(ours: list[float], theirs: list[float]) -> None:
    found = unpaired(named(ours), named(theirs))
    if len(set(theirs)) == 1 and len(theirs) < 6:
        assert found is None
        return
    expected = ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.90)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert (found.n, found.others) == (len(ours), len(theirs))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=12))
def test_the_same_records_under_two_models_are_paired(pairs: list[tuple[int, int]]) -> None:
    ours, theirs = ([float(pair[at]) for pair in pairs] for at in (0, 1))
    found = paired(named(ours), named(theirs) | {"nobody else's": 9.0})
    if len({a - b for a, b in pairs}) == 1:
        assert found is None if len(pairs) < 6 else found and found.low == found.value == found.high
        return
    assert found is not None
    expected = ttest_rel(ours, theirs).confidence_interval(0.90)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_one_record_has_no_spread_and_so_no_interval() -> None:
    assert unpaired({"a": 0.5}, named([0.1, 0.2])) is None
    assert paired(named([0.1, 0.2]), {"0": 0.1}) is None


def test_a_side_of_fewer_than_six_that_are_all_alike_has_no_spread_either() -> None:
    unseen = named([0.1, 0.2, 0.3])
    for value in (0.0, 0.15, 1.0):
        assert unpaired(named([value] * 5), unseen) is None
        assert unpaired(unseen, named([value] * 5)) is None
        assert unpaired(named([value] * 6), unseen) is not None


def test_what_it_says_it_could_have_seen_it_sees_four_times_out_of_five() -> None:
    """Normal records, 25 and 40: with that true difference, how often is the interval above 0?"""
    draw, spread = random.Random(0), 0.1

    def audit(shift: float) -> tuple[float, float]:
        ours = [draw.gauss(shift, spread) for _ in range(25)]
        found = unpaired(named(ours), named([draw.gauss(0, spread) for _ in range(40)]))
        assert found is not None
        return found.low, found.detectable

    typical = sum(audit(0.0)[1] for _ in range(200)) / 200
    seen = sum(audit(typical)[0] > 0 for _ in range(1000)) / 1000
    assert 0.76 < seen < 0.84
    alarms = sum(audit(0.0)[0] > 0 for _ in range(1000)) / 1000
    assert alarms < 0.07


def score(split: Split, model: ModelRole, at: int, value: float) -> RecordScore:
    return RecordScore(
        record_id=f"{split}-{at}",
        split=split,
        model=model,
        exact_memorization=value,
        extraction_strength=value,
        probability=value,
        truth_ratio=None,
    )


def test_each_baseline_has_its_own_difference() -> None:
    levels = {
        (Split.FORGET, ModelRole.ORIGINAL): (1.0, 0.8),
        (Split.FORGET, ModelRole.UNLEARNED): (0.3, 0.2),
        (Split.HOLDOUT, ModelRole.UNLEARNED): (0.1, 0.2, 0.3),
        (Split.HOLDOUT, ModelRole.ORIGINAL): (0.4, 0.5, 0.3),
    }
    scores = [
        score(split, model, at, value)
        for (split, model), some in levels.items()
        for at, value in enumerate(some)
    ]
    found = {
        (one.split, one.to): one.value
        for one in differences(scores)
        if one.metric == "exact_memorization"
    }
    assert found == {
        (Split.FORGET, "original"): pytest.approx(-0.65),
        (Split.FORGET, "holdout"): pytest.approx(0.05),
        (Split.HOLDOUT, "original"): pytest.approx(-0.2),
    }
    assert not [one for one in differences(scores) if one.metric == "truth_ratio"]


def test_differences_are_of_the_people_on_either_side_and_of_the_retrained_model_too() -> None:
    """Seven people with two records each are forgotten; eight never-seen ones have two each."""
    draw = random.Random(4)
    scores = [
        score(split, model, at, draw.random()).model_copy(update={"truth_ratio": draw.random()})
        for split, model, count in (
            (Split.FORGET, ModelRole.UNLEARNED, 14),
            (Split.FORGET, ModelRole.ORIGINAL, 14),
            (Split.FORGET, ModelRole.REFERENCE, 14),
            (Split.HOLDOUT, ModelRole.UNLEARNED, 16),
        )
        for at in range(count)
    ]
    whose = {
        split: {f"{split}-{at}": f"{split} {at // 2}" for at in range(16)}
        for split in (Split.FORGET, Split.HOLDOUT)
    }
    for metric in ("exact_memorization", "truth_ratio"):
        ours, before, retrained, unseen = (
            values(scores, metric, split, model)
            for split, model in (
                (Split.FORGET, ModelRole.UNLEARNED),
                (Split.FORGET, ModelRole.ORIGINAL),
                (Split.FORGET, ModelRole.REFERENCE),
                (Split.HOLDOUT, ModelRole.UNLEARNED),
            )
        )
        own, theirs = whose[Split.FORGET], whose[Split.HOLDOUT]
        expected = {
            "original": paired(ours, before, own),
            "reference": paired(ours, retrained, own),
            "holdout": unpaired(ours, unseen, own, theirs),
        }
        found = {
            one.to: one
            for one in differences(scores, whose)
            if (one.metric, one.split) == (metric, Split.FORGET)
        }
        assert set(found) == set(expected)
        for to, interval in expected.items():
            assert interval is not None
            told = found[to]
            assert (told.value, told.low, told.high, told.detectable) == (
                interval.value,
                interval.low,
                interval.high,
                interval.detectable,
            )
            assert (told.n, told.people) == (14, 7)
            assert (told.others, told.other_people) == ((16, 8) if to == "holdout" else (14, 7))


def test_each_side_of_two_sets_is_of_its_own_people() -> None:
    """A side of few people, each all alike, has the error of the people, not of their records."""
    ours = {f"a{at}": float(at // 2) for at in range(14)}
    theirs = {f"b{at}": float(at // 3) for at in range(24)}
    mine = {one: f"p{int(one[1:]) // 2}" for one in ours}
    other = {one: f"q{int(one[1:]) // 3}" for one in theirs}
    found = unpaired(ours, theirs, mine, other)
    single = unpaired(named([float(at) for at in range(7)]), named([float(at) for at in range(8)]))
    assert found is not None and single is not None
    assert (found.low, found.high) == pytest.approx((single.low, single.high))
    assert (found.people, found.other_people) == (7, 8)


def test_of_a_truth_ratio_the_record_counts_by_how_near_it_is_to_1() -> None:
    some = [
        score(Split.FORGET, ModelRole.UNLEARNED, at, 0.0).model_copy(update={"truth_ratio": one})
        for at, one in enumerate((0.5, 4.0, None))
    ]
    found = values(some, "truth_ratio", Split.FORGET, ModelRole.UNLEARNED)
    assert found == {"forget-0": 0.5, "forget-1": 0.25}
