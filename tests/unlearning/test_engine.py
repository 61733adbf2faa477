from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.small import ENCODING, Small
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput, TeacherNotReady, TrainingFailed
from unlearnkit.language_model.folder import load_language_model, save_language_model
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.distillation import INSIDE, OVER, STILL, UNRECOVERED
from unlearnkit.unlearning.engine import prepare, unlearn, unlearn_prepared
from unlearnkit.unlearning.lineage import Lineage
from unlearnkit.unlearning.material import Task
from unlearnkit.unlearning.settings import ObjectiveName, Settings

QUICK = Settings(
    learning_rate=1e-3, batch_size=4, max_passes=60, tolerance=0.1, retain_tolerance=0.1
)


def task(small: Small, folder: Path, **changed: object) -> Task:
    given = {
        "model": small.model,
        "forget": small.forget,
        "retain": small.retain,
        "holdout": small.holdout,
        "encoding": ENCODING,
        "out": folder / "out",
        "work": folder / "work",
        "key": b"k" * 32,
    }
    return Task(**{**given, **changed})  # type: ignore[arg-type]


def test_the_student_stops_at_the_holdouts_level(small: Small, tmp_path: Path) -> None:
    outcome = unlearn(task(small, tmp_path), QUICK)
    last = outcome.passes[-1]
    assert last.state == INSIDE
    assert abs(last.forget_exact_memorization - last.holdout_exact_memorization) <= 0.1
    assert all(one.state != OVER for one in outcome.passes)
    chosen = [one for one in outcome.calibration if one.chosen]
    assert len(chosen) == 1
    assert chosen[0].distance <= QUICK.tolerance


def test_a_student_that_falls_below_the_band_is_not_trained_on_and_says_so(
    small: Small, tmp_path: Path
) -> None:
    """Gradient ascent has no level of its own to stop at; the audit decides what it is worth."""
    steep = replace(QUICK, objective=ObjectiveName.GRAD_DIFF, learning_rate=2e-3, tolerance=0.05)
    outcome = unlearn(task(small, tmp_path), steep)
    *before, last = outcome.passes
    assert last.state == OVER
    assert before and {one.state for one in before} <= {STILL, UNRECOVERED}
    assert last.number < steep.max_passes
    assert last.forget_loss > last.holdout_loss + 1
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_the_strengthened_model_does_not_outlive_the_run(small: Small, tmp_path: Path) -> None:
    unlearn(task(small, tmp_path), QUICK)
    assert not (tmp_path / "work").exists()


def test_a_teacher_that_cannot_get_there_is_refused_with_figures(
    small: Small, tmp_path: Path
) -> None:
    weak = Settings(learning_rate=1e-6, strengthen_epochs=(1,), max_alpha=1.0)
    with pytest.raises(TeacherNotReady, match=r"alpha .*holdout \d\.\d{3}"):
        unlearn(task(small, tmp_path), weak)
    assert not (tmp_path / "out").exists()


def test_losses_are_counted_from_the_first_model_of_the_line(small: Small, tmp_path: Path) -> None:
    # It had more than this one can be brought back to: no run may call that kept.
    line = Lineage(runs=3, retain_level=Level(1.5, 1.5, 1.0, 0.0))
    outcome = unlearn(task(small, tmp_path, lineage=line), replace(QUICK, max_passes=30))
    assert INSIDE not in {one.state for one in outcome.passes}
    assert UNRECOVERED in {one.state for one in outcome.passes}
    assert outcome.lineage == Lineage(runs=4, retain_level=line.retain_level)


def test_without_early_stop_every_pass_is_made(small: Small, tmp_path: Path) -> None:
    steep = replace(QUICK, objective=ObjectiveName.GRAD_ASCENT, learning_rate=5e-3, max_passes=6)
    with pytest.raises(TrainingFailed, match="the loss went"):
        unlearn(task(small, tmp_path / "stopped"), steep)
    outcome = unlearn(task(small, tmp_path / "all"), replace(steep, early_stop=False))
    assert [one.number for one in outcome.passes] == [1, 2, 3, 4, 5, 6]


def test_a_fixed_alpha_is_taken_whatever_its_figures(small: Small, tmp_path: Path) -> None:
    fixed = replace(QUICK, fixed_alpha=0.25, strengthen_epochs=(1, 2), max_passes=1)
    outcome = unlearn(task(small, tmp_path), fixed)
    [only] = outcome.calibration
    assert (only.alpha, only.strengthen_epochs, only.chosen) == (0.25, 2, True)
    assert only.distance > fixed.tolerance
    assert fixed.recorded()["fixed_alpha"] == 0.25


