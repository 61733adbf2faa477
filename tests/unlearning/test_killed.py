"""Killed with SIGKILL at any moment and run again, a run ends with the same files, bit for bit.

The model has dropout, so that random states matter too.
"""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.killing import die_at
from tests.unlearning.memorised import ENCODING, FORGET, KEY, SETTINGS, memorise, task
from unlearnkit.artefacts import folder_digests
from unlearnkit.encrypted import is_encrypted, read_encrypted
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.tokens import collate, encode_record
from unlearnkit.unlearning.engine import unlearn
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import open_states

TWO_RUNGS = replace(SETTINGS, strengthen_epochs=(1, 8), tolerance=0.9)
"""The first rung's teachers do not fit, one of the second's does; two passes follow."""
EVERY_WEIGHT = replace(TWO_RUNGS, learning_rate=5e-4, max_alpha=48.0)
LORA = replace(TWO_RUNGS, learning_rate=3e-3, max_alpha=64.0, lora_rank=4)

STEP = "steps.py:step"
CHECKPOINT = "checkpoints.py:save_checkpoint"
PASS = "distillation.py:one_pass"
SAVE = "models.py:save"
REMOVE = "work.py:remove"
MOMENTS = {
    "the original's states are read": ("states.py:keep_states", "states.py:_computed"),
    "nothing is measured yet": (STEP,),
    "a rung is measured, its checkpoint not listed": (CHECKPOINT, "artefacts.py:write_atomic"),
    "a rung is finished, the next one on its way": (CHECKPOINT, STEP, STEP, STEP),
    "a teacher fits, its head not written": ("head.py:save_head",),
    "a teacher fits, not written down yet": ("head.py:save_head", "artefacts.py:write_atomic"),
    "in the first pass": (PASS, STEP, STEP),
    "in the second pass": (PASS, PASS, STEP, STEP),
    "a checkpoint has its weights only": (PASS, PASS, CHECKPOINT, "other.py:save", "other.py:save"),
    "a checkpoint is half encrypted": (
        *(PASS, PASS, CHECKPOINT, "encrypted.py:encrypt_file"),
        "encrypted.py:encrypt_file",
        "write",
    ),
    "a checkpoint is not listed yet": (PASS, PASS, CHECKPOINT, "artefacts.py:write_atomic"),
    "the checkpoint before is being deleted": (PASS, PASS, "shutil.py:rmtree", "unlink"),
    "the model is not saved yet": (SAVE,),
    "the model is written, its tokenizer not": (
        SAVE,
        "tokenization_utils_base.py:PreTrainedTokenizerBase.save_pretrained",
    ),
    "the work folder is still there": (REMOVE,),
    "the work folder is being deleted": (REMOVE, "unlink", "unlink", "unlink"),
}
"""What is called, in this order, until the process dies."""
AGAIN = {
    "a checkpoint lies open": (
        *("checkpoints.py:resume", "encrypted.py:_decrypt"),
        *("encrypted.py:_decrypt", "encrypted.py:_decrypt"),
    ),
}
"""The same of a run that goes on."""
LATER = ("a teacher fits, not written down yet", "in the second pass", "the model is not saved yet")


def run_until(moment: tuple[str, ...], model: Path, folder: Path, settings: Settings) -> None:
    sys.setprofile(die_at(moment))
    unlearn(task(model, folder), settings)


