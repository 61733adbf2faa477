"""What can happen, as the ledger names it."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """The kind of an event. The texts are stored and hashed: a kind is never renamed."""

    REQUEST_ADDED = "request_added"
    IDENTITY_VERIFIED = "identity_verified"
    EXTENDED = "extended"
    """A request's term."""
    REQUEST_MOVED = "request_moved"
    LISTED = "listed"
    """On the do-not-train list."""
    LOCATED = "located"
    REVIEWED = "reviewed"
    UNLEARNED = "unlearned"
    MEASURED = "measured"
    """Figures of a run's models were kept, to be used again."""
    AUDITED = "audited"
    REPORTED = "reported"
    GATED = "gated"
    REPRODUCED = "reproduced"
    SCREENED = "screened"
    INDEXED = "indexed"
    KEY_ROTATED = "key_rotated"
    KEYS_PROTECTED = "keys_protected"
    ACCEPTED = "accepted"
    """A restored ledger, though it did not agree with its checkpoint."""
