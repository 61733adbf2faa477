"""What names a record's content, and a set of records: SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from unlearnkit.domain import Record


def digest_records(records: Sequence[Record]) -> str:
    """Hex SHA-256 over (id, content hash), sorted by id: independent of order and file names."""
    total = hashlib.sha256()
    for line in sorted(f"{record.id}\x1f{content_hash(record)}\n" for record in records):
        total.update(line.encode())
    return total.hexdigest()


def content_hash(record: Record) -> str:
    """Hex SHA-256 of all that is trained on, or measured with."""
    parts = (record.prompt, record.text, record.group, record.paraphrase, *record.perturbed)
    if record.roles:
        parts = ("\x1e".join(record.roles), *parts)
    if record.loss_on:
        parts = (repr((record.loss_on, record.perturbed_loss_on)), *parts)
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    if record.every_turn:
        # These are two parts; of every other record at least four are hashed.
        digest = hashlib.sha256(f"every turn\x1f{digest}".encode()).hexdigest()
    return digest
