"""accelerate's mixed precision: computed in bfloat16, saved in the precision that was stored."""

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
STORED = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixed")
    for name, dtype in STORED.items():
        memorise(folder / name, "llama", dtype=dtype)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder)],
        env=ENVIRONMENT | {"ACCELERATE_MIXED_PRECISION": "bf16"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("trained", ["every weight", "LoRA"])
def test_a_model_forgets_and_keeps_its_precision(made: Path, trained: str, stored: str) -> None:
    out = made / trained / stored / "out"
    assert forget_level(out).loss > forget_level(made / stored).loss + 0.1
    model = load_language_model(out).model
    assert {one.dtype for one in model.parameters()} == {STORED[stored]}
