"""Forgotten against never-seen people: how many there were, and what so few cannot tell."""

from __future__ import annotations

import random

import pytest

from unlearnkit.audit.decoy_figures import NO_UNSEEN, NO_VALUES, decoy_measurements, place
from unlearnkit.audit.decoy_tests import Placed, auc_interval, two_sample_p, uniform_p
from unlearnkit.audit.summary import mean_of_values
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
    assert enough["decoy_auc"].low == pytest.approx(0.025 ** (1 / FEWEST_PEOPLE))
    assert enough["decoy_auc"].high == 1.0
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


def rank(better: float, of: int, at: int = 0, **other: object) -> DecoyRank:
    usual = {"record_id": f"r{at}", "split": Split.FORGET, "model": MODEL, "entity": "PERSON"}
    return DecoyRank.model_validate(usual | {"better": better, "of": of} | other)


def test_places_exposures_and_tails_by_hand() -> None:
    some = [rank(0, 31, 0), rank(31, 31, 1), rank(7, 15, 2), rank(0, 3, 2)]
    found = {
        one.metric: one
        for one in decoy_measurements(some, [MODEL], "given", 0)
        if one.split is Split.FORGET
    }
    assert found["decoy_rank"].value == pytest.approx((0.5 / 32 + 31.5 / 32 + 7.5 / 16 + 1 / 8) / 4)
    assert found["decoy_exposure"].value == pytest.approx((5 + 0 + 1 + 2) / 4)
    assert found["decoy_first"].value == pytest.approx(2 / 4)
    assert found["decoy_last"].value == pytest.approx(1 / 4)
    assert {found[name].n for name in ("decoy_rank", "decoy_first", "decoy_uniform")} == {4}
    assert found["decoy_rank"].people == 3
    assert found["decoy_uniform"].value == uniform_p(
        [0.5 / 32, 31.5 / 32, 7.5 / 16, 1 / 8], [31, 31, 15, 3], 0
    )


def test_every_model_has_its_own_figures_and_a_split_without_values_says_why() -> None:
    other = ModelRole.ORIGINAL
    some = [rank(0, 31), rank(31, 31, model=other)]
    found = {
        (one.metric, one.split, one.model): one
        for one in decoy_measurements(some, [MODEL, other], "given", 0)
    }
    assert found["decoy_first", Split.FORGET, MODEL].value == 1.0
    assert found["decoy_first", Split.FORGET, other].value == 0.0
    for metric in ("decoy_rank", "decoy_exposure", "decoy_first", "decoy_last", "decoy_uniform"):
        unseen = found[metric, Split.HOLDOUT, MODEL]
        assert (unseen.value, unseen.n, unseen.not_measured) == (None, 0, NO_VALUES)


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        (("", "PERSON"), NO_VALUES),
        (("PERSON", ""), NO_UNSEEN),
        (("PERSON", "LOCATION"), NO_UNSEEN),
    ],
)
def test_without_values_of_one_kind_on_both_sides_nothing_is_compared(
    kinds: tuple[str, str], why: str
) -> None:
    some = [
        rank(0, 31, entity=kind, split=split)
        for kind, split in zip(kinds, (Split.FORGET, Split.HOLDOUT), strict=True)
        if kind
    ]
    found = {one.metric: one for one in decoy_measurements(some, [MODEL], "given", 0)}
    for metric in ("decoy_auc", "decoy_test"):
        told = found[metric]
        assert (told.value, told.n, told.not_measured, told.split) == (None, 0, why, Split.FORGET)


def test_only_kinds_of_both_sides_are_compared_and_counted() -> None:
    ours, mine = ranks(Split.FORGET, 8, 3)
    others, theirs = ranks(Split.HOLDOUT, 8, 20)
    kept = [one for one in others if one.entity == "PERSON"]
    whose: Whose = {Split.FORGET: mine, Split.HOLDOUT: theirs}
    found = {
        one.metric: one
        for one in decoy_measurements([*ours, *kept], [MODEL], "given", 0, whose)
        if one.split is Split.FORGET
    }
    assert (found["decoy_auc"].value, found["decoy_auc"].n) == (1.0, 24)
    test = found["decoy_test"]
    assert test.value == pytest.approx(1 / 2001)
    assert test.subjects is not None and test.subjects.smallest_p == pytest.approx(1 / 2001)


def test_means_areas_and_tests_follow_the_people_and_the_seed() -> None:
    draw = random.Random(8)
    some: list[DecoyRank] = []
    whose: Whose = {Split.FORGET: {}, Split.HOLDOUT: {}}
    for split in whose:
        for at in range(24):
            some.append(rank(draw.randint(0, 31), 31, at, split=split, record_id=f"{split}{at}"))
            whose[split][f"{split}{at}"] = f"{split} person {at // 2}"
    found = {
        one.metric: one
        for one in decoy_measurements(some, [MODEL], "given", 5, whose)
        if one.split is Split.FORGET
    }
    ours, unseen = (
        [
            Placed(whose[split][one.record_id], "PERSON", place(one))
            for one in some
            if one.split is split
        ]
        for split in (Split.FORGET, Split.HOLDOUT)
    )
    area, test, mean = found["decoy_auc"], found["decoy_test"], found["decoy_rank"]
    assert (area.low, area.high) == auc_interval(ours, unseen, 5)
    assert test.value == two_sample_p(ours, unseen, 5)
    values = [(one.record_id, place(one)) for one in some if one.split is Split.FORGET]
    given = ("decoy_rank", Split.FORGET, MODEL, values)
    assert mean == mean_of_values(*given, seed=5, missing="", of_whom=whose)
    assert mean.people == 12