@pytest.fixture(scope="module")
def processes() -> Any:
    """Processes that have the libraries loaded when they start."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "tests.unlearning.memorised",
            "accelerate",
            "peft.tuners.lora",
            "transformers.models.gpt2.modeling_gpt2",
            "torch.optim",
        ]
    )
    return context


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = memorise(tmp_path_factory.mktemp("killed") / "model", "gpt2")
    assert '"resid_pdrop": 0.1' in (folder / "config.json").read_text()
    return folder


@pytest.fixture(scope="module")
def uninterrupted(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    """Digests of what comes out, by LoRA rank."""
    found = {}
    for settings in (EVERY_WEIGHT, LORA):
        folder = tmp_path_factory.mktemp("whole")
        outcome = unlearn(task(model, folder), settings)
        assert [one.strengthen_epochs for one in outcome.calibration if one.chosen] == [8]
        assert len(outcome.passes) == 2
        found[settings.lora_rank] = folder_digests(folder / "out")
    return found


def killed(processes: Any, moment: str, model: Path, folder: Path, settings: Settings) -> None:
    process = processes.Process(
        target=run_until, args=((MOMENTS | AGAIN)[moment], model, folder, settings)
    )
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_same_files_come_out(
    processes: Any, model: Path, uninterrupted: dict[int, Any], tmp_path: Path, moment: str
) -> None:
    killed(processes, moment, model, tmp_path, EVERY_WEIGHT)
    unlearn(task(model, tmp_path), EVERY_WEIGHT)
    assert folder_digests(tmp_path / "out") == uninterrupted[0]
    assert {one.name for one in tmp_path.iterdir()} == {"out"}


@pytest.mark.parametrize(
    "moment", ["a rung is finished, the next one on its way", "in the second pass"]
)
def test_with_lora_too(
    processes: Any, model: Path, uninterrupted: dict[int, Any], tmp_path: Path, moment: str
) -> None:
    killed(processes, moment, model, tmp_path, LORA)
    unlearn(task(model, tmp_path), LORA)
    assert folder_digests(tmp_path / "out") == uninterrupted[4]


def test_killed_again_while_a_checkpoint_lies_open_it_goes_on_and_nothing_stays_open(
    processes: Any, model: Path, uninterrupted: dict[int, Any], tmp_path: Path
) -> None:
    killed(processes, "in the second pass", model, tmp_path, EVERY_WEIGHT)
    killed(processes, "a checkpoint lies open", model, tmp_path, EVERY_WEIGHT)
    assert any((tmp_path / "work" / "checkpoints" / "opened").iterdir())
    killed(processes, "the model is not saved yet", model, tmp_path, EVERY_WEIGHT)
    assert not (tmp_path / "work" / "checkpoints" / "opened").exists()
    unlearn(task(model, tmp_path), EVERY_WEIGHT)
    assert folder_digests(tmp_path / "out") == uninterrupted[0]


@pytest.mark.parametrize("moment", ["a rung is finished, the next one on its way", *LATER])
def test_what_a_killed_run_leaves_is_figures_or_encrypted(
    processes: Any, model: Path, tmp_path: Path, moment: str
) -> None:
    killed(processes, moment, model, tmp_path, EVERY_WEIGHT)
    left = [one for one in (tmp_path / "work").rglob("*") if one.is_file()]
    figures = {one for one in left if one.suffix == ".json"}
    assert {one.name for one in figures} <= {"start.json", "calibration.json", "done.json"}
    assert not any(is_encrypted(one) for one in figures)
    assert len(left) > len(figures)
    assert all(is_encrypted(one) for one in left if one not in figures)


def test_the_states_of_a_killed_run_are_read_with_its_key_and_stand_nowhere_in_plain(
    processes: Any, model: Path, tmp_path: Path
) -> None:
    killed(processes, "in the second pass", model, tmp_path, EVERY_WEIGHT)
    loaded = load_language_model(model)
    examples = [encode_record(one, loaded.tokenizer, ENCODING) for one in FORGET]
    path = tmp_path / "work" / "original-forget.states"
    states = open_states(path, examples, KEY)
    one = collate(examples[:1], loaded.tokenizer.pad_token_id)
    hidden = Headed(loaded.model.float())(one, lambda found, _: found)
    stored = states.of([0], "cpu")
    assert torch.allclose(stored, hidden, atol=1e-5)
    rows = [row.numpy().tobytes() for row in states.at(slice(0, states.starts[-1]), "cpu")]
    everything = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert len(rows) > 20
    assert not any(row in everything for row in rows)
    with pytest.raises(VerificationFailed, match="cannot be decrypted"):
        open_states(path, examples, b"x" * 32).of([0], "cpu")


def as_an_earlier_release_left_it(work: Path) -> None:
    """It encrypted nothing, and called the states otherwise."""
    for file in [one for one in work.rglob("*") if one.is_file() and is_encrypted(one)]:
        if file.suffix == ".states":
            file.unlink()
            file.with_suffix(".npy").write_bytes(b"states")
        else:
            file.write_bytes(read_encrypted(file, KEY))


@pytest.mark.parametrize(
    "moment", ["a rung is finished, the next one on its way", "in the second pass"]
)
def test_a_run_of_an_earlier_release_begins_anew_and_says_so(
    processes: Any, model: Path, uninterrupted: dict[int, Any], tmp_path: Path, moment: str
) -> None:
    killed(processes, moment, model, tmp_path, EVERY_WEIGHT)
    as_an_earlier_release_left_it(tmp_path / "work")
    said: list[str] = []
    unlearn(task(model, tmp_path), EVERY_WEIGHT, lambda what, *_: said.append(what))
    assert said[0] == "erasing a run that an earlier release left unencrypted"
    assert folder_digests(tmp_path / "out") == uninterrupted[0]
    assert {one.name for one in tmp_path.iterdir()} == {"out"}


def test_a_checkpoint_that_was_deleted_by_hand_is_none(
    processes: Any, model: Path, uninterrupted: dict[int, Any], tmp_path: Path
) -> None:
    killed(processes, "in the second pass", model, tmp_path, EVERY_WEIGHT)
    shutil.rmtree(tmp_path / "work" / "checkpoints" / "checkpoint-001")
    unlearn(task(model, tmp_path), EVERY_WEIGHT)
    assert folder_digests(tmp_path / "out") == uninterrupted[0]


def test_a_checkpoint_that_was_changed_is_refused_and_the_fix_starts_the_run_anew(
    processes: Any, model: Path, uninterrupted: dict[int, Any], tmp_path: Path
) -> None:
    killed(processes, "in the second pass", model, tmp_path, EVERY_WEIGHT)
    with (tmp_path / "work/checkpoints/checkpoint-001/model.safetensors").open("r+b") as file:
        file.write(b"changed")
    with pytest.raises(VerificationFailed) as refusal:
        unlearn(task(model, tmp_path), EVERY_WEIGHT)
    assert f"Delete the folder {tmp_path / 'work'} and" in refusal.value.fix
    shutil.rmtree(tmp_path / "work")
    unlearn(task(model, tmp_path), EVERY_WEIGHT)
    assert folder_digests(tmp_path / "out") == uninterrupted[0]


def test_a_disk_that_is_full_when_a_checkpoint_is_opened_is_said(
    processes: Any, model: Path, tmp_path: Path
) -> None:
    killed(processes, "in the second pass", model, tmp_path, EVERY_WEIGHT)
    process = processes.Process(target=refused_for_want_of_disk, args=(model, tmp_path))
    process.start()
    process.join(120)
    assert process.exitcode == 0


def refused_for_want_of_disk(model: Path, folder: Path) -> None:
    """No file of this process may be larger than a checkpoint's weights."""
    checkpoint = folder / "work" / "checkpoints" / "checkpoint-001"
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = (checkpoint / "model.safetensors").stat().st_size // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    with pytest.raises(BadInput, match="the checkpoint cannot be opened"):
        unlearn(task(model, folder), EVERY_WEIGHT)
    assert checkpoint.is_dir()
    assert not (checkpoint.parent / "opened").exists()


def test_nobody_else_can_look_into_what_is_plain_for_a_moment(
    processes: Any, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir(mode=0o755)
    killed(processes, "a checkpoint has its weights only", model, tmp_path, EVERY_WEIGHT)
    assert (tmp_path / "work").stat().st_mode & 0o077 == 0


def test_what_was_finished_is_not_done_again(processes: Any, model: Path, tmp_path: Path) -> None:
    killed(processes, "in the second pass", model, tmp_path, EVERY_WEIGHT)
    done: list[tuple[str, int]] = []
    unlearn(task(model, tmp_path), EVERY_WEIGHT, lambda what, at, _: done.append((what, at)))
    assert not any(what.startswith("strengthening") for what, _ in done)
    assert ("distilling (pass)", 1) not in done
    assert done[-1] == ("distilling (pass)", 2)
