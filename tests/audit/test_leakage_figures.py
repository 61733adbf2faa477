"""From single values to shares, by kind, with intervals over records."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.leakage_figures import (
    NO_VALUES,
    leakage_measurements,
    leakage_table,
    with_counts,
)
from unlearnkit.corpus.nlp import EMAIL, PERSON
from unlearnkit.domain import ModelRole, Probe, RecordScore, Split, ValueScore

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
def test_every_share_lies_in_its_interval(rows: list[tuple[str, bool, bool]], seed: int) -> None:
    scores = [score(record, prefix=one, name=two) for record, one, two in rows]
    for one in leakage_table(scores, seed):
        assert 0 <= one.low <= one.high <= 1
        if len({record for record, *_ in rows}) == 1:
            assert one.low == one.value == one.high


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
