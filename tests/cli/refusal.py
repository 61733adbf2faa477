"""What a refused command must leave as it was."""

from __future__ import annotations

import json
from pathlib import Path

from tests.company import Said, events_of, unlearnkit
from unlearnkit.artefacts import folder_digests


def refused(workspace: Path, *arguments: object, code: int = 2) -> Said:
    """Run a command that must be refused, and see that it left everything as it was."""
    events, files = events_of(workspace), folder_digests(workspace)
    said = unlearnkit(*arguments, "--workspace", workspace)
    assert said.exit_code == code, said.stderr
    assert said.stdout == ""
    assert said.stderr.count("Error:") == 1
    assert "Traceback" not in said.stderr
    assert events_of(workspace) == events
    assert folder_digests(workspace) == files
    return said


def jsonl(path: Path, *rows: dict[str, str]) -> Path:
    """Write records, one a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
