"""`unlearnkit serve` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Served:
    """A server, and the address that it printed."""

    url: str
    process: subprocess.Popen[str]
    said: str = ""
    """Everything it wrote after the address, once it has stopped."""

    def stop(self, how: int = signal.SIGINT) -> int:
        """Stop it; its exit code."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=60)
        self.said = out + err
        return self.process.returncode


@contextmanager
def served(workspace: Path, actor: str = "tester") -> Iterator[Served]:
    """The server while it answers."""
    command = [sys.executable, "-m", "unlearnkit", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, "--workspace", str(workspace)],
        env=os.environ | {"UNLEARNKIT_ACTOR": actor},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = ""
        while not lines.endswith("}\n"):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            lines += line
        yield Served(json.loads(lines)["url"], process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
