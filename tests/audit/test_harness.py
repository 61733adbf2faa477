"""The lm-evaluation-harness's tasks: its figures as measurements, and what is refused."""

from __future__ import annotations

import json
import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.small import Small, audit_task
from unlearnkit.audit.engine import audit
from unlearnkit.audit.harness import (
    NO_FIGURE,
    NOT_THERE,
    figures,
    find_tasks,
    harness_figures,
)
from unlearnkit.domain import HarnessTasks, Measurement, ModelRole, Split
from unlearnkit.errors import BadInput

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TASK = """\
task: which_note
dataset_path: json
dataset_kwargs: {data_files: {test: FILE}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{prompt}}\\n"
target_delimiter: ""
doc_to_target: 0
doc_to_choice: "{{choices}}"
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
"""


def read(row: dict[str, Any]) -> list[Measurement]:
    return list(figures({"one": row}, ModelRole.ORIGINAL))


# --- without the harness ---------------------------------------------------------------------


def test_a_figure_has_its_n_and_its_standard_error_as_interval() -> None:
    row = {"alias": "one", "sample_len": 40, "acc,none": 0.5, "acc_stderr,none": 0.1}
    [found] = read(row)
    assert (found.metric, found.split, found.n) == ("lm_eval/one/acc", Split.TASKS, 40)
    assert (found.low, found.value, found.high) == pytest.approx((0.304, 0.5, 0.696))


def test_a_filter_is_part_of_the_name_and_without_a_standard_error_there_is_no_interval() -> None:
    [found] = read({"f1,strict": 0.25, "f1_stderr,strict": "N/A"})
    assert found.metric == "lm_eval/one/f1,strict"
    assert (found.value, found.low, found.high) == (0.25, None, None)


def test_a_figure_that_is_no_finite_number_is_not_measured() -> None:
    [found] = read({"ppl,none": math.inf, "ppl_stderr,none": 0.1})
    assert (found.value, found.low, found.not_measured) == (None, None, NO_FIGURE)


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("lm_eval", "lm_eval.tasks"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadInput, match="not installed") as refusal:
        find_tasks(HarnessTasks(("any",)))
    assert refusal.value.fix == "pip install 'unlearnkit[lm-eval]'"


# --- with it ---------------------------------------------------------------------------------


@pytest.fixture
def tasks(small: Small, tmp_path: Path) -> HarnessTasks:
    """Six questions: how a record to forget goes on, or as another does."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    rows = [
        {"prompt": one.prompt, "choices": [one.text, other.text]}
        for one, other in zip(small.forget, small.forget[1:] + small.forget[:1], strict=True)
    ]
    data = folder / "notes.jsonl"
    data.write_text("".join(f"{json.dumps(one)}\n" for one in rows))
    (folder / "notes.yaml").write_text(TASK.replace("FILE", str(data)))
    return HarnessTasks(("which_note",), folder)


def test_a_task_of_ones_own_is_measured_before_and_after(
    small: Small, tasks: HarnessTasks, tmp_path: Path
) -> None:
    """The model that knows the records picks each; the one that never saw them guesses."""
    models = {ModelRole.ORIGINAL: small.model, ModelRole.UNLEARNED: small.reference}
    result = audit(
        audit_task(models, {Split.FORGET: small.forget}, tmp_path / "kept", harness=tasks), NOW
    )
    before, after = (one for one in result.measurements if one.split is Split.TASKS)
    assert (before.metric, before.model, before.n) == (
        "lm_eval/which_note/acc",
        ModelRole.ORIGINAL,
        6,
    )
    assert (before.value, before.low, before.high) == (1.0, 1.0, 1.0)
    assert after.model is ModelRole.UNLEARNED
    assert after.value is not None and after.value < 1.0
    # The standard error of a mean of so many zeros and ones, with n - 1.
    error = math.sqrt(after.value * (1 - after.value) / 5)
    assert after.high == pytest.approx(after.value + 1.96 * error)


def test_a_model_that_is_gone_has_no_figure(small: Small, tasks: HarnessTasks) -> None:
    models = {ModelRole.UNLEARNED: small.model, ModelRole.REFERENCE: Path("gone")}
    there, gone = harness_figures(models, tasks, 0)
    assert there.value == 1.0
    assert (gone.metric, gone.value, gone.not_measured) == (there.metric, None, NOT_THERE)


def test_data_that_are_not_there_are_refused(small: Small, tasks: HarnessTasks) -> None:
    assert tasks.folder is not None
    (tasks.folder / "notes.jsonl").unlink()
    with pytest.raises(BadInput, match="could not be read"):
        harness_figures({ModelRole.UNLEARNED: small.model}, tasks, 0)


def test_an_unknown_task_and_a_folder_that_is_not_there_are_refused(tasks: HarnessTasks) -> None:
    with pytest.raises(BadInput, match="no task 'which_nite'") as refusal:
        find_tasks(HarnessTasks(("which_note", "which_nite"), tasks.folder))
    assert refusal.value.fix == "Did you mean 'which_note'?"
    with pytest.raises(BadInput, match="no such folder"):
        find_tasks(HarnessTasks(("which_note",), Path("nowhere")))
