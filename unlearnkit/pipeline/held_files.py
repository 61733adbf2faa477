"""The files in a workspace's folder: where they lie, since when, and which are not unlearnkit's."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from unlearnkit.domain import Health, HeldAs, Holding
from unlearnkit.workspace import Workspace

OURS = frozenset(
    {
        *("unlearnkit.yaml", "keys", "ledger.db", "ledger.db-wal", "ledger.db-shm", "index"),
        *("ledger.checkpoint.json", "screening", "located", "reviews", "runs", "policies"),
        *("templates", ".lock", ".lock.pid"),
    }
)
"""What a workspace consists of; anything else in its folder is the user's."""
WRITTEN = ("keys", "index", "screening", "located", "reviews", "runs")
"""Its folders in which nobody else writes."""
TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}")
"""What `artefacts.writing_atomic` calls a file until it is whole. Looked for below WRITTEN only:
elsewhere a user's own `.env.template` would look like one."""
AT_THE_TOP = re.compile(rf"\.({'|'.join(map(re.escape, sorted(OURS)))})\.[a-z0-9_]{{8}}")
"""The same for the top of the folder, where the user may keep files too: only of OURS."""
STAYS = "stays until you delete it"


def strays(workspace: Workspace) -> Iterator[Holding]:
    """What is no part of a workspace: temporary files of killed processes, and the user's own."""
    top = sorted(workspace.root.iterdir())
    below = [one for name in WRITTEN for one in files_below(workspace.root / name)]
    for path in (
        *(one for one in top if AT_THE_TOP.fullmatch(one.name)),
        *(one for one in below if TEMPORARY.fullmatch(one.name)),
    ):
        yield Holding(
            what="temporary file",
            where=in_workspace(workspace, path),
            held_as=HeldAs.UNKNOWN,
            count=1,
            since=last_written(path),
            why="left over, if nothing is running: a process was killed when it wrote",
            until=STAYS,
            health=Health.WARN,
            fix=deleting(path),
        )
    for path in (one for one in top if one.name not in OURS and not AT_THE_TOP.fullmatch(one.name)):
        yield Holding(
            what="not unlearnkit's",
            where=in_workspace(workspace, path),
            held_as=HeldAs.UNKNOWN,
            count=1,
            since=last_written(path),
            why="yours; it was not looked into",
            until=STAYS,
        )


def files_below(folder: Path) -> Sequence[Path]:
    """Every file below it; none where it is not there."""
    return sorted(one for one in folder.rglob("*") if one.is_file())


def deleting(path: Path) -> str:
    """The command that deletes it."""
    return f"rm -r {shlex.quote(str(path))}"


def in_workspace(workspace: Workspace, path: Path) -> str:
    """Where it lies, as seen from the workspace's folder."""
    return path.relative_to(workspace.root).as_posix()


def last_written(path: Path) -> datetime | None:
    """When the file was last written; None where it is not there any more."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
