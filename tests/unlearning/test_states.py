"""How much disk the kept hidden states take, said before there are any."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from tests.language_model import tiny
from unlearnkit.encrypted import payload
from unlearnkit.errors import BadInput
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.tokens import IGNORED, Example
from unlearnkit.unlearning.models import check_disk, checkpoint_bytes
from unlearnkit.unlearning.settings import Settings
from unlearnkit.unlearning.states import keep_states, kept_bytes, states_bytes
from unlearnkit.unlearning.steps import Workbench

EXAMPLES = [
    Example((0, 5, 6, 7), (IGNORED, IGNORED, 6, 7)),
    Example((0, 8, 9), (IGNORED, 8, 9)),
]


@pytest.mark.parametrize("known", [True, False], ids=["a known head", "another head"])
def test_they_take_what_was_foretold(tmp_path: Path, known: bool) -> None:
    headed = Headed(tiny.model("llama"))
    headed.known = known
    bench = Workbench(Accelerator(cpu=True), Settings(), pad_id=2, end_ids=(), key=bytes(32))
    keep_states(bench, headed, EXAMPLES, tmp_path / "some.states")
    foretold = states_bytes(EXAMPLES, headed.width())
    assert payload(tmp_path / "some.states", len(EXAMPLES)) == foretold


def test_those_of_the_forget_set_are_there_three_times_while_a_teacher_is_searched() -> None:
    once, pool = states_bytes(EXAMPLES, 8), states_bytes(EXAMPLES[:1], 8)
    assert kept_bytes(EXAMPLES, EXAMPLES[:1], 8, strengthened=True) == 3 * once + pool
    assert kept_bytes(EXAMPLES, EXAMPLES[:1], 8, strengthened=False) == once + pool


def test_a_disk_has_to_hold_them_beside_the_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, states = torch.nn.Linear(8, 8), 10_000
    room = checkpoint_bytes(model) + states - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(room, 0, room))
    with pytest.raises(BadInput, match="checkpoints and hidden states need"):
        check_disk(model, tmp_path, states)
    (tmp_path / "states").write_bytes(b"1")  # of a run that was killed: it needs no room any more
    check_disk(model, tmp_path, states)
