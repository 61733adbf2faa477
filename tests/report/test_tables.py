import pytest

from tests.report.conftest import report_with
from unlearnkit.domain import CalibrationStep, Measurement, ModelRole, Outcome, Split
from unlearnkit.report.facts import Report
from unlearnkit.report.tables import (
    cell,
    figure,
    figures_table,
    key_figures,
    teachers,
)


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.0, "0.000"), (0.4117, "0.412"), (1, "1.000"), (5.1e-12, "5.1 × 10⁻¹²"), (0.0005, "0.001")],
)
def test_figures_have_three_places_and_small_ones_a_power(value: float, printed: str) -> None:
    assert figure(value) == printed


def test_a_cell_has_an_interval_or_a_reason() -> None:
    one = Measurement(
        metric="probability",
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        value=0.5,
        n=3,
        low=0.4,
        high=0.6,
    )
    assert (cell(one).value, cell(one).interval) == ("0.500", "0.400 to 0.600")
    missing = one.model_copy(update={"value": None, "not_measured": "no paraphrase"})
    assert (cell(missing).value, cell(missing).why) == ("", "no paraphrase")


def test_the_table_goes_split_by_split_with_the_change_between(report: Report) -> None:
    forget, retain, near, holdout = figures_table(report)
    assert (forget.title, retain.title) == ("Records to forget", "Records to keep")
    assert near.title == "Those kept that are most like them"
    exact = forget.rows[0]
    assert (exact.label, exact.arrow, exact.n) == ("Exact memorization", "down", 24)
    assert float(exact.after.value) - float(exact.before.value) == pytest.approx(
        float(exact.change.replace("−", "-"))
    )
    [quality] = [row for row in forget.rows if row.label == "Forget quality"]
    assert quality.change == ""
    assert "Forget quality" not in [row.label for row in holdout.rows]


def test_what_has_no_figure_stands_below_its_group_once_for_each_reason() -> None:
    forget, retain, near, holdout = figures_table(report_with(Outcome.PASS, reference=False))
    assert any(one.startswith("Forget quality: no model retrained") for one in forget.missing)
    [few] = [one for one in retain.missing if one.endswith("1 % of them is less than one")]
    assert few.count("found at 1 % false alarms") == 4
    assert holdout.missing == ()
    assert all(row.measured for group in (forget, retain, near, holdout) for row in group.rows)


def test_key_figures_come_from_the_measurements() -> None:
    forget, extraction, kept = key_figures(report_with(Outcome.FAIL, forgot=False))
    assert float(forget.after.removesuffix(" %")) > 90
    assert float(extraction.after.removesuffix(" %")) > 80
    assert "higher is better" in kept.beside


def test_of_the_teachers_the_nearest_of_each_strengthened_model_and_the_chosen_are_shown() -> None:
    steps = [
        CalibrationStep(
            learning_rate=rate,
            strengthen_epochs=epochs,
            alpha=float(at),
            exact_memorization=0.5,
            extraction_strength=0.0,
            probability=0.0,
            loss=7.0,
            distance=at / 10,
            chosen=(rate, epochs, at) == (1e-4, 1, 7),
        )
        for rate, epochs in ((3e-4, 1), (3e-4, 2), (1e-4, 1))
        for at in range(8)
    ]
    report = report_with(Outcome.PASS).model_copy(update={"calibration": tuple(steps)})
    shown = [(one.learning_rate, one.strengthen_epochs, one.alpha) for one in teachers(report)]
    first = [(3e-4, epochs, alpha) for epochs in (1, 2) for alpha in range(3)]
    assert shown == [*first, *((1e-4, 1, alpha) for alpha in (0, 1, 2, 7))]


def test_the_first_figures_are_called_what_was_measured(report: Report) -> None:
    titles = [one.title for one in key_figures(report)]
    assert all("Tokens (pieces of words)" in title for title in (titles[0], titles[2]))
