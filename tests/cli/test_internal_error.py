"""A bug of ours: no traceback, which may hold data, unless it was asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from unlearnkit.cli.main import main
from unlearnkit.workspace import Workspace


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A command whose function raises with a person's name in its message."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("cannot parse 'Zoltana Quibble'")

    monkeypatch.setattr("unlearnkit.pipeline.find.index_corpus", fail)
    Workspace.create(tmp_path)
    return ["index", "records.jsonl", "--workspace", str(tmp_path)]


def test_an_internal_error_says_where_and_nothing_of_the_data(
    broken: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["unlearnkit", *broken])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"Internal error: RuntimeError at {__file__}:" in printed.err
    assert "unlearnkit --debug" in printed.err
    assert "Traceback" not in printed.err
    assert "Quibble" not in printed.err


def test_debugging_shows_the_traceback(broken: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["unlearnkit", "--debug", *broken])
    with pytest.raises(RuntimeError, match="Quibble"):
        main()


def test_debugging_shows_the_traceback_of_an_expected_error_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unlearnkit.errors import BadInput

    arguments = ["unlearnkit", "--debug", "locate", "--workspace", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(BadInput, match="no workspace"):
        main()


def test_output_that_takes_no_more_is_no_bug(tmp_path: Path) -> None:
    """/dev/full is always full (Linux)."""
    Workspace.create(tmp_path)
    command = [sys.executable, "-m", "unlearnkit", "request", "list", "-w", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith("Error: no space is left on a disk")
    assert "Internal error" not in ran.stderr
