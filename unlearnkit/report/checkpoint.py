"""How long the ledger was and how it ended, signed: what shows that its end was cut off.

A DSSE envelope (secure-systems-lab/dsse, v1) of a small document, signed like a report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pydantic import Field, ValidationError
from securesystemslib.dsse import Envelope

from unlearnkit.artefacts import canonical
from unlearnkit.domain import Artefact
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import SigningKey
from unlearnkit.report.signing import NO_ENVELOPE, load_public_key, load_signer, signed_by

CHECKPOINT_TYPE = "application/vnd.unlearnkit.ledger-checkpoint+json"


class Checkpoint(Artefact):
    """The ledger at one moment."""

    size: int = Field(ge=0)
    """Events."""
    head: str = Field(pattern=r"^[0-9a-f]{64}$")
    """The last event's hash, which stands for all of them; 64 zeros where there is none."""
    time: datetime


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """The bytes of ledger.checkpoint.json. Raises what `SigningKey.private` raises."""
    envelope = Envelope(canonical(checkpoint.model_dump(mode="json")), CHECKPOINT_TYPE, {})
    envelope.sign(load_signer(key))
    return _bytes(envelope)


def read_checkpoint(path: Path, public_keys: Iterable[Path]) -> tuple[Checkpoint, str] | None:
    """The checkpoint and the id of the key, one of those, that signed it; None for no file.

    Raises VerificationFailed naming what does not hold, BadInput for an unusable key.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"cannot read the checkpoint: {error.strerror}", where=path) from None
    try:
        envelope = Envelope.from_dict(json.loads(raw))
        (signature,) = envelope.signatures.values()
    except NO_ENVELOPE:
        raise VerificationFailed(
            "the checkpoint is malformed: not a DSSE envelope with one signature", where=path
        ) from None
    keys = [load_public_key(key) for key in public_keys]
    named = [key for key in keys if key.keyid == signature.keyid]
    if not named:
        raise VerificationFailed("the checkpoint is signed by another key", where=path)
    if not signed_by(named[0], signature, envelope.pae()):
        raise VerificationFailed(
            "the signature of the checkpoint does not match: it was changed", where=path
        )
    if envelope.payload_type != CHECKPOINT_TYPE or _bytes(envelope) != raw:
        raise VerificationFailed(
            "the checkpoint was changed outside its signed part, or is something else", where=path
        )
    try:
        return Checkpoint.model_validate_json(envelope.payload), named[0].keyid
    except ValidationError:
        raise VerificationFailed("the checkpoint says nothing of a ledger", where=path) from None


def _bytes(envelope: Envelope) -> bytes:
    """The one way it is written (RFC 8785 and a newline)."""
    return canonical(envelope.to_dict()) + b"\n"
