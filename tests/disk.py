"""A disk that is full, and a folder whose files may not be read or written, for one process."""

from __future__ import annotations

import os
import pwd
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """In this process each write from there on fails as on a full disk: File too large."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, kept)


@contextmanager
def folder_of_a_user() -> Iterator[Path]:
    """A new folder in which rights count: root, whom none stop, is nobody in the meantime."""
    with TemporaryDirectory() as name:
        root = os.geteuid() == 0
        nobody = pwd.getpwnam("nobody").pw_uid if root else os.geteuid()
        os.chown(name, nobody, -1)
        os.seteuid(nobody)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)
