"""What every step of the line works with, and how it writes down what happened."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unlearnkit.domain import EventKind, Passed, Progress, silent, unheard
from unlearnkit.ledger.chain import Event
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
        """Append an event about what is so now, unless the last one says the same already.

        So a step may be repeated, as after a kill. The last one is that of its kind about the same
        request and the same run. Of several processes the main one writes.
        """
        if not is_main_process():
            return
        last = self._last(kind, payload, request_id)
        if last is None or last.payload != payload:
            self.ledger.append(kind, self.actor, payload, request_id)

    def record_execution(self, kind: EventKind, payload: dict[str, Any]) -> None:
        """Append an event about what was done: each time is one, though the outcome is the same.

        Of several processes the main one writes.
        """
        if is_main_process():
            self.ledger.append(kind, self.actor, payload)

    def _last(
        self, kind: EventKind, payload: dict[str, Any], request_id: str | None
    ) -> Event | None:
        run = payload.get("run_id")
        if run is None:
            return self.ledger.last_event(kind, request_id)
        told = self.ledger.events_of(kind, request_id)
        return next((one for one in told if one.payload.get("run_id") == run), None)
