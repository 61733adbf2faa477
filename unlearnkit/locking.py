"""The lock of a workspace: one unlearnkit process at a time changes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.errors import BadInput, Busy


@contextmanager
def locked_workspace(root: Path, wait: float = 10.0) -> Iterator[None]:
    """Keep other unlearnkit processes out; not to be nested. Freed by the system on a crash.

    `wait` is in seconds; then raises Busy with the process id of the holder. BadInput where the
    folder cannot be locked.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(root / ".lock")
    # Beside the lock, which on some systems nobody but its holder may read.
    holder = root / ".lock.pid"
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise Busy(
            f"{_process(holder)} is working in this workspace",
            where=root,
            fix="Wait until it has finished or stop it, then run the same command again.",
        ) from None
    except OSError as error:
        raise BadInput(f"cannot lock it: {error.strerror}", where=root) from None
    try:
        write_atomic(holder, f"{os.getpid()}\n".encode())
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _process(holder: Path) -> str:
    try:
        return f"another unlearnkit process (pid {int(holder.read_text())})"
    except (OSError, ValueError):
        return "another unlearnkit process"
