"""Counting what a process changes, and killing it there: SIGKILL, which nothing can catch."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
Told = Callable[[str], None]


class Meter:
    """Counts the steps that change something, and calls `at_step` before each."""

    def __init__(self, at_step: Callable[[int, str], None] = lambda *_: None) -> None:
        self.steps = 0
        self._at_step = at_step
        self._began = time.process_time()

    def seconds(self) -> float:
        """Processor time since it was made."""
        return time.process_time() - self._began

    def watch(self) -> None:
        """Begin to count; a process cannot end that."""
        from sqlalchemy import Engine, event

        sys.addaudithook(self._heard)
        event.listen(Engine, "before_cursor_execute", lambda *_: self._step("sql"))
        event.listen(Engine, "commit", lambda *_: self._step("commit"))

    def _heard(self, name: str, arguments: tuple[Any, ...]) -> None:
        writing = name == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if writing or name in CHANGES:
            self._step(name)

    def _step(self, name: str) -> None:
        self.steps += 1
        self._at_step(self.steps, name)


def kill_at_step(number: int, told: Told) -> None:
    """Die before the step of this number, from now on; `told` hears where."""
    dead: list[bool] = []

    def at_step(count: int, name: str) -> None:
        if count >= number and not dead:
            dead.append(True)  # what `told` writes is a step too
            told(f"{stage(sys._getframe())} {name}")
            os.kill(os.getpid(), signal.SIGKILL)

    Meter(at_step).watch()


def kill_at_moment(seconds: float, told: Told) -> None:
    """Die after so much processor time from now on; `told` hears where."""
    main, meter = threading.main_thread().ident, Meter()

    def wait() -> None:
        while meter.seconds() < seconds:
            time.sleep(0.001)
        told(f"{stage(sys._current_frames().get(main or 0))} moment")
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def stage(frame: FrameType | None) -> str:
    """The step of the line that is at work: what `process` called."""
    names = []
    while frame is not None:
        names.append((Path(frame.f_code.co_filename).name, frame.f_code.co_name))
        frame = frame.f_back
    outer = names[::-1]
    for at, one in enumerate(outer[:-1]):
        if one == ("line.py", "process"):
            return outer[at + 1][1]
    inside = [name for file, name in outer if (file, name) == ("crash_line.py", "run_line")]
    return "before" if inside else "other"
