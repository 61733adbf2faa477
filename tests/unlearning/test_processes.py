"""Two processes unlearn one model: accelerate's own launcher variables, gloo, on CPU."""

from __future__ import annotations

from pathlib import Path

from tests.small import ENCODING, Small
from tests.unlearning.launch import in_two_processes
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import level, recall
from unlearnkit.language_model.tokens import encode_record

SCRIPT = """
import sys
from pathlib import Path
from tests.small import ENCODING, records
from unlearnkit.unlearning.engine import unlearn
from unlearnkit.unlearning.material import Task
from unlearnkit.unlearning.settings import Settings

settings = Settings(
    learning_rate=1e-3, batch_size=4, max_passes=60, tolerance=0.1, retain_tolerance=0.1
)
model, folder = Path(sys.argv[1]), Path(sys.argv[2])
task = Task(
    model, records(6, 1, "f"), records(18, 2, "r"), records(8, 3, "h"), ENCODING,
    out=folder / "out", work=folder / "work", key=bytes(32),
)
print(unlearn(task, settings).passes[-1].state)
"""


def test_two_processes_make_one_unlearned_model(small: Small, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = in_two_processes(script, small.model, tmp_path)
    assert done.stdout.split("\n").count("inside the band") == 2  # each process says the same
    assert not (tmp_path / "work").exists()
    made = load_language_model(tmp_path / "out")
    examples = [encode_record(one, made.tokenizer, ENCODING) for one in small.forget]
    found = level(recall(Headed(made.model), examples, made.tokenizer.pad_token_id, "cpu"))
    assert found.exact_memorization < 0.6
