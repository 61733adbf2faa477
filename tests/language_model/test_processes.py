"""Work is divided over processes, and what they know is made the same: two of gloo, on CPU."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unlearning.launch import in_two_processes

SCRIPT = """
import json, os, sys
from pathlib import Path
import torch
from unlearnkit.language_model.processes import divided, from_the_first, made_alike

rank = int(os.environ["RANK"])
mine = []

def work(some):
    mine.extend(some)
    return [one * one for one in some]

squares = divided(range(5), work)
lonely = divided([7], work)
weights = [torch.full((2, 3), float(rank)), torch.arange(2.0, requires_grad=True)]
with torch.no_grad():
    weights[1] += rank
made_alike(weights)
said = {
    "squares": squares,
    "lonely": lonely,
    "mine": mine,
    "weights": [one.tolist() for one in weights],
    "told": from_the_first(lambda: rank),
}
(Path(sys.argv[1]) / f"{rank}.json").write_text(json.dumps(said))
"""


def test_each_does_its_part_and_all_know_the_whole(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    in_two_processes(script, tmp_path)
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    assert (first.pop("mine"), second.pop("mine")) == ([0, 2, 4, 7], [1, 3])
    assert first == second
    assert first["squares"] == [0, 1, 4, 9, 16]
    assert first["lonely"] == [49]
    assert first["weights"] == [[[0.0] * 3] * 2, [0.0, 1.0]]
    assert first["told"] == 0
