"""Forgotten against never-seen people: how many there were, and what so few cannot tell."""

from __future__ import annotations

import pytest

from unlearnkit.audit.decoy_figures import decoy_measurements
from unlearnkit.domain import FEWEST_PEOPLE, DecoyRank, Measurement, ModelRole, Split

MODEL = ModelRole.UNLEARNED
Whose = dict[Split, dict[str, str]]


def ranks(split: Split, people: int, better: float) -> tuple[list[DecoyRank], dict[str, str]]:
    """Three records of two values a person, all at one rank, and whose they are."""
    whose = {f"{split}-{at}-{one}": f"person {at}" for at in range(people) for one in range(3)}
    return [
        DecoyRank(record_id=one, split=split, model=MODEL, entity=kind, better=better, of=31)
        for one in whose
        for kind in ("PERSON", "LOCATION")
    ], whose


def measured(forgotten: int, unseen: int, *, known: bool = True) -> dict[str, Measurement]:
    """Where the forgotten stand before the never-seen; `known` is whose the records are."""
    ours, mine = ranks(Split.FORGET, forgotten, 0)
    others, theirs = ranks(Split.HOLDOUT, unseen, 20)
    whose: Whose = {Split.FORGET: mine, Split.HOLDOUT: theirs} if known else {}
    found = decoy_measurements([*ours, *others], [MODEL], "given", 0, whose)
    return {one.metric: one for one in found if one.split is Split.FORGET}


def test_the_test_says_how_many_people_it_shuffled() -> None:
    test = measured(2, 6)["decoy_test"]
    assert test.value == pytest.approx(1 / 28)
    assert test.n == 12
    assert test.subjects is not None
    assert (test.subjects.forgotten, test.subjects.unseen) == (2, 6)
    assert test.subjects.by_record == 0
    assert test.subjects.smallest_p == pytest.approx(1 / 28)


def test_too_few_people_cannot_tell_however_far_apart_they_stand() -> None:
    """The area, which is no test, is still given."""
    found = measured(1, 3)
    test = found["decoy_test"]
    assert test.value is None
    assert test.not_measured == (
        "too few people to tell: with 1 forgotten and 3 never-seen no p-value is below 0.250"
    )
    assert test.subjects is not None and test.subjects.smallest_p == 0.25
    assert found["decoy_auc"].value == 1.0


def test_a_record_of_nobody_known_is_somebody_by_itself_and_counted_as_such() -> None:
    test = measured(1, 3, known=False)["decoy_test"]
    assert test.value is not None and test.value < 0.05
    assert test.subjects is not None
    assert (test.subjects.forgotten, test.subjects.unseen) == (3, 9)
    assert test.subjects.by_record == 12


def test_an_area_has_an_interval_from_six_people_a_side_on() -> None:
    enough = measured(FEWEST_PEOPLE, FEWEST_PEOPLE)
    assert enough["decoy_auc"].low == enough["decoy_auc"].high == 1.0
    assert enough["decoy_test"].low is enough["decoy_test"].high is None
    few = measured(FEWEST_PEOPLE - 1, 20)["decoy_auc"]
    assert (few.value, few.low, few.high) == (1.0, None, None)


def test_against_decoys_nothing_is_tested_and_nobody_counted() -> None:
    ours, _ = ranks(Split.FORGET, 2, 0)
    others, _ = ranks(Split.HOLDOUT, 9, 20)
    found = decoy_measurements([*ours, *others], [MODEL], "decoys", 0)
    [test] = [one for one in found if one.metric == "decoy_test"]
    assert test.value is None and test.subjects is None
    assert "decoys themselves" in test.not_measured
