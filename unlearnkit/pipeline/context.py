"""What every step of the line works with, and how it writes down what happened."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unlearnkit.domain import EventKind, Passed, Progress, silent, unheard
from unlearnkit.ledger.store import Ledger, utc_now
from unlearnkit.workspace import Workspace


def is_main_process() -> bool:
    """False in the other processes of `accelerate launch`, which compute and write nothing."""
    return int(os.environ.get("RANK", "0")) == 0


def unsaid(line: str) -> None:
    """The `tell` that shows nothing."""


@dataclass(frozen=True, slots=True)
class Context:
    """An open workspace and ledger, who works there, and where progress is shown."""

    workspace: Workspace
    ledger: Ledger
    actor: str
    progress: Progress = silent
    passed: Passed = unheard
    tell: Callable[[str], None] = unsaid
    """Where advice goes that stops nothing, a line each."""
    now: Callable[[], datetime] = utc_now

    def record(
        self, kind: EventKind, payload: dict[str, Any], request_id: str | None = None
    ) -> None:
        """Append an event to the ledger, unless the same one is there: a step may be repeated.

        Of several processes the main one does.
        """
        if not is_main_process():
            return
        if all(one.payload != payload for one in self.ledger.events_of(kind, request_id)):
            self.ledger.append(kind, self.actor, payload, request_id)
