"""A workspace in whose ledger six things have happened, and whether it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.ledger.samples import change, request, subject
from tests.postgresql import Server
from unlearnkit.artefacts import canonical
from unlearnkit.domain import RequestState
from unlearnkit.errors import VerificationFailed
from unlearnkit.ledger.chain import Event, event_hash
from unlearnkit.ledger.store import Ledger
from unlearnkit.ledger.vault import seal
from unlearnkit.pipeline.ledger import (
    CHECKPOINT,
    create_workspace,
    opened_ledger,
    verify_ledger,
)
from unlearnkit.workspace import Workspace

EVENTS = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A workspace in which six things have happened."""
    url = ""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        url = server.emptied()
    made = create_workspace(tmp_path / "work", ledger_url=url)
    fill(made)
    return made


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Workspace:
    made = create_workspace(tmp_path / "work")
    fill(made)
    return made


def fill(workspace: Workspace) -> None:
    with opened_ledger(workspace) as ledger:
        add(workspace, ledger, 1)
        add(workspace, ledger, 2)
        ledger.append("indexed", "dpo", {"records": 7})
        ledger.append("located", "dpo", {"certain": 2, "digest": "ab" * 32}, request(1).id)
        ledger.set_state(request(1).id, RequestState.IN_REVIEW, "dpo")
        ledger.set_state(request(2).id, RequestState.REJECTED, "legal", "Art. 17(3)(e)")


def add(workspace: Workspace, ledger: Ledger, number: int) -> None:
    sealed = seal(subject(number), workspace.vault_key)
    ledger.add_request(request(number), sealed, "d1", actor="dpo")


def verified(workspace: Workspace) -> int:
    with workspace.open_ledger() as ledger:
        return verify_ledger(workspace, ledger).head.size


def refused(workspace: Workspace) -> str:
    """Why the ledger does not hold."""
    with pytest.raises(VerificationFailed) as refusal:
        verified(workspace)
    assert refusal.value.exit_code == 4
    return refusal.value.what


def address(workspace: Workspace) -> str:
    return workspace.ledger_url


def events(workspace: Workspace) -> list[Event]:
    with workspace.open_ledger() as ledger:
        return ledger.events()


def rewrite(workspace: Workspace, forged: list[Event]) -> None:
    """Put a chain in the place of the ledger's, its hashes made anew as we make them."""
    change(address(workspace), "DELETE FROM events")
    previous = "0" * 64
    for seq, event in enumerate(forged, start=1):
        unhashed = replace(event, seq=seq, previous=previous)
        previous = event_hash(unhashed)
        values = [
            str(seq),
            *(quoted(one) for one in (event.time, event.actor, event.kind)),
            quoted(event.request_id) if event.request_id else "NULL",
            quoted(canonical(event.payload).decode()),
            *(quoted(one) for one in (unhashed.previous, previous)),
        ]
        columns = "seq, time, actor, kind, request_id, payload, previous, hash"
        statement = f"INSERT INTO events ({columns}) VALUES ({', '.join(values)})"
        change(address(workspace), statement.replace("%", "%%"))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def blocked(workspace: Workspace) -> None:
    """Nobody goes on with it, which would sign it anew."""
    signed = (workspace.root / CHECKPOINT).read_bytes()
    with pytest.raises(VerificationFailed), opened_ledger(workspace):
        pass
    assert (workspace.root / CHECKPOINT).read_bytes() == signed


def initialised_again(workspace: Workspace) -> Workspace:
    (workspace.root / "unlearnkit.yaml").unlink()
    return create_workspace(workspace.root, ledger_url=workspace.config.ledger_url)
