"""accelerate's mixed precision: computed in bfloat16, saved in the precision that was stored.

float16 is refused: there are no gradients left in it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.unlearning.launch import ENVIRONMENT
from tests.unlearning.memorised import forget_level, memorise
from unlearnkit.language_model.folder import load_language_model

SCRIPT = """
import sys
from pathlib import Path
from accelerate import Accelerator
from tests.unlearning.test_steps import LORA, QUICK, run

assert Accelerator().mixed_precision == "bf16"
for stored in ("float32", "bfloat16"):
    for name, settings in (("every weight", QUICK), ("LoRA", LORA)):
        run(Path(sys.argv[1]) / stored, Path(sys.argv[1]) / name / stored, settings)
"""
STATES = """
import sys
from pathlib import Path
from accelerate import Accelerator
from tests.unlearning.memorised import ENCODING, FORGET
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.tokens import encode_record
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import keep_states
from unlearnkit.unlearning.steps import Workbench

folder = Path(sys.argv[1])
loaded = load_language_model(folder / "float32")
bench = Workbench(Accelerator(), Settings(), loaded.tokenizer.pad_token_id, 1, bytes(32))
examples = [encode_record(one, loaded.tokenizer, ENCODING) for one in FORGET]
headed = Headed(loaded.model)
original = keep_states(bench, headed, examples, folder / "original.states")
trained = keep_states(bench, bench.accelerator.prepare(headed), examples, folder / "trained.states")
whole = slice(0, original.starts[-1])
assert (original.at(whole, "cpu") == trained.at(whole, "cpu")).all()
"""
START = """
import sys
from pathlib import Path
from accelerate import Accelerator
from tests.unlearning.memorised import task
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import level, recall
from unlearnkit.unlearning.material import encoded
from unlearnkit.unlearning.original import measured_start
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.steps import Workbench

folder = Path(sys.argv[1])
loaded = load_language_model(folder / "float32")
pad = loaded.tokenizer.pad_token_id
bench = Workbench(Accelerator(), Settings(), pad, (1,), bytes(32))
material = encoded(task(folder, folder), loaded.tokenizer, bench.settings)
start = measured_start(bench, loaded.model, material, folder).levels
student = bench.accelerator.prepare(Headed(loaded.model))
for examples, before in (
    (material.forget, start.forget),
    (material.sample, start.retain),
    (material.holdout, start.holdout),
):
    assert level(recall(student, examples, pad, bench.device)) == before
"""
STORED = {"float32": torch.float32, "bfloat16": torch.bfloat16}


REFUSED = """
from accelerate import Accelerator
from unlearnkit.errors import BadInput
from unlearnkit.unlearning.models import check_launcher

try:
    check_launcher(Accelerator())
except BadInput as refused:
    assert "float16" in refused.what and "bf16" in refused.fix
else:
    raise SystemExit("not refused")
"""


def mixed(script: str, folder: Path, precision: str = "bf16") -> None:
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env=ENVIRONMENT | {"ACCELERATE_MIXED_PRECISION": precision},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixed")
    for name, dtype in STORED.items():
        memorise(folder / name, "llama", dtype=dtype)
    mixed(SCRIPT, folder)
    return folder


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("trained", ["every weight", "LoRA"])
def test_a_model_forgets_and_keeps_its_precision(made: Path, trained: str, stored: str) -> None:
    out = made / trained / stored / "out"
    assert forget_level(out).loss > forget_level(made / stored).loss + 0.1
    model = load_language_model(out).model
    assert {one.dtype for one in model.parameters()} == {STORED[stored]}


def test_the_original_is_read_as_the_strengthened_model_is(made: Path) -> None:
    """Else a model that has learned nothing would rise above it, by what is rounded."""
    mixed(STATES, made)


def test_the_original_is_measured_as_the_student_is_after_a_pass(made: Path) -> None:
    """What the stop rule takes for lost would else be rounding."""
    mixed(START, made)


def test_float16_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    mixed(REFUSED, tmp_path, "fp16")
