"""From records to means: of whom they are, how sure, and why there is no figure."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from unlearnkit.audit.intervals import bootstrap, share
from unlearnkit.audit.membership_figures import NO_REFERENCE, membership_figures
from unlearnkit.audit.model_utility import model_utilities
from unlearnkit.audit.people import units
from unlearnkit.audit.summary import (
    NO_FIGURE,
    NO_PERTURBED,
    NO_TEXT,
    forget_qualities,
    mean_of,
    mean_of_values,
    summarise,
    worst,
)
from unlearnkit.domain import (
    GeneratedScores,
    Measurement,
    MembershipScores,
    ModelRole,
    RecordScore,
    Split,
)

UNLEARNED, REFERENCE, ORIGINAL = ModelRole.UNLEARNED, ModelRole.REFERENCE, ModelRole.ORIGINAL
FORGET, RETAIN = Split.FORGET, Split.RETAIN


def score(
    name: str, model: ModelRole = UNLEARNED, split: Split = FORGET, **fields: Any
) -> RecordScore:
    usual = {
        "exact_memorization": 0.2,
        "extraction_strength": 0.0,
        "probability": 0.1,
        "truth_ratio": None,
    }
    return RecordScore(record_id=name, split=split, model=model, **(usual | fields))


def only(found: tuple[Measurement, ...], metric: str, split: Split = FORGET) -> Measurement:
    [one] = [one for one in found if (one.metric, one.split) == (metric, split)]
    return one


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_interval_lies_within_the_values(values: list[float]) -> None:
    found = bootstrap(values, seed=0)
    if found is None:
        assert max(values) - min(values) < 1e-8 and len(values) < 6
        return
    assert min(values) - 1e-9 <= found[0] <= found[1] <= max(values) + 1e-9


def mean(metric: str, values: dict[str, float], whose: dict[str, str] | None = None) -> Measurement:
    of_whom = None if whose is None else {FORGET: whose, RETAIN: {}}
    return mean_of(metric, FORGET, UNLEARNED, values, seed=3, missing="why", of_whom=of_whom)


def test_a_mean_has_its_n_its_people_and_the_bootstraps_interval() -> None:
    values = {str(at): at / 10 for at in range(8)}
    found = mean("probability", values)
    assert (found.metric, found.split, found.model) == ("probability", FORGET, UNLEARNED)
    assert found.value == pytest.approx(0.35)
    assert (found.n, found.people, found.not_measured) == (8, 8, "")
    assert (found.low, found.high) == bootstrap(list(values.values()), 3)


def test_records_of_one_person_come_out_together() -> None:
    values = {str(at): float(at) for at in range(14)}
    whose = {str(at): f"S-{at % 7}" for at in range(14)}
    found = mean("probability", values, whose)
    assert found.people == 7
    assert (found.low, found.high) == bootstrap(list(values.values()), 3, units(values, whose))
    plain = mean("probability", values)
    assert (found.low, found.high) != (plain.low, plain.high)


def test_of_a_yes_or_no_that_nobody_has_the_interval_is_exact() -> None:
    nobody = {str(at): 0.0 for at in range(9)}
    found = mean("degenerate", nobody)
    assert (found.low, found.high) == share([0.0] * 9, [1] * 9, 3)[1]
    assert found.high is not None and found.high > 0.3
    assert mean("repetition", nobody).high == 0.0


@pytest.mark.parametrize("of", [mean_of, mean_of_values])
def test_without_a_value_the_reason_stands_there(of: Any) -> None:
    empty: Any = {} if of is mean_of else []
    found = of("rouge_l", RETAIN, ORIGINAL, empty, seed=0, missing="why")
    assert found == Measurement(
        metric="rouge_l", split=RETAIN, model=ORIGINAL, value=None, n=0, not_measured="why"
    )


def test_the_values_of_a_record_are_counted_singly_and_come_out_together() -> None:
    """Nine values of two records: the mean is over nine, the interval over two."""
    values = [("a", 1.0)] * 6 + [("b", 0.0)] * 3
    found = mean_of_values("pii", FORGET, UNLEARNED, values, seed=5, missing="why")
    assert (found.metric, found.split, found.model) == ("pii", FORGET, UNLEARNED)
    assert found.value == pytest.approx(6 / 9)
    assert (found.n, found.people) == (9, 2)
    assert (found.low, found.high) == (0.0, 1.0)


def test_the_values_of_a_person_come_out_together() -> None:
    whose = {str(at): f"S-{at // 2}" for at in range(14)}
    values = [(str(at), float(at % 5)) for at in range(14)]
    names = {name: 0.0 for name, _ in values}
    found = mean_of_values(
        "pii", FORGET, UNLEARNED, values, seed=5, missing="why", of_whom={FORGET: whose}
    )
    expected = share([one for _, one in values], [1] * 14, 5, units(names, whose), exact=False)
    assert (found.value, (found.low, found.high)) == expected
    assert found.people == 7


def test_of_values_that_six_records_do_not_have_the_bootstrap_says_never() -> None:
    some = [(one, 0.0) for one in "abcdef"]
    found = mean_of_values("pii", FORGET, UNLEARNED, some, seed=5, missing="why")
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    found = mean_of_values("pii", FORGET, UNLEARNED, some[:5], seed=5, missing="why")
    assert (found.value, found.low, found.high) == (0.0, None, None)


def test_the_worst_record_is_the_most_extractable() -> None:
    rows = [score(str(at), extraction_strength=one) for at, one in enumerate((0.2, 0.9, 0.1))]
    assert worst(RETAIN, ORIGINAL, rows) == Measurement(
        metric="max_extraction_strength", split=RETAIN, model=ORIGINAL, value=0.9, n=3
    )


def test_every_model_and_split_has_its_own_means() -> None:
    rows = [
        score("a", exact_memorization=0.4, extraction_strength=0.3, probability=0.5),
        score("b", exact_memorization=0.2, extraction_strength=0.1, probability=0.1),
        score("a", ORIGINAL, exact_memorization=1.0),
        score("c", split=RETAIN, exact_memorization=0.9),
    ]
    found = summarise(rows, 0)
    means = {(m.metric, m.split, m.model): m.value for m in found if m.value is not None}
    assert means["exact_memorization", FORGET, UNLEARNED] == pytest.approx(0.3)
    assert means["extraction_strength", FORGET, UNLEARNED] == pytest.approx(0.2)
    assert means["probability", FORGET, UNLEARNED] == pytest.approx(0.3)
    assert means["max_extraction_strength", FORGET, UNLEARNED] == 0.3
    assert means["exact_memorization", FORGET, ORIGINAL] == 1.0
    assert means["exact_memorization", RETAIN, UNLEARNED] == 0.9
    assert ("exact_memorization", RETAIN, ORIGINAL) not in means


def test_of_truth_ratios_the_mean_is_how_near_they_are_to_1() -> None:
    rows = [score("a", truth_ratio=0.5), score("b", truth_ratio=4.0), score("c")]
    found = only(summarise(rows, 0), "truth_ratio")
    assert (found.value, found.n) == (pytest.approx((0.5 + 0.25) / 2), 2)


def test_only_records_that_were_continued_have_a_figure_of_their_continuation() -> None:
    made = GeneratedScores(rouge_l=None, repetition=0.4, degenerate=1)
    rows = [score("a", generated=made), score("b")]
    found = summarise(rows, 0)
    assert (only(found, "repetition").value, only(found, "repetition").n) == (0.4, 1)
    assert (only(found, "degenerate").value, only(found, "degenerate").n) == (1.0, 1)
    assert (only(found, "rouge_l").value, only(found, "rouge_l").not_measured) == (None, NO_TEXT)


def test_what_was_not_measured_says_why() -> None:
    found = summarise([score("a")], 0)
    assert only(found, "truth_ratio").not_measured == NO_PERTURBED
    assert only(found, "degenerate").not_measured == NO_TEXT
    assert only(found, "token_loss").not_measured == NO_FIGURE
    assert only(found, "forget_quality").not_measured == NO_REFERENCE


def test_intervals_follow_the_seed_and_the_people() -> None:
    rows = [score(str(at), exact_memorization=at / 14) for at in range(14)]
    whose = {FORGET: {str(at): f"S-{at // 2}" for at in range(14)}}
    plain, people, again = (
        only(summarise(rows, seed, of_whom), "exact_memorization")
        for seed, of_whom in ((0, None), (0, whose), (1, None))
    )
    assert plain == only(summarise(rows, 0), "exact_memorization")
    assert (plain.people, people.people) == (14, 7)
    assert len({(one.low, one.high) for one in (plain, people, again)}) == 3


def test_membership_and_utility_follow_the_seed_and_the_people_too() -> None:
    made = GeneratedScores(rouge_l=0.5, repetition=0.0, degenerate=0)
    levels = [math.sin(7 * at) for at in range(14)]
    rows = [
        score(
            f"{split}-{at}",
            split=split,
            probability=0.3 + at / 30,
            truth_ratio=at / 20,
            generated=made,
            membership=MembershipScores(loss=one, zlib=one, min_k=one, min_k_plus_plus=one),
        )
        for split in (FORGET, RETAIN, Split.HOLDOUT)
        for at, one in enumerate(levels[:: -1 if split is Split.HOLDOUT else 1])
    ]
    whose = {
        split: {f"{split}-{at}": f"S-{at // 2}" for at in range(14)} for split in (FORGET, RETAIN)
    }
    found = summarise(rows, 3, whose)
    for expected in (*model_utilities(rows, 3, whose), *membership_figures(rows, 3, whose)):
        assert only(found, expected.metric, expected.split) == expected


def test_a_yes_or_no_that_some_have_has_the_bootstraps_interval() -> None:
    values = {str(at): float(at % 3 == 0) for at in range(14)}
    whose = {str(at): f"S-{at // 2}" for at in range(14)}
    found = mean("degenerate", values, whose)
    _, expected = share(list(values.values()), [1] * 14, 3, units(values, whose))
    assert (found.low, found.high) == expected


def ratios(model: ModelRole, *some: float | None, split: Split = FORGET) -> list[RecordScore]:
    return [score(str(at), model, split, truth_ratio=one) for at, one in enumerate(some)]


def test_forget_quality_compares_each_model_with_the_reference_on_forget_records() -> None:
    own, theirs = (0.1, 0.9, 1.5, None), (0.2, 0.3, 0.4)
    scores = [
        *ratios(UNLEARNED, *own),
        *ratios(REFERENCE, *theirs),
        *ratios(UNLEARNED, 7.0, split=RETAIN),
        *ratios(REFERENCE, 7.0, 8.0, split=RETAIN),
    ]
    found = {one.model: one for one in forget_qualities(scores)}
    expected = ks_2samp(own[:3], theirs).pvalue
    assert found[UNLEARNED].value == pytest.approx(expected)
    assert (found[UNLEARNED].n, found[UNLEARNED].not_measured) == (3, "")
    assert found[REFERENCE].value == pytest.approx(1.0)
    assert {(one.metric, one.split) for one in found.values()} == {("forget_quality", FORGET)}


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (ratios(UNLEARNED, 0.1), NO_REFERENCE),
        ([*ratios(UNLEARNED, 0.1), *ratios(REFERENCE, None)], NO_PERTURBED),
        ([*ratios(UNLEARNED, None), *ratios(REFERENCE, 0.1)], NO_PERTURBED),
    ],
)
def test_without_ratios_on_both_sides_there_is_no_forget_quality(
    scores: list[RecordScore], why: str
) -> None:
    found = next(one for one in forget_qualities(scores) if one.model is UNLEARNED)
    assert (found.value, found.not_measured) == (None, why)