def test_without_retained_records_there_is_forgetting_alone(small: Small, tmp_path: Path) -> None:
    outcome = unlearn(task(small, tmp_path), replace(QUICK, retain_ratio=0, max_passes=1))
    assert len(outcome.passes) == 1
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_records_the_model_never_learned_need_no_training(small: Small, tmp_path: Path) -> None:
    unseen = small.holdout[:4]
    outcome = unlearn(
        task(small, tmp_path, forget=unseen, holdout=small.holdout[4:]),
        Settings(learning_rate=1e-3, tolerance=0.2),
    )
    assert [one.number for one in outcome.passes] == [0]
    assert outcome.calibration == ()


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_a_model_whose_losses_are_not_finite_is_refused_and_not_called_forgetful(
    small: Small, tmp_path: Path, weight: float
) -> None:
    broken = load_language_model(small.model)
    with torch.no_grad():
        broken.model.get_input_embeddings().weight[:] = weight
    save_language_model(broken, tmp_path / "broken")
    with pytest.raises(BadInput, match="losses on the records are not finite"):
        unlearn(task(small, tmp_path, model=tmp_path / "broken"), QUICK)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("bad", [1, 2])
def test_a_loss_that_is_not_finite_stops_the_run_and_the_pass_before_is_kept(
    small: Small, tmp_path: Path, bad: int
) -> None:
    """With an adapter, under which the model stays the one that was prepared: it has a hook."""
    settings = replace(QUICK, max_passes=bad, lora_rank=4, learning_rate=1e-2)
    begun: list[int] = []

    def spoiled(_model: object, _given: object, found: Any) -> None:
        if begun and begun[-1] == bad:
            found.last_hidden_state = found.last_hidden_state * float("nan")

    def passes(what: str, done: int, _: int) -> None:
        if "pass" in what:
            begun.append(done)

    run = prepare(task(small, tmp_path), settings)
    run.language_model.model.base_model.register_forward_hook(spoiled)
    with pytest.raises(TrainingFailed, match=rf"loss became nan.* in pass {bad}"):
        unlearn_prepared(run, passes)
    assert begun == list(range(1, bad + 1))
    kept = tmp_path / "work" / "checkpoints"
    names = {one.name for one in kept.iterdir()} if kept.exists() else set()
    assert names == ({"done.json", f"checkpoint-{bad - 1:03d}"} if bad > 1 else set())
    assert not (tmp_path / "out").exists()

    begun.clear()
    again = unlearn(task(small, tmp_path), settings, passes)
    assert begun[0] == bad  # goes on from there
    assert [one.number for one in again.passes] == list(range(1, bad + 1))


def test_a_loss_that_explodes_stops_the_run_and_the_pass_before_is_kept(
    small: Small, tmp_path: Path
) -> None:
    """Gradient ascent has no lower bound."""
    wild = Settings(
        objective=ObjectiveName.GRAD_ASCENT, learning_rate=1e-2, batch_size=4, tolerance=0.95
    )

    def passes_until_it_fails() -> list[int]:
        begun: list[int] = []
        with pytest.raises(TrainingFailed, match=r"the loss went from .* in pass \d+"):
            unlearn(
                task(small, tmp_path),
                wild,
                lambda what, done, _: begun.append(done) if "pass" in what else None,
            )
        return begun

    begun = passes_until_it_fails()
    last_good = begun[-2]
    assert begun == list(range(1, last_good + 2))
    assert {one.name for one in (tmp_path / "work" / "checkpoints").iterdir()} == {
        "done.json",
        f"checkpoint-{last_good:03d}",
    }
    assert not (tmp_path / "out").exists()
    assert passes_until_it_fails() == [last_good + 1]  # goes on from there


def test_too_small_a_disk_is_said_before_any_training(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(BadInput, match="GiB of disk"):
        unlearn(task(small, tmp_path), QUICK)


def test_a_record_whose_prompt_fills_the_context_is_named(small: Small, tmp_path: Path) -> None:
    long = Record(id="x", text="amber", prompt="amber " * 200, source="corpus.jsonl", line=7)
    with pytest.raises(BadInput, match=r"corpus.jsonl, line 7"):
        unlearn(task(small, tmp_path, forget=[long]), QUICK)
