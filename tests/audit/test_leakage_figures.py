"""From single values to shares, by kind, with intervals over records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.intervals import share
from unlearnkit.audit.leakage_figures import (
    NO_VALUES,
    leakage_measurements,
    leakage_table,
    with_counts,
)
from unlearnkit.audit.people import units
from unlearnkit.corpus.nlp import EMAIL, PERSON
from unlearnkit.domain import Decoding, ModelRole, Probe, RecordScore, Split, ValueScore

UNLEARNED = [ModelRole.UNLEARNED]


def score(
    record: str, entity: str = EMAIL, *, prefix: bool, name: bool | None = None
) -> ValueScore:
    leaked = {Probe.PREFIX: prefix} | ({} if name is None else {Probe.NAME: name})
    return ValueScore(
        record_id=record,
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        entity=entity,
        leaked=leaked,
        chance=dict.fromkeys(leaked, False),
    )


SCORES = [
    score("a", prefix=True, name=False),
    score("a", PERSON, prefix=False),
    score("b", prefix=False, name=True),
    score("b", PERSON, prefix=False),
]


def test_a_value_has_leaked_where_any_probe_brought_it_out() -> None:
    forget, chance, *_ = leakage_measurements(SCORES, UNLEARNED, 0)
    assert (forget.metric, forget.value, forget.n) == ("pii_leakage", 0.5, 4)
    assert (chance.metric, chance.value, chance.n) == ("pii_leakage_chance", 0.0, 4)


def test_a_split_without_values_is_not_measured_and_says_why() -> None:
    *_, holdout, _ = leakage_measurements(SCORES, UNLEARNED, 0)
    assert (holdout.split, holdout.value, holdout.n) == (Split.HOLDOUT, None, 0)
    assert holdout.not_measured == NO_VALUES


def test_the_table_has_a_row_for_each_way_a_model_went_on() -> None:
    """By beams two of three that were searched for, one of them by chance; by others nothing."""
    said = [(True, False), (True, True), (False, False)]
    ways = [
        score(name, prefix=leaked).model_copy(
            update={
                "leaked_by": {Decoding.GREEDY: False, Decoding.BEAMS: leaked},
                "chance_by": {Decoding.GREEDY: False, Decoding.BEAMS: chance},
            }
        )
        for name, (leaked, chance) in zip("abc", said, strict=True)
    ]
    ways.append(score("d", prefix=True))  # of an earlier version
    rows = {one.decoding: one for one in leakage_table(ways, 0) if one.decoding}
    assert set(rows) == {Decoding.GREEDY, Decoding.BEAMS}
    assert (rows[Decoding.GREEDY].value, rows[Decoding.GREEDY].n) == (0.0, 3)
    beams = rows[Decoding.BEAMS]
    assert (beams.value, beams.chance, beams.n) == (pytest.approx(2 / 3), pytest.approx(1 / 3), 3)


def test_the_table_has_each_kind_by_any_probe_and_all_by_each_probe_that_was_tried() -> None:
    rows = {(one.entity, one.probe): (one.value, one.n) for one in leakage_table(SCORES, 0)}
    assert rows == {
        (EMAIL, None): (1.0, 2),
        (PERSON, None): (0.0, 2),
        ("", Probe.PREFIX): (0.25, 4),
        ("", Probe.NAME): (0.5, 2),
    }


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.booleans()), min_size=1),
    st.integers(0, 9),
)
def test_every_interval_is_one_of_shares(rows: list[tuple[str, bool, bool]], seed: int) -> None:
    scores = [score(record, prefix=one, name=two) for record, one, two in rows]
    for one in leakage_table(scores, seed):
        assert 0 <= one.value <= 1
        if one.low is None or one.high is None:
            # Fewer than six records, of each of which the same share came out.
            assert 0 < one.value < 1 and len({record for record, _, _ in rows}) < 6
        else:
            assert 0 <= one.low <= one.high <= 1


@given(st.integers(1, 60), st.booleans())
def test_none_and_all_of_few_records_are_no_certainty(records: int, leaked: bool) -> None:
    """The exact bound: with three records 0 of 3 is at most 0.71, with sixty at most 0.06."""
    from scipy.stats import binomtest

    scores = [score(str(at % records), prefix=leaked) for at in range(2 * records)]
    exact = binomtest(records * leaked, records).proportion_ci(0.95, method="exact")
    for one in leakage_table(scores, 0):
        assert (one.low, one.high) == pytest.approx((exact.low, exact.high))


def test_intervals_resample_records_not_values() -> None:
    """Ten values of one record are one observation, ten of ten records are ten."""
    one = [score("a", prefix=True)] * 5 + [score("b", prefix=False)] * 5
    many = [score(str(at), prefix=at < 5) for at in range(10)]
    [of_two], [of_ten] = (
        [row for row in leakage_table(some, 0) if row.probe is None] for some in (one, many)
    )
    assert of_two.value == of_ten.value == 0.5
    assert (of_two.low, of_two.high) == (0.0, 1.0)
    assert of_ten.high - of_ten.low < 0.8


def test_a_record_says_how_many_of_its_values_came_out() -> None:
    def record(name: str) -> RecordScore:
        return RecordScore(
            record_id=name,
            split=Split.FORGET,
            model=ModelRole.UNLEARNED,
            exact_memorization=0,
            extraction_strength=0,
            probability=0,
            truth_ratio=None,
        )

    counted = with_counts([record("a"), record("c")], [*SCORES, score("a", prefix=True)])
    assert [(one.leaked, one.values) for one in counted] == [(2, 3), (None, None)]


def of(record: str, split: Split, model: ModelRole, *, came: bool, chance: bool) -> ValueScore:
    return score(record, prefix=came).model_copy(
        update={"split": split, "model": model, "chance": {Probe.PREFIX: chance}}
    )


def test_every_model_and_split_has_its_own_share_and_its_own_chance() -> None:
    models = [ModelRole.ORIGINAL, ModelRole.UNLEARNED]
    values = [
        of("a", Split.FORGET, ModelRole.ORIGINAL, came=True, chance=False),
        of("b", Split.FORGET, ModelRole.UNLEARNED, came=False, chance=True),
        of("c", Split.HOLDOUT, ModelRole.UNLEARNED, came=True, chance=False),
        of("d", Split.HOLDOUT, ModelRole.UNLEARNED, came=False, chance=False),
    ]
    found = {
        (one.metric, one.split, one.model): (one.value, one.n, one.people, one.not_measured)
        for one in leakage_measurements(values, models, 0)
    }
    forget, holdout = Split.FORGET, Split.HOLDOUT
    assert found == {
        ("pii_leakage", forget, models[0]): (1.0, 1, 1, ""),
        ("pii_leakage_chance", forget, models[0]): (0.0, 1, 1, ""),
        ("pii_leakage", holdout, models[0]): (None, 0, None, NO_VALUES),
        ("pii_leakage_chance", holdout, models[0]): (None, 0, None, NO_VALUES),
        ("pii_leakage", forget, models[1]): (0.0, 1, 1, ""),
        ("pii_leakage_chance", forget, models[1]): (1.0, 1, 1, ""),
        ("pii_leakage", holdout, models[1]): (0.5, 2, 2, ""),
        ("pii_leakage_chance", holdout, models[1]): (0.0, 2, 2, ""),
    }


def test_the_interval_of_a_share_is_that_of_its_people_and_seed() -> None:
    values = [score(f"r{at}", prefix=at % 3 == 0) for at in range(14) for _ in range(1 + at % 2)]
    whose = {f"r{at}": f"S-{at // 2}" for at in range(14)}
    hits = [sum(one.record_id == f"r{at}" and at % 3 == 0 for one in values) for at in range(14)]
    asked = [1 + at % 2 for at in range(14)]
    expected = share(hits, asked, 4, units(whose, whose))
    told, *_ = leakage_measurements(values, UNLEARNED, 4, {Split.FORGET: whose})
    assert (told.value, (told.low, told.high)) == expected
    assert (told.n, told.people) == (21, 7)
    row, *_ = leakage_table(values, 4, {Split.FORGET: whose})
    assert (row.value, (row.low, row.high)) == expected
    assert (row.split, row.model, row.n) == (Split.FORGET, ModelRole.UNLEARNED, 21)


def test_the_tables_chance_is_of_the_same_values_by_the_same_way() -> None:
    values = [
        score("a", prefix=True, name=True).model_copy(
            update={"chance": {Probe.PREFIX: True, Probe.NAME: False}}
        ),
        score("b", prefix=True, name=False),
    ]
    rows = {(one.entity, one.probe): one.chance for one in leakage_table(values, 0)}
    assert rows == {
        (EMAIL, None): 0.5,
        ("", Probe.PREFIX): 0.5,
        ("", Probe.NAME): 0.0,
    }


def test_a_record_counts_its_own_models_values_on_its_own_split() -> None:
    values = [
        of("a", Split.FORGET, ModelRole.UNLEARNED, came=True, chance=False),
        of("a", Split.FORGET, ModelRole.ORIGINAL, came=True, chance=False),
        of("a", Split.HOLDOUT, ModelRole.UNLEARNED, came=True, chance=False),
    ]
    record = RecordScore(
        record_id="a",
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        exact_memorization=0,
        extraction_strength=0,
        probability=0,
        truth_ratio=None,
    )
    [found] = with_counts([record], values)
    assert (found.values, found.leaked) == (1, 1)
