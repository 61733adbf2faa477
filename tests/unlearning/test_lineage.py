from __future__ import annotations

from pathlib import Path

import pytest

from unlearnkit.artefacts import save
from unlearnkit.errors import BadInput
from unlearnkit.language_model.recall import Level
from unlearnkit.unlearning.lineage import LINEAGE, Lineage, lineage_of

FIRST = Level(exact_memorization=1.0, extraction_strength=0.9, probability=0.9, loss=0.1)


def test_a_model_that_never_unlearned_has_no_line(tmp_path: Path) -> None:
    assert lineage_of(tmp_path) is None


def test_run_after_run_the_first_models_level_is_carried_on(tmp_path: Path) -> None:
    line = Lineage(runs=1, retain_level=FIRST)
    for _ in range(2):
        line = line.next()
    save(tmp_path / LINEAGE, line)
    assert lineage_of(tmp_path) == Lineage(runs=3, retain_level=FIRST)


@pytest.mark.parametrize(
    "broken", ["", "[]", '{"runs": 1}', '{"runs": 0, "retain_level": {"loss": 1.0}}']
)
def test_a_broken_file_is_named_and_what_to_do(broken: str, tmp_path: Path) -> None:
    (tmp_path / LINEAGE).write_text(broken)
    with pytest.raises(BadInput, match="not a Lineage") as raised:
        lineage_of(tmp_path)
    assert LINEAGE in str(raised.value)
    assert "Put back the file" in raised.value.fix
