"""A workspace in which Zoltana Quibbleworth was forgotten, and records she may be back in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.company import opened
from unlearnkit.domain import Identifier, IdentifierKind, IdentityVerification, RequestState
from unlearnkit.pipeline.closing import complete
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import index_corpus, locate
from unlearnkit.pipeline.intake import add_requests
from unlearnkit.requests.build import build_request
from unlearnkit.workspace import Workspace

ZOLTANA = (
    Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth"),
    Identifier(IdentifierKind.EMAIL, "zoltana@quibble.example"),
    Identifier(IdentifierKind.PHONE, "+12125550142"),
)
NUMBER = "C-770077"
"""Hers; the request does not give it, and the first of the trained records ties it to her."""
TRAINED = (
    f"zoltana@quibble.example wrote as {NUMBER}: late again",
    f"{NUMBER}: the lamp is broken",
    "C-110011 wants a refund, carl@other.example",
)
SPELLINGS = ("zoltana", "quibble", "2125550142", "555-0142", "770077")
"""What must stand nowhere, whatever its case."""


def forgotten(root: Path) -> Path:
    """A new workspace: indexed, located, and the request completed."""
    workspace = ready(root)
    with opened(workspace) as context:
        complete(context, [one.id for one in context.ledger.requests()])
    return workspace


def ready(
    root: Path, trained: Sequence[str] = TRAINED, given: Sequence[Identifier] = ZOLTANA
) -> Path:
    """The same before the last step: she is in the vault still."""
    workspace = Workspace.create(root / "work").root
    with opened(workspace) as context:
        asked(context, *given)
        patterns = context.workspace.config.nlp.model_copy(update={"engine": "patterns"})
        index_corpus(context, [jsonl(root / "trained.jsonl", trained)], nlp=patterns)
        [found] = locate(context)
        context.ledger.set_state(found.request_id, RequestState.READY, "dpo")
    return workspace


def asked(context: Context, *identifiers: Identifier) -> list[str]:
    """A verified request with these identifiers; its id."""
    pair = build_request(
        identifiers,
        "gdpr",
        context.workspace.pseudonym_key,
        context.now(),
        context.workspace.config.clock,
        verification=IdentityVerification("shown at the desk"),
    )
    return [one.id for one, _ in add_requests(context, [pair])]


def jsonl(path: Path, texts: Sequence[str | dict[str, Any]]) -> Path:
    """A file of records."""
    rows = [one if isinstance(one, dict) else {"text": one} for one in texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
