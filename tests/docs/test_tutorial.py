"""docs/tutorial.md: its commands run as they stand, in order, and say what the page says."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.company import Line, Said, fill_in, unlearnkit, without_attacks
from tests.docs.pages import ROOT, blocks

TEXT = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
EXIT_CODES = {"gate": 1, "screen": 1}
"""The page has them find something; everything else ends with 0."""
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def steps() -> Iterator[tuple[str, str]]:
    """(command, what the page says it answers), in the page's order."""
    for block in blocks(TEXT):
        if block.language == "console":
            for step in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, _, answer = step.partition("\n")
                yield command, answer


def comparable(text: str) -> str:
    """A number is a number: another machine's rounding trains another model."""
    rules = re.sub(r"[━┏┓┗┛┡┩╇┳┃└┘┴─│]+", " ", text)
    return re.sub(r"run-[0-9a-f]{12}|[+-]?\d[\d.,]*", "#", rules)


def agrees(page: str, said: str) -> bool:
    """Whether a command said what the page shows, `...` being anything."""
    return doctest.OutputChecker().check_output(comparable(page), comparable(said), LIKE)


@pytest.fixture
def at_hand(line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the page says one needs."""
    files = line.story.files
    (tmp_path / "model").symlink_to(line.story.model)
    (tmp_path / "model-unlearned").symlink_to(line.model)
    shutil.copy(files.records, tmp_path / "records.jsonl")
    shutil.copy(files.holdout, tmp_path / "holdout.jsonl")
    for number, file in enumerate(files.requests, start=1):
        shutil.copy(file, tmp_path / f"erasure-{number}.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def done_by_hand(line: Line, words: list[str], workspace: Path) -> None:
    """What the page says one does between its commands."""
    if words[0] == "init":
        without_attacks(workspace)
        shutil.copy(line.story.policy, workspace / "policies" / "wide.yaml")
        # The run of the session's line, made of the same things, so that it is not trained again.
        shutil.copytree(line.workspace / "runs", workspace / "runs")
        manifest = workspace / "runs" / line.run_id / "manifest.json"
        # Made with the other workspace's key.
        manifest.write_text(re.sub(r'("holdout_read": )"[^"]*"', r'\1""', manifest.read_text()))
    if "--export" in words:
        [truth] = [ids for one, ids in line.story.truth.items() if one.startswith(words[1])]
        fill_in(Path(words[3]), truth)


def test_every_command_runs_and_says_what_the_page_says(
    line: Line, at_hand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [run_id] = set(re.findall(r"run-[0-9a-f]{12}", TEXT))
    wrong: list[tuple[str, Said]] = []
    for command, answer in steps():
        program, *words = shlex.split(command.replace(run_id, line.run_id))
        if program == "cd":
            monkeypatch.chdir(words[0])
            continue
        assert program == "unlearnkit"
        said = unlearnkit(*words)
        assert said.exit_code == EXIT_CODES.get(words[0], 0), (command, said)
        if not agrees(answer, said.stdout):
            wrong.append((command, said))
        done_by_hand(line, words, at_hand / "privacy")
    assert wrong == []


def test_the_page_runs_the_whole_line() -> None:
    names = [shlex.split(command)[1] for command, _ in steps()]
    line = ["init", "request", "index", "locate", "review", "unlearn", "audit", "report", "verify"]
    assert [one for one in dict.fromkeys(names) if one in line] == line


@pytest.mark.parametrize(
    ("page", "said", "same"),
    [
        ("Gate: pass\n...\n", "Gate: pass\n  one: why\n", True),
        ("Gate: pass\n...\n", "Gate: fail\n  one: why\n", False),
        ("│ forget │ 0.307 │\n", "│ forget │   0.311 │\n", True),
        ("│ forget │ 0.307 │\n", "│ retain │ 0.307 │\n", False),
        ("run-8c7e643acc25\n", "run-0123456789ab\n", True),
    ],
)
def test_words_have_to_agree_and_figures_may_differ(page: str, said: str, same: bool) -> None:
    assert agrees(page, said) is same
