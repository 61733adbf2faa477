"""Nothing ever leaves the machine."""

from __future__ import annotations

import subprocess
import sys

from tests.company import WATCH, Line

REACHES_OUT = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError:
    pass
print(calls)
"""


def test_the_whole_line_never_reaches_for_the_network(line: Line) -> None:
    """In a fresh interpreter without HF_HUB_OFFLINE: nothing is left to a variable."""
    assert [call for said in line.said for call in said.network] == []


def test_the_watch_would_have_seen_it() -> None:
    watched = subprocess.run(
        [sys.executable, "-c", WATCH + REACHES_OUT], capture_output=True, text=True, check=True
    )
    assert watched.stdout == "['socket.getaddrinfo', 'socket.connect']\n"
