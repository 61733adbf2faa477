"""Figures found again: equal, equal but for rounding, contradicted, or not measured."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.agreement import NO_DECOYS, ROUNDING, agreement
from unlearnkit.domain import Measurement, ModelRole, Split


def figure(value: float | None, *, n: int = 8, metric: str = "probability") -> Measurement:
    reason = "" if value is not None else "no reference"
    return Measurement(
        metric=metric,
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        value=value,
        n=n,
        not_measured=reason,
    )


def test_the_same_audit_twice_agrees_in_all() -> None:
    said = [figure(0.25), figure(None, metric="priv_leak")]
    found = agreement(said, list(reversed(said)))
    assert (found.same, found.close, found.apart, found.unmeasured) == (2, 0, (), ())
    assert found.holds


def test_what_is_no_finite_number_is_no_figure_on_both_sides() -> None:
    other = figure(0.5, metric="x")
    for odd in (math.nan, math.inf):
        for said in (figure(odd), figure(None)):  # a report has None in its place
            found = agreement([said, other], [figure(odd), other])
            assert (found.same, found.holds) == (2, True)
        assert agreement([figure(0.5)], [figure(odd)]).unmeasured == (figure(0.5),)
        assert not agreement([figure(odd)], [figure(0.5)]).holds


def test_rounding_is_counted_apart_from_equality() -> None:
    found = agreement([figure(0.25)], [figure(0.25 * (1 + ROUNDING / 2))])
    assert (found.same, found.close, found.holds) == (0, 1, True)


def test_rounding_is_of_a_small_figures_size_too() -> None:
    assert agreement([figure(1e-9)], [figure(1.1e-9)]).holds
    for said, found in ((1e-9, 9e-4), (0.0, 0.0009), (0.0009, 0.0)):
        assert not agreement([figure(said)], [figure(found)]).holds


def test_rounding_is_of_a_large_figures_size() -> None:
    assert agreement([figure(500.0)], [figure(500.4)]).holds
    assert not agreement([figure(500.0)], [figure(500.6)]).holds


def test_another_figure_another_n_and_a_figure_where_none_was_said_contradict() -> None:
    for said, found in (
        (figure(0.25), figure(0.25 + 2 * ROUNDING)),
        (figure(0.25), figure(0.25, n=7)),
        (figure(None), figure(0.25)),
    ):
        compared = agreement([said], [found])
        assert [(one.said, one.found) for one in compared.apart] == [(said, found)]
        assert not compared.holds


def test_what_is_not_measured_again_neither_agrees_nor_contradicts() -> None:
    for found in ([], [figure(None)]):
        compared = agreement([figure(0.25)], found)
        assert compared.unmeasured == (figure(0.25),)
        assert (compared.same, compared.close, compared.apart) == (0, 0, ())
        assert not compared.holds  # nothing was found again at all


values = st.none() | st.floats(-10, 1000, allow_nan=False)


@given(st.lists(st.tuples(values, values), max_size=8))
def test_every_figure_that_was_said_is_counted_once(pairs: list[tuple[float, float]]) -> None:
    said = [figure(one, metric=str(at)) for at, (one, _) in enumerate(pairs)]
    found = [figure(other, metric=str(at)) for at, (_, other) in enumerate(pairs)]
    compared = agreement(said, found)
    counted = compared.same + compared.close + len(compared.apart) + len(compared.unmeasured)
    assert counted == len(said)
    assert agreement(said, said).same == len(said)


def test_what_an_earlier_version_made_no_decoys_for_is_no_contradiction() -> None:
    for reason in NO_DECOYS:
        said = figure(None).model_copy(update={"not_measured": reason})
        compared = agreement(
            [said, figure(0.5, metric="rouge_l")],
            [
                figure(0.25),
                figure(0.5, metric="rouge_l"),
            ],
        )
        assert compared.unmeasured == (said,)
        assert compared.holds


def test_a_figure_that_neither_has_of_other_records_is_no_contradiction() -> None:
    """As beside a retrained model that was given once and not again."""
    found = agreement([figure(None, n=8), figure(0.5, metric="x")], [figure(None, n=0)])
    assert (found.same, found.apart, len(found.unmeasured)) == (0, (), 2)
