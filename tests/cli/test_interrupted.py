"""Killed, stopped, out of disk, or not alone: the same command goes on to the same end."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_leaks import leaks, wordings
from tests.company import (
    HURRIED,
    Line,
    events_of,
    fill_in,
    state_of,
    states_of,
    unlearnkit,
    without_attacks,
)
from unlearnkit.artefacts import folder_digests, save
from unlearnkit.errors import Busy
from unlearnkit.pipeline.runs import Claim
from unlearnkit.workspace import Workspace

UNLEARNKIT = (sys.executable, "-m", "unlearnkit")


class Started:
    """A command in a process of its own, whose standard error is a file that can be watched."""

    def __init__(self, arguments: list[str], errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as file:
            self.process = subprocess.Popen(
                [*UNLEARNKIT, *arguments], stdout=subprocess.DEVNULL, stderr=file
            )

    @property
    def said(self) -> str:
        """Standard error so far."""
        return self._errors.read_text(encoding="utf-8")

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait for a moment of its work; it must not be over before."""
        while not reached():
            assert self.process.poll() is None, self.said
            time.sleep(0.005)

    def end(self, how: signal.Signals) -> int:
        """Send the signal and wait."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


def kill_at(stage: str, arguments: list[str], folder: Path) -> None:
    """Run a command and kill it when it says that a stage has begun."""
    started = Started(arguments, folder / "errors.txt")
    started.wait_until(lambda: f"{stage} ..." in started.said)
    assert started.end(signal.SIGKILL) == -signal.SIGKILL


def test_killed_in_every_stage_the_same_command_comes_to_the_same_model(
    line: Line, tmp_path: Path
) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    process = line.story.process(out, work)
    kill_at("indexing", process, tmp_path)
    without_attacks(work)
    kill_at("searching", process, tmp_path)
    assert unlearnkit(*process).exit_code == line.stopped.exit_code
    for request_id, truth in line.story.truth.items():
        sheet = tmp_path / f"{request_id}.csv"
        unlearnkit("review", request_id, "--export", sheet, "--workspace", work)
        fill_in(sheet, truth)
        unlearnkit("review", request_id, "--decisions", sheet, "--workspace", work)

    kill_at("strengthening on the forget set", process, tmp_path)
    distilling = Started(process, tmp_path / "errors.txt")
    distilling.wait_until(lambda: any(work.glob("runs/*/work/checkpoints/done.json")))
    assert distilling.end(signal.SIGKILL) == -signal.SIGKILL
    assert not (out / "model").exists()
    assert leaks(work, [*line.story.spellings(), *wordings(line)]) == {}
    held = unlearnkit("doctor", "--json", "--workspace", work).json["held"]
    [run] = [one for one in held if one["where"].startswith("runs/")]
    assert set(run["requests"]) == set(line.story.truth)
    assert run["until"].startswith("when the run ends")
    kill_at("auditing (model)", process, tmp_path)
    assert not (out / "report").exists()

    assert unlearnkit(*process).exit_code == line.finished.exit_code
    ended = state_of(work, out)
    assert ended.model == line.after.model
    assert [one.kind for one in ended.events] == [one.kind for one in line.after.events]
    assert states_of(work) == states_of(line.workspace)
    assert not list(work.glob("runs/*/work"))
    verified = unlearnkit("verify", out / "report", "--model", out / "model", "--workspace", work)
    assert verified.exit_code == 0


def test_a_run_that_was_killed_before_the_ledger_knew_is_written_down_by_the_next(
    line: Line, tmp_path: Path
) -> None:
    work = line.copy_ready(tmp_path / "work", with_run=True)
    done = unlearnkit(*line.story.unlearn(line.model, work))
    assert done.exit_code == 0
    assert "distilling" not in done.stderr
    assert states_of(work) == {"unlearned"}
    assert [one.kind for one in events_of(work)].count("unlearned") == 1


def test_ctrl_c_says_one_thing_and_the_same_command_goes_on(line: Line, tmp_path: Path) -> None:
    work, out = line.copy_ready(tmp_path / "work"), tmp_path / "out"
    before = events_of(work)
    arguments = line.story.unlearn(out, work, *HURRIED)
    started = Started(arguments, tmp_path / "errors.txt")
    started.wait_until(lambda: "strengthening on the forget set ..." in started.said)
    assert started.end(signal.SIGINT) == 130
    last = started.said.strip().splitlines()[-1]
    assert last == "Stopped. Nothing is half-written; run the same command to go on."
    assert "Traceback" not in started.said
    assert not out.exists()
    assert events_of(work) == before
    assert unlearnkit(*arguments).exit_code == 0
    assert (out / "model.safetensors").is_file()


def test_a_small_model_at_the_default_learning_rate_is_noted_before_the_training(
    line: Line, tmp_path: Path
) -> None:
    work, place = line.copy_ready(tmp_path / "work"), ("--tolerance", "0.3", "--max-passes", "1")
    for rate, noted in (((), True), (("--learning-rate", "3e-4"), False)):
        arguments = line.story.unlearn(tmp_path / f"out-{noted}", work, *place, *rate)
        started = Started(arguments, tmp_path / f"errors-{noted}.txt")
        started.wait_until(lambda started=started: "strengthening" in started.said)
        started.end(signal.SIGINT)
        assert ("want --learning-rate 3e-4" in started.said) is noted


def test_a_run_names_another_that_was_stopped_and_writes_to_the_same_folder(
    line: Line, tmp_path: Path
) -> None:
    """With other settings it is another run; the work files of the first stay."""
    work, out = line.copy_ready(tmp_path / "work"), tmp_path / "out"
    stopped = work / "runs" / "run-000000000000"
    save(stopped / "output.json", Claim(out=str(out)))
    started = Started(line.story.unlearn(out, work, *HURRIED), tmp_path / "errors.txt")
    started.wait_until(lambda: "strengthening on the forget set ..." in started.said)
    started.end(signal.SIGINT)
    assert f"Note: {stopped.name} was stopped before its end and has the same --out" in started.said
    assert f"To drop it: rm -r {stopped}" in started.said


def test_ctrl_c_while_indexing_leaves_the_old_index(line: Line, tmp_path: Path) -> None:
    work = line.copy_ready(tmp_path / "work")
    before = folder_digests(work / "index")
    fewer = tmp_path / "records.jsonl"
    fewer.write_text(line.story.files.records.read_text(encoding="utf-8").partition("\n")[2])
    arguments = ["index", str(fewer), "--workspace", str(work)]
    started = Started(arguments, tmp_path / "errors.txt")
    started.wait_until(lambda: "indexing ..." in started.said)
    assert started.end(signal.SIGINT) == 130
    assert folder_digests(work / "index") == before


LIMITED = """
import resource, sys
from unlearnkit.cli.main import main
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
main()
"""


def test_a_full_disk_is_said_and_leaves_no_half_model(line: Line, tmp_path: Path) -> None:
    """A limit on the size of files fails each write as a full disk does, from that size on."""
    work, out = line.copy_ready(tmp_path / "work"), tmp_path / "out"
    before = events_of(work)
    arguments = line.story.unlearn(out, work, *HURRIED)
    for limit, what, more in (
        (300_000, "hidden states cannot be written", []),
        (900_000, "the checkpoint cannot be written", ["--retain-ratio", "0"]),
    ):
        command = [sys.executable, "-c", LIMITED, str(limit), *arguments, *more]
        full = subprocess.run(command, capture_output=True, text=True, check=False)
        assert full.returncode == 2, full.stderr
        assert f"Error: {work}/runs/" in full.stderr
        assert what in full.stderr
        assert "run the same command again" in full.stderr
        assert "Traceback" not in full.stderr
        assert not out.exists()
        assert events_of(work) == before
    assert unlearnkit(*arguments).exit_code == 0
    assert (out / "model.safetensors").is_file()


HOLD = """
import sys
from pathlib import Path
from unlearnkit.workspace import Workspace
with Workspace.open(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_beside_a_working_process_one_may_read_and_not_change(line: Line, tmp_path: Path) -> None:
    work = line.copy_ready(tmp_path / "work")
    command = [sys.executable, "-c", HOLD, str(work)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        listed = unlearnkit("request", "list", "--json", "--workspace", work)
        assert {one["id"] for one in listed.json} == set(line.story.truth)
        told = unlearnkit("locate", "--workspace", work)
        assert told.exit_code == 2
        assert f"another unlearnkit process (pid {other.pid}) is working" in told.stderr
        policy = ("--policy", "nope", "--workspace", work)
        bad = unlearnkit("gate", line.story.model, *policy)  # said at once: nobody has to wait
        assert bad.exit_code == 2
        assert "nope" in bad.stderr
        assert "is working" not in bad.stderr
        with pytest.raises(Busy), Workspace.open(work).lock(wait=0.1):
            pass
        other.communicate()
    assert unlearnkit("locate", "--workspace", work).exit_code == 0


def test_a_killed_process_leaves_no_temporary_file_behind_for_good(
    line: Line, tmp_path: Path
) -> None:
    """What a killed write left beside the model is gone once the model is written."""
    work, out = line.copy_ready(tmp_path / "work"), tmp_path / "out"
    partial = tmp_path / ".out.partial"
    shutil.copytree(line.story.model, partial)
    assert unlearnkit(*line.story.unlearn(out, work, *HURRIED)).exit_code == 0
    assert not partial.exists()
    assert (out / "model.safetensors").is_file()
