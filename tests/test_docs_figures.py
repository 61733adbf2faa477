"""The tables of docs/benchmarks.md are the raw figures' and nobody's hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHECK = (sys.executable, "-m", "benchmarks.figures", "--check")


def test_the_tables_say_what_the_results_files_say() -> None:
    done = subprocess.run(CHECK, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("old", "new"), [("| 0.329 |", "| 0.330 |"), ("<!-- end -->", "")])
def test_a_figure_changed_by_hand_is_seen(tmp_path: Path, old: str, new: str) -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    start = page.index("<!-- figures: demo -->")
    changed = tmp_path / "benchmarks.md"
    changed.write_text(page[:start] + page[start:].replace(old, new, 1), encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from benchmarks import figures;"
        "page = Path(sys.argv[1]).read_text(encoding='utf-8');"
        "print(' '.join(figures.drifted(page)))"
    )
    done = subprocess.run(
        (sys.executable, "-c", program, str(changed)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "demo" in done.stdout.split()
