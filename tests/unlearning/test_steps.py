"""A step is the same sum, whatever number of pieces and processes it is computed in.

Four forget records in steps of three: the second step of a pass has one, so that some pieces, and
one of two processes, have none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from hypothesis import given
from hypothesis import strategies as st

from tests.unlearning.launch import in_two_processes
from tests.unlearning.memorised import FORGET, SETTINGS, memorise, task
from unlearnkit.errors import TrainingFailed
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.unlearning import steps
from unlearnkit.unlearning.engine import Unlearned, unlearn
from unlearnkit.unlearning.settings import OBJECTIVES, Settings
from unlearnkit.unlearning.steps import Workbench, adamw, step

QUICK = replace(SETTINGS, batch_size=3, learning_rate=1e-3, strengthen_epochs=(4,), max_alpha=64.0)
LORA = replace(QUICK, lora_rank=4, learning_rate=3e-3)
# AdamW divides a gradient by its own size, so that its first steps are as long where there is
# nothing but rounding to follow: a few weights may differ by more than rounding. All of them
# together, measured against how far they have moved, may not; a wrong sum shows in the percents.
ROUNDING = 1e-3
COUNTS = st.integers(1, 5)
"""Pieces that a step is to be computed in."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return memorise(tmp_path_factory.mktemp("steps") / "model", "llama")


def run(model: Path, folder: Path, settings: Settings) -> Unlearned:
    return unlearn(task(model, folder, forget=FORGET[:4]), settings)


@pytest.fixture(scope="module")
def at_once(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Unlearned, Path]:
    """One process, one piece."""
    folder = tmp_path_factory.mktemp("once")
    return run(model, folder, QUICK), folder / "out"


def difference(start: Path, one: Path, other: Path) -> float:
    """How far apart two models' weights are, as a share of the way from `start` to the first."""
    begun, ours, theirs = (
        load_language_model(folder).model.state_dict() for folder in (start, one, other)
    )
    assert begun.keys() == ours.keys() == theirs.keys()

    def distance(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> float:
        return sum(float((some[name] - others[name]).square().sum()) for name in some) ** 0.5

    return distance(ours, theirs) / distance(ours, begun)


def losses(outcome: Unlearned) -> list[float]:
    return [one.loss for one in outcome.passes]


@pytest.mark.parametrize(
    "changed",
    [{"accumulation_steps": 2}, {"accumulation_steps": 3}, {"gradient_checkpointing": True}],
    ids=str,
)
def test_the_same_model_comes_out(
    model: Path, tmp_path: Path, at_once: tuple[Unlearned, Path], changed: Mapping[str, Any]
) -> None:
    outcome, out = at_once
    again = run(model, tmp_path, replace(QUICK, **changed))
    assert losses(again) == pytest.approx(losses(outcome), abs=1e-4)
    assert difference(model, out, tmp_path / "out") < ROUNDING


@pytest.mark.parametrize("objective", [one for one in OBJECTIVES if one != "rklu"])
def test_whatever_the_objective(model: Path, tmp_path: Path, objective: str) -> None:
    """Also where a record's loss is no sum over its positions (NPO, SimNPO)."""
    made = []
    for pieces in (1, 2):
        settings = replace(QUICK, objective=objective, accumulation_steps=pieces, max_passes=1)
        outcome = run(model, tmp_path / str(pieces), settings)
        made.append((losses(outcome), tmp_path / str(pieces) / "out"))
    assert made[0][0] == pytest.approx(made[1][0], abs=1e-4)
    assert difference(model, made[0][1], made[1][1]) < ROUNDING


def test_whatever_is_trained(model: Path, tmp_path: Path) -> None:
    """LoRA, recomputing activations and in pieces."""
    in_pieces = replace(LORA, accumulation_steps=2, gradient_checkpointing=True)
    plain = run(model, tmp_path / "plain", LORA)
    other = run(model, tmp_path / "other", in_pieces)
    assert losses(plain) == pytest.approx(losses(other), abs=1e-4)
    assert difference(model, tmp_path / "plain" / "out", tmp_path / "other" / "out") < ROUNDING


def bench_of(processes: int, process: int, count: int) -> Workbench:
    place = SimpleNamespace(
        num_processes=processes, process_index=process, gradient_accumulation_steps=count
    )
    return Workbench(place, QUICK, pad_id=0, end_ids=(), key=bytes(32))


@given(some=st.integers(1, 9), others=st.integers(0, 9), processes=st.integers(1, 3), count=COUNTS)
def test_every_row_is_in_one_piece_and_no_piece_is_empty_in_every_process(
    some: int, others: int, processes: int, count: int
) -> None:
    """Else it would be computed for nothing; and each process computes as many as the others."""
    kinds = (range(some), range(some, some + others))
    of_all = [steps.pieces(bench_of(processes, one, count), *kinds) for one in range(processes)]
    assert len({len(found) for found in of_all}) == 1
    for at, rows in enumerate(kinds):
        assert sorted(row for found in of_all for piece in found for row in piece[at]) == [*rows]
    assert all(
        any(rows for piece in together for rows in piece) for together in zip(*of_all, strict=True)
    )
    assert len(of_all[0]) <= count


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_gradient_that_is_not_finite_touches_no_weight(bad: float) -> None:
    """The loss alone would not show it; clipped to norm 1, every weight would become NaN."""
    model = torch.nn.Linear(3, 2)
    bench = Workbench(Accelerator(cpu=True), QUICK, pad_id=0, end_ids=(), key=bytes(32))
    optimizer = adamw(model, bench.settings.learning_rate)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    model.weight.register_hook(lambda slope: slope * bad)
    with pytest.raises(TrainingFailed, match=rf"loss became 1.0, its gradient {bad}, in pass 7"):
        step(
            bench,
            model,
            optimizer,
            [lambda: model.weight.sum().exp() / model.weight.sum().exp().detach()],
            "pass 7",
        )
    assert all(torch.equal(before[name], one) for name, one in model.state_dict().items())
    assert not optimizer.state


SCRIPT = """
import json
import sys
from dataclasses import replace
from pathlib import Path
from tests.unlearning.test_steps import QUICK, losses, run

model, folder = Path(sys.argv[1]), Path(sys.argv[2])
for pieces in (1, 2):
    outcome = run(model, folder / str(pieces), replace(QUICK, accumulation_steps=pieces))
    (folder / f"{pieces}.json").write_text(json.dumps(losses(outcome)))
"""


def test_two_processes_make_the_same_model_as_one(
    model: Path, tmp_path: Path, at_once: tuple[Unlearned, Path]
) -> None:
    outcome, out = at_once
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    in_two_processes(script, model, tmp_path)
    for pieces in ("1", "2"):
        found = json.loads((tmp_path / f"{pieces}.json").read_text())
        assert found == pytest.approx(losses(outcome), abs=1e-4)
        assert difference(model, out, tmp_path / pieces / "out") < ROUNDING
