"""What is said where a checkpoint cannot be written or opened: of each cause what it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator

from tests.disk import folder_of_a_user, no_file_larger_than
from unlearnkit.domain import RecordSet
from unlearnkit.errors import BadInput
from unlearnkit.unlearning.checkpoints import resume, save_checkpoint
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench

DONE = [RecordSet(name="forget", count=3, keyed_digest="")]


@pytest.fixture
def bench() -> Workbench:
    accelerator = Accelerator(cpu=True)
    accelerator.prepare(torch.nn.Linear(100, 100))
    return Workbench(accelerator, Settings(), pad_id=0, end_ids=(), key=bytes(32))


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("NCCL error")], ids=str
)
def test_what_a_device_lacks_is_no_want_of_disk(
    bench: Workbench, tmp_path: Path, error: Exception
) -> None:
    class Failing:
        """A part of the state that cannot be fetched from the device."""

        def state_dict(self) -> dict[str, Any]:
            raise error

        def load_state_dict(self, state: dict[str, Any]) -> None:
            raise error

    bench.accelerator.register_for_checkpointing(Failing())
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


def test_one_that_does_not_fit_on_the_disk_in_plain_is_said_and_kept(
    bench: Workbench, tmp_path: Path
) -> None:
    save_checkpoint(bench, tmp_path, DONE)
    with no_file_larger_than(20_000), pytest.raises(BadInput, match="File too large") as refusal:
        resume(bench, tmp_path, RecordSet)
    assert "Free some disk space" in refusal.value.fix
    assert resume(bench, tmp_path, RecordSet) == DONE


def test_a_missing_file_is_no_want_of_disk_and_the_fix_starts_without_it(
    bench: Workbench, tmp_path: Path
) -> None:
    save_checkpoint(bench, tmp_path, DONE)
    checkpoint = tmp_path / "checkpoint-001"
    (checkpoint / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="a file of the checkpoint is missing") as refusal:
        resume(bench, tmp_path, RecordSet)
    assert refusal.value.where == str(checkpoint)
    assert f"Delete the folder {checkpoint} and" in refusal.value.fix
    assert not (tmp_path / "opened").exists()
    shutil.rmtree(checkpoint)
    assert resume(bench, tmp_path, RecordSet) == []


@pytest.mark.parametrize("content", ["", '{"folder": "checkpoint-001"', '{"folder": 1}', "\xff"])
def test_a_broken_list_is_said_and_the_fix_starts_without_it(
    bench: Workbench, tmp_path: Path, content: str
) -> None:
    folder = tmp_path / "checkpoints"
    save_checkpoint(bench, folder, DONE)
    (folder / "done.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(BadInput, match="not a Listing") as refusal:
        resume(bench, folder, RecordSet)
    assert refusal.value.where == str(folder / "done.json")
    assert f"Delete the folder {folder} and" in refusal.value.fix
    shutil.rmtree(folder)
    assert resume(bench, folder, RecordSet) == []


@pytest.mark.parametrize("name", ["done.json", "checkpoint-001/model.safetensors"])
def test_a_file_that_may_not_be_read_is_named_with_the_right_that_is_wanted(
    bench: Workbench, name: str
) -> None:
    with folder_of_a_user() as folder:
        save_checkpoint(bench, folder, DONE)
        (folder / name).chmod(0)
        with pytest.raises(BadInput, match="permission denied") as refusal:
            resume(bench, folder, RecordSet)
        assert refusal.value.where == str(folder / name)
        assert "Let the user who runs this read and write it" in refusal.value.fix
        (folder / name).chmod(0o600)
        assert resume(bench, folder, RecordSet) == DONE


def test_a_folder_that_may_not_be_written_to_is_no_want_of_disk(bench: Workbench) -> None:
    with folder_of_a_user() as folder:
        folder.chmod(0o500)
        with pytest.raises(BadInput, match="cannot be written: permission denied") as refusal:
            save_checkpoint(bench, folder, DONE)
        assert "disk space" not in refusal.value.fix
        folder.chmod(0o700)
