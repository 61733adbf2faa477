"""What can be wrong with a database, whichever it is, in words."""

from __future__ import annotations

from enum import StrEnum

from unlearnkit.errors import BadInput, Busy, UnlearnkitError, VerificationFailed


class Trouble(StrEnum):
    """The kinds of error that a person does something else about."""

    BUSY = "busy"
    FULL = "full"
    DAMAGED = "damaged"
    OTHER = "other"


def in_words(trouble: Trouble, sentence: str, place: str, busy_seconds: float) -> UnlearnkitError:
    """The error to raise; `sentence` is the database's own, and is used where nothing is known."""
    match trouble:
        case Trouble.BUSY:
            return Busy(
                f"another process has held the ledger for {busy_seconds:g} seconds",
                where=place,
                fix="Wait until it has finished, then run the same command again.",
            )
        case Trouble.DAMAGED:
            return VerificationFailed(
                "this file is damaged, or no ledger", where=place, fix="Put it back from a backup."
            )
        case Trouble.FULL:
            return BadInput(
                "the disk is full; the ledger was not changed",
                where=place,
                fix="Free some disk space, then run the same command again.",
            )
    return BadInput(f"the ledger cannot be used: {sentence}", where=place)
