"""Models that are broken, and forget sets that leave nothing: refused, and nothing changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.refusal import jsonl, refused
from tests.company import Line, events_of, unlearnkit


def without(*names: str) -> Callable[[Path], None]:
    """Take files away from a model folder."""

    def damage(model: Path) -> None:
        for name in names:
            (model / name).unlink()

    return damage


def truncated(model: Path) -> None:
    """Cut the weights in half, as a broken copy does."""
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without("tokenizer.json"), "the model folder has no tokenizer"),
        (without("model.safetensors"), "the model's weights are missing"),
        (without("config.json"), "not a model folder: config.json is missing"),
        (truncated, "the model cannot be loaded"),
    ],
    ids=["tokenizer", "weights", "config", "truncated"],
)
def test_a_broken_model_is_refused(
    line: Line, ready: Path, tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    model, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(line.story.model, model)
    damage(model)
    before = events_of(ready)
    said = unlearnkit("unlearn", model, "--out", out, "--workspace", ready)
    assert said.exit_code == 2
    assert f"Error: {model}: {told}" in said.stderr
    assert events_of(ready) == before
    assert not out.exists()


def test_process_looks_at_the_model_before_it_takes_in_a_request(
    line: Line, new: Path, tmp_path: Path
) -> None:
    arguments = line.story.process(tmp_path / "out", new)
    arguments[1] = str(tmp_path / "no-such-model")
    assert "config.json is missing" in refused(new, *arguments).stderr


def test_a_request_that_matches_nothing_leaves_nothing_to_forget(
    line: Line, new: Path, tmp_path: Path
) -> None:
    who = ("--customer-id", "C-999999", "--verified", "--how", "portal login")
    unlearnkit("request", "add", *who, "--workspace", new)
    unlearnkit("index", line.story.files.records, "--workspace", new)
    unlearnkit("locate", "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "the forget set is empty" in said.stderr
    assert "unlearnkit request reject REQUEST" in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_corpus_of_one_person_leaves_nothing_to_keep(
    line: Line, new: Path, tmp_path: Path
) -> None:
    rows = [{"text": f"Order {at} of zoltana@quibble.example, 12 March."} for at in range(3)]
    who = ("--email", "zoltana@quibble.example", "--verified", "--how", "portal login")
    unlearnkit("request", "add", *who, "--workspace", new)
    unlearnkit("index", jsonl(tmp_path / "a.jsonl", *rows), "--workspace", new)
    unlearnkit("locate", "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "the forget set is the whole corpus" in said.stderr


def test_nothing_is_unlearned_while_a_match_is_undecided(
    line: Line, new: Path, tmp_path: Path
) -> None:
    unlearnkit("request", "import", *line.story.files.requests, "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "no request is ready to be unlearned (2 new, 0 in review)" in said.stderr
    assert "Run: unlearnkit locate" in said.stderr
    unlearnkit("index", line.story.files.records, "--workspace", new)
    unlearnkit("locate", "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "(0 new, 2 in review)" in said.stderr
    assert "Run: unlearnkit review " in said.stderr


def test_a_holdout_record_that_was_trained_on_is_refused_with_its_line(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    seen = line.story.company.records[0].text
    holdout = jsonl(tmp_path / "holdout.jsonl", {"text": "never seen"}, {"text": seen})
    said = refused(
        ready, "unlearn", line.story.model, "--out", tmp_path / "out", "--holdout", holdout
    )
    assert f"{holdout}, line 2: this holdout record is in the training corpus" in said.stderr
