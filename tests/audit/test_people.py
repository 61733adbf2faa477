"""Intervals draw people whole: records of one person are no independent evidence."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.differences import paired, unpaired
from unlearnkit.audit.intervals import bootstrap, percentiles, resampled, share
from unlearnkit.audit.people import units
from unlearnkit.audit.roc import auc_interval, true_positives_interval
from unlearnkit.domain import FEWEST_PEOPLE

shares = st.lists(st.floats(0, 1), min_size=FEWEST_PEOPLE, max_size=20)


def named(values: list[float], prefix: str = "r") -> dict[str, float]:
    return {f"{prefix}{at}": value for at, value in enumerate(values)}


def each_their_own(records: dict[str, float]) -> dict[str, str]:
    return {one: f"person of {one}" for one in records}


@given(shares)
def test_of_one_record_a_person_it_is_the_bootstrap_of_records(values: list[float]) -> None:
    records = named(values)
    drawn = units(records, each_their_own(records))
    rows = resampled(len(values), 3)
    expected = percentiles([fmean(values[at] for at in row) for row in rows])
    some = None if len(set(values)) == 1 and len(values) < 6 else pytest.approx(expected)
    assert bootstrap(values, 3, drawn) == some
    assert bootstrap(values, 3) == some


@given(shares, shares)
def test_then_differences_and_areas_are_those_of_records_too(
    ours: list[float], theirs: list[float]
) -> None:
    one, other = named(ours), named(theirs, "h")
    whose = each_their_own(one), each_their_own(other)
    assert unpaired(one, other, *whose) == unpaired(one, other)
    assert paired(one, named(theirs), whose[0]) == paired(one, named(theirs))
    drawn = units(one, whose[0]), units(other, whose[1])
    assert auc_interval(ours, theirs, 5, drawn) == auc_interval(ours, theirs, 5)


@given(shares, st.integers(2, 4))
def test_saying_the_same_again_is_no_more_evidence(values: list[float], times: int) -> None:
    single = named(values)
    again = {f"{name}-{turn}": value for name, value in single.items() for turn in range(times)}
    whose = {one: one.partition("-")[0] for one in again}
    drawn = units(again, whose)
    assert (len(drawn), drawn.people) == (len(values), len(values))
    assert bootstrap(list(again.values()), 1, drawn) == pytest.approx(bootstrap(values, 1))
    one, many = paired(single, dict.fromkeys(single, 0.0)), None
    many = paired(again, dict.fromkeys(again, 0.0), whose)
    assert one is not None and many is not None
    assert (many.low, many.high) == pytest.approx((one.low, one.high), abs=1e-9)
    assert (many.n, many.people) == (len(again), len(values))


def test_a_rate_that_is_none_is_as_sure_as_there_are_people() -> None:
    records = [f"{person}-{at}" for person in range(8) for at in range(10)]
    drawn = units(records, {one: one[0] for one in records})
    _, (_, high) = share([0] * 80, [1] * 80, 0, drawn)
    assert high == pytest.approx(1 - 0.025 ** (1 / 8))


def test_tpr_draws_people_on_both_sides() -> None:
    """120 never-seen records of twelve people; one of them scores high with all of theirs."""
    unseen = [f"{person:02d}-{at}" for person in range(12) for at in range(10)]
    scores = [5.0 if one.startswith("00") else 0.0 for one in unseen]
    people = units(unseen, {one: one[:2] for one in unseen})
    members = [1.0] * 20
    assert true_positives_interval(members, scores, 0, (None, people)) == (0.0, 1.0)
    assert true_positives_interval(members, scores, 0) == (0.0, 0.0)


@pytest.mark.parametrize("people", [1, 3, FEWEST_PEOPLE - 1])
def test_too_few_people_speak_for_their_own_records_only(people: int) -> None:
    records = named([0.1, 0.4, 0.3, 0.2, 0.9, 0.5, 0.4, 0.6, 0.2, 0.7])
    whose = {one: str(at % people) for at, one in enumerate(records)}
    drawn = units(records, whose)
    assert (len(drawn), drawn.people) == (len(records), people)
    assert bootstrap(list(records.values()), 2, drawn) == bootstrap(list(records.values()), 2)


def test_a_record_that_nothing_ties_is_somebody_by_itself() -> None:
    drawn = units(["a", "b", "c", "d", "e", "f", "g"], {"a": "x", "b": "x"})
    assert (len(drawn), drawn.people) == (6, 6)


def covered(people: int, whole: bool, rounds: int = 300) -> float:
    """How often the 90 % interval has the mean of all people that could have been drawn, 0.

    Six records of each; half of the variance is between people.
    """
    draw = random.Random(people)
    hits = 0
    for _ in range(rounds):
        records, whose = {}, {}
        for person in range(people):
            level = draw.gauss(0, 1)
            for at in range(6):
                records[f"{person}-{at}"] = level + draw.gauss(0, 1)
                whose[f"{person}-{at}"] = str(person)
        found = paired(records, dict.fromkeys(records, 0.0), whose if whole else None)
        assert found is not None
        hits += found.low <= 0 <= found.high
    return hits / rounds


@pytest.mark.parametrize("people", [FEWEST_PEOPLE, 12])
def test_the_interval_covers_as_often_as_it_says_and_by_record_it_does_not(people: int) -> None:
    assert 0.85 < covered(people, whole=True) < 0.95
    assert covered(people, whole=False) < 0.75
