"""What the report says of attacks."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.report import sample
from tests.report.test_plots import classes, described
from unlearnkit.domain import (
    CONDITIONS,
    Attack,
    AttackCost,
    AuditResult,
    Measurement,
    ModelRole,
    RelearningCurve,
    RelearningPoint,
    Split,
)
from unlearnkit.report import attacks
from unlearnkit.report.attacks import attack_rows, curves_plot
from unlearnkit.report.facts import Report, build_report
from unlearnkit.report.render import render_html
from unlearnkit.report.scope import LEFT_OPEN, NOT_MADE, standard_out_of_scope
from unlearnkit.report.tables import figures_table


def measurement(under: str, split: Split, model: ModelRole, value: float | None) -> Measurement:
    return Measurement(
        metric="exact_memorization",
        split=split,
        model=model,
        value=value,
        n=24 if value is not None else 0,
        not_measured="" if value is not None else "too few records",
        under=under,
    )


def cost(under: str, model: ModelRole, steps: int = 0) -> AttackCost:
    return AttackCost(
        under=under, model=model, reached=0.8, steps=steps, forward_passes=20, tokens=5000
    )


def curve(under: str, split: Split, model: ModelRole, *values: float) -> RelearningCurve:
    return RelearningCurve(
        under=under,
        model=model,
        split=split,
        trained=3,
        n=21,
        points=tuple(
            RelearningPoint(
                epoch=at,
                step=4 * at,
                exact_memorization=value,
                extraction_strength=0.0,
                probability=0.1,
            )
            for at, value in enumerate(values)
        ),
    )


AFTER, BEFORE = ModelRole.UNLEARNED, ModelRole.ORIGINAL
CURVES = (
    curve("relearned_10pct", Split.FORGET, AFTER, 0.19, 0.45, 0.82),
    curve("relearned_10pct", Split.FORGET, ModelRole.REFERENCE, 0.17, 0.20, 0.22),
    curve("relearned_10pct", Split.HOLDOUT, AFTER, 0.17, 0.21, 0.23),
    curve("relearned_unrelated", Split.FORGET, AFTER, 0.19, 0.20, 0.21),
)


def attacked() -> AuditResult:
    """The sample's audit with two attacks of it."""
    audit = sample.audit(sample.manifest())
    measured = (
        measurement("int4", Split.FORGET, AFTER, 0.83),
        measurement("int4", Split.HOLDOUT, AFTER, 0.16),
        measurement("int4", Split.FORGET, BEFORE, 0.95),
        measurement("relearned_10pct", Split.FORGET, AFTER, None),
    )
    costs = (cost("int4", BEFORE), cost("int4", AFTER), cost("relearned_10pct", AFTER, steps=12))
    return audit.model_copy(
        update={
            "measurements": (*audit.measurements, *measured),
            "attacks": costs,
            "curves": CURVES,
        }
    )


@pytest.fixture
def report() -> Report:
    return build_report(
        sample.manifest(), attacked(), sample.verdict(), sample.requests(), created=sample.NOW
    )


def test_every_condition_is_explained() -> None:
    assert [one.metric for one in attacks.CONDITIONS] == list(CONDITIONS)
    assert set(NOT_MADE) == set(LEFT_OPEN) == set(Attack)


def test_a_row_for_every_attack_stands_beside_the_model_as_it_is(report: Report) -> None:
    plain, four, relearned = attack_rows(report)
    assert (plain.label, four.label) == ("No attack", "4-bit weights")
    known = report.measurement("exact_memorization", Split.FORGET, AFTER)
    assert known is not None and plain.after.value == f"{known.value:.3f}"
    assert (four.after.value, four.unseen.value, four.before.value) == ("0.830", "0.160", "0.950")
    assert (four.reference.value, four.reference.why) == ("", "")
    assert relearned.after.why == "too few records"


def test_what_an_attack_took_is_told_of_all_models_together(report: Report) -> None:
    plain, four, relearned = attack_rows(report)
    assert plain.took == ""
    assert four.took == "10,000 tokens in 40 passes, 80 % of the weights changed"
    assert relearned.took == "12 steps, 5,000 tokens in 20 passes"


