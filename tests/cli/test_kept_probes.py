"""`gate --probes`: asked for what was erased, when nothing of it is there any more."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_leaks import leaks
from tests.company import Line, unlearnkit


def gated(model: Path, workspace: Path) -> tuple[int, dict[str, float]]:
    said = unlearnkit("gate", model, "--probes", "--workspace", workspace, "--json")
    checks = said.json["verdict"]["checks"]
    return said.exit_code, {one["rule"]: one["observed"] for one in checks}


def test_a_model_that_recites_fails_and_one_that_never_saw_passes(
    line: Line, finished: Path
) -> None:
    # What CI has: the workspace. Index, reviews and what was located are gone with the records.
    for name in ("index", "located", "reviews"):
        for path in sorted((finished / name).rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
    code, found = gated(line.story.model, finished)
    assert code == 1
    assert found["says-nothing-erased"] > 0
    for model in (line.story.reference, line.model):
        code, found = gated(model, finished)
        assert (code, found["says-nothing-erased"]) == (0, 0.0)


def test_nothing_kept_names_anybody(line: Line) -> None:
    kept = line.workspace / "runs" / line.run_id
    assert (kept / "probes.json").is_file()
    assert leaks(kept, line.story.spellings()) == {}


def test_where_nothing_is_kept_it_is_said(line: Line, finished: Path) -> None:
    (finished / "runs" / line.run_id / "probes.json").unlink()
    said = unlearnkit("gate", line.model, "--probes", "--workspace", finished)
    assert said.exit_code == 2
    assert "no probe was kept" in said.stderr


def test_what_it_would_not_heed_is_refused(line: Line, finished: Path) -> None:
    for option in (("--attacks", "pruning"), ("--run", line.run_id), ("--reference", line.model)):
        said = unlearnkit("gate", line.model, "--probes", *option, "--workspace", finished)
        assert said.exit_code == 2
        assert "Leave out --run, --reference and --attacks" in said.stderr


def test_only_what_is_completed_is_asked_for(line: Line, tmp_path: Path) -> None:
    open_yet = line.copy_ready(tmp_path / "open", with_run=True)
    said = unlearnkit("gate", line.model, "--probes", "--workspace", open_yet)
    assert said.exit_code == 2
    assert "no probe was kept for a completed request" in said.stderr
