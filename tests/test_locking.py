"""A workspace is changed by one process at a time, and a dead one keeps nobody out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unlearnkit.errors import Busy
from unlearnkit.locking import locked_workspace

HOLD = """
import sys, time
from pathlib import Path
from unlearnkit.locking import locked_workspace
with locked_workspace(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_told_who_works_here_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        told = rf"pid {other.pid}\) is working"
        with pytest.raises(Busy, match=told) as refusal, locked_workspace(tmp_path, wait=0.1):
            pass
        assert "Wait until it has finished" in refusal.value.fix
        assert refusal.value.exit_code == 2
        os.kill(other.pid, signal.SIGKILL)
        started = time.monotonic()
        with locked_workspace(tmp_path):
            assert time.monotonic() - started < 5


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), locked_workspace(tmp_path):
        raise KeyboardInterrupt
    with locked_workspace(tmp_path, wait=0.1):
        pass
    assert not (tmp_path / ".lock.pid").exists()
