"""FSDP2: weights, gradients and moments in shards, on two processes; the same model comes out.

accelerate shards on accelerators only. PyTorch does so on CPU as well (gloo), and accelerate's own
code for FSDP2 runs there once it is told that this is what it was launched for.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.unlearning.launch import in_two_processes
from tests.unlearning.memorised import memorise
from tests.unlearning.test_steps import LORA, QUICK, ROUNDING, difference, losses, run
from unlearnkit.artefacts import folder_digests
from unlearnkit.language_model.folder import load_language_model

SHARDED = """
import sys
from pathlib import Path
from accelerate import Accelerator, FullyShardedDataParallelPlugin, PartialState
from accelerate.utils import DistributedType

def shard(version):
    state = Accelerator(cpu=True).state
    PartialState().distributed_type = DistributedType.FSDP
    state.fsdp_plugin = FullyShardedDataParallelPlugin(
        fsdp_version=version, auto_wrap_policy="transformer_based_wrap"
    )

model, folder = Path(sys.argv[1]), Path(sys.argv[2])
"""
ONE_AFTER_ANOTHER = """
import json
from dataclasses import replace
from tests.unlearning.test_sharded import CASES, UNTOUCHED
from tests.unlearning.test_steps import QUICK, losses, run

shard(2)
nothing_to_forget = {UNTOUCHED: replace(QUICK, tolerance=10.0)}
for name, settings in (CASES | nothing_to_forget).items():
    outcome = run(model, folder / name, settings)
    (folder / f"{name}.json").write_text(json.dumps(losses(outcome)))
"""
KILLED = """
from accelerate import PartialState
from tests.unlearning.test_killed import MOMENTS, die_at
from tests.unlearning.test_sharded import CASES
from tests.unlearning.test_steps import run

shard(2)
if sys.argv[3:] and PartialState().is_main_process:
    sys.setprofile(die_at(MOMENTS[sys.argv[3]]))
run(model, folder, CASES["every weight"])
"""
REFUSED = """
from tests.unlearning.test_steps import QUICK, run
from unlearnkit.errors import BadInput

shard(1)
try:
    run(model, folder, QUICK)
except BadInput as error:
    print(error, error.fix)
"""

CASES = {
    "every weight": QUICK,
    "in pieces": replace(QUICK, accumulation_steps=2, gradient_checkpointing=True),
    "LoRA": LORA,
}
UNTOUCHED = "nothing to forget"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return memorise(tmp_path_factory.mktemp("sharded") / "model", "llama", tie_word_embeddings=True)


@pytest.fixture(scope="module")
def sharded(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    (folder / "script.py").write_text(SHARDED + ONE_AFTER_ANOTHER)
    in_two_processes(folder / "script.py", model, folder)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_shards_make_the_same_model_as_one_process(
    model: Path, sharded: Path, tmp_path: Path, name: str
) -> None:
    outcome = run(model, tmp_path, CASES[name])
    found = json.loads((sharded / f"{name}.json").read_text())
    assert found == pytest.approx(losses(outcome), abs=1e-4)
    assert folder_digests(sharded / name).keys() == folder_digests(tmp_path).keys()
    assert difference(model, tmp_path / "out", sharded / name / "out") < ROUNDING


def test_a_model_without_anything_to_forget_is_written_as_it_is(model: Path, sharded: Path) -> None:
    weights = ("model.safetensors", "config.json")
    found = folder_digests(sharded / UNTOUCHED / "out")
    assert [found[one] for one in weights] == [folder_digests(model)[one] for one in weights]


def test_a_killed_run_goes_on_from_its_shards(model: Path, sharded: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SHARDED + KILLED)
    with pytest.raises(AssertionError, match="SIGKILL"):
        in_two_processes(script, model, tmp_path, "in the second pass")
    assert (tmp_path / "work" / "checkpoints" / "checkpoint-001").is_dir()
    in_two_processes(script, model, tmp_path)
    assert folder_digests(tmp_path / "out") == folder_digests(sharded / "every weight" / "out")


def test_the_stored_precision_is_kept(tmp_path: Path) -> None:
    """Frozen weights in bfloat16, the adapter's in float32, in one group of shards."""
    model = memorise(tmp_path / "model", "llama", dtype=torch.bfloat16)
    script = tmp_path / "script.py"
    script.write_text(
        SHARDED
        + """
from tests.unlearning.test_sharded import CASES
from tests.unlearning.test_steps import run

shard(2)
run(model, folder, CASES["LoRA"])
"""
    )
    in_two_processes(script, model, tmp_path)
    assert load_language_model(tmp_path / "out").model.dtype == torch.bfloat16


def test_the_first_fsdp_is_refused(model: Path, tmp_path: Path) -> None:
    """Its flattened weights would leave the head empty."""
    script = tmp_path / "script.py"
    script.write_text(SHARDED + REFUSED)
    done = in_two_processes(script, model, tmp_path)
    assert done.stdout.count("models cannot be unlearned with accelerate's FSDP") == 2
    assert done.stdout.count("--fsdp_version 2") == 2