def test_every_row_says_of_how_many_records_it_is(report: Report) -> None:
    plain, four, relearned = attack_rows(report)
    sizes = [sample.SIZES[one] for one in (Split.FORGET, Split.HOLDOUT, Split.RETAIN)]
    assert plain.counts == f"n {', '.join(map(str, sizes))}"
    assert four.counts == "n 24, 24, –"
    assert relearned.counts == ""
    assert f'4-bit weights<span class="range">{four.counts}<' in render_html(report, "d", "8f")


def test_what_was_not_made_took_nothing(report: Report) -> None:
    spared = [one.model_copy(update={"forward_passes": 0, "tokens": 0}) for one in report.attacks]
    without = report.model_copy(update={"attacks": tuple(spared)})
    assert {row.took for row in attack_rows(without)} == {""}


def test_the_table_of_figures_holds_none_under_attack(report: Report) -> None:
    plain = build_report(
        sample.manifest(),
        sample.audit(sample.manifest()),
        sample.verdict(),
        sample.requests(),
        created=sample.NOW,
    )
    assert figures_table(report) == figures_table(plain)


def test_what_was_not_made_and_what_an_attack_leaves_open_are_said() -> None:
    without = standard_out_of_scope(sample.audit(sample.manifest()), 0)
    assert set(NOT_MADE.values()) <= set(without)
    told = standard_out_of_scope(attacked(), 0)
    assert LEFT_OPEN[Attack.QUANTIZATION] in told and LEFT_OPEN[Attack.RELEARNING] in told
    assert NOT_MADE[Attack.PRUNING] in told
    assert NOT_MADE[Attack.QUANTIZATION] not in told
    [why] = [one for one in told if "too few records" in one]
    assert why.startswith("Not measured: Exact memorization under relearned_10pct on forget")


def test_the_curves_are_told_to_who_cannot_see_them() -> None:
    drawing = curves_plot(CURVES)
    assert drawing is not None
    title, words = described(drawing)
    assert title == "What returns while few records are trained on"
    assert "Relearned on 10 %, after: 0.19, 0.45, 0.82" in words
    assert "Relearned on 10 %, unseen: 0.17, 0.21, 0.23" in words
    found = classes(drawing)
    assert (found.count("l-after"), found.count("l-reference"), found.count("l-unseen")) == (
        2,
        1,
        1,
    )
    assert found.count("m-after") == 6


def test_a_curve_rises_where_the_records_return() -> None:
    drawing = curves_plot(CURVES[:1])
    assert drawing is not None
    root = ElementTree.fromstring(drawing)
    [track] = [one.get("points", "") for one in root.iter() if one.get("class") == "l-after"]
    spots = [tuple(map(float, spot.split(","))) for spot in track.split()]
    across, down = zip(*spots, strict=True)
    assert list(across) == sorted(across)
    assert list(down) == sorted(down, reverse=True)


def test_how_far_each_curve_went_stands_in_figures() -> None:
    first, second, third, fourth = attacks.return_rows(CURVES)
    assert [one.whose for one in (first, second, third)] == [one[-1] for one in attacks.SERIES]
    assert (first.exact_memorization, first.probability) == ("0.190 → 0.820", "0.100 → 0.100")
    assert (first.trained, first.n, first.steps) == (3, 21, 8)
    assert fourth.label == "Relearned on unrelated records"


def test_without_curves_nothing_is_drawn() -> None:
    assert curves_plot(()) is None


def test_the_page_has_the_section_only_where_something_was_attacked(report: Report) -> None:
    page = render_html(report, "d" * 64, "8f" * 32)
    assert 'id="attacks"' in page and "Attack: 4-bit weights" in page
    plain = report.model_copy(update={"attacks": (), "curves": ()})
    assert 'id="attacks"' not in render_html(plain, "d" * 64, "8f" * 32)


def test_a_report_with_attacks_is_read_back(report: Report) -> None:
    assert Report.model_validate_json(report.model_dump_json()) == report
