"""What is said where a checkpoint cannot be written: of the disk only what the disk did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator

from tests.disk import no_file_larger_than
from unlearnkit.errors import BadInput
from unlearnkit.unlearning.checkpoints import save_checkpoint
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench


@pytest.fixture
def bench() -> Workbench:
    accelerator = Accelerator(cpu=True)
    accelerator.prepare(torch.nn.Linear(100, 100))
    return Workbench(accelerator, Settings(), pad_id=0, end_ids=(), key=bytes(32))


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("NCCL error")], ids=str
)
def test_what_a_device_lacks_is_no_want_of_disk(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(bench.accelerator, "save_state", failing)
    with pytest.raises(type(error)) as raised:
        save_checkpoint(bench, tmp_path, [])
    assert raised.value is error


def test_weights_that_do_not_fit_on_the_disk_are_said(bench: Workbench, tmp_path: Path) -> None:
    with (
        no_file_larger_than(20_000),
        pytest.raises(BadInput, match=r"the checkpoint cannot be written.*File too large"),
    ):
        save_checkpoint(bench, tmp_path, [])
    assert not (tmp_path / "done.json").exists()
