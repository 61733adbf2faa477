"""Who asks, and where the request stands. `Identifier` and `Subject` live in the vault only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from unlearnkit.domain.artefact import Artefact


class IdentifierKind(StrEnum):
    """What an identifier is. OpenDSR knows email and controller_customer_id; the rest is ours."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    CUSTOMER_ID = "controller_customer_id"
    ADDRESS = "address"
    DATE_OF_BIRTH = "date_of_birth"
    HANDLE = "handle"
    OTHER = "other"


TITLES = frozenset(
    {
        *("dr", "miss", "mr", "mrs", "ms", "mx", "prof", "sir"),
        *("fr", "frau", "herr", "herrn", "hr", "hrn", "fam", "familie", "eheleute", "ehepaar"),
        *("mademoiselle", "mlle", "madame", "mme", "monsieur", "signor", "signora"),
        *("doña", "señor", "señora", "señorita", "sr", "sra", "srta"),
    }
)
"""What stands before names and is no part of them, in lower case."""
PARTICLES = frozenset(
    {
        *("af", "av", "de", "del", "della", "den", "der", "des", "dos", "ibn", "las", "les", "los"),
        *("of", "the", "und", "vom", "von", "zum", "zur"),
    }
)
"""What stands inside many names, and alone names nobody."""
ALSO_NAMES = frozenset({"da", "das", "di", "do", "du", "el", "la", "le", "lo", "van", "zu"})
"""Particles too, but with a capital a person may be called so, as in Le Van."""
_SHORTEST_USER_NAME = 3


def needs_at(user_name: str) -> bool:
    """Whether a user name stands in texts about anybody, unless it has its `@`: `der`, `a`."""
    name = user_name.strip().removeprefix("@").casefold()
    letters = sum(one.isalnum() for one in name)
    return letters < _SHORTEST_USER_NAME or name in TITLES | PARTICLES | ALSO_NAMES


@dataclass(frozen=True, slots=True)
class Identifier:
    """One thing that points at the person. `format` raw, or the hash it came as (OpenDSR)."""

    kind: IdentifierKind
    value: str = field(repr=False)
    format: Literal["raw", "sha1", "md5", "sha256"] = "raw"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a request is about. Lives in the vault only."""

    request_id: str
    identifiers: tuple[Identifier, ...]


class RequestState(StrEnum):
    """Where a request stands; the order is the line's order."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    READY = "ready"
    UNLEARNED = "unlearned"
    COMPLETED = "completed"
    REJECTED = "rejected"


class IdentityState(StrEnum):
    """Whether somebody made sure that a request is the person's own (GDPR Art. 12(6))."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    NOT_RECORDED = "not_recorded"
    """Of a ledger older than this record; counts as unverified where the request is still open."""


@dataclass(frozen=True, slots=True)
class IdentityVerification:
    """How and when the person's identity was made sure of."""

    how: str
    """In words that name nobody: they are kept for good."""
    by: str = ""
    """Empty: whoever puts it into the ledger."""
    at: datetime | None = None
    """None: not said; at the latest when it is put there."""


class Request(Artefact):
    """A deletion request without the person: safe to list, log and sign."""

    id: str
    """UUID of the request (OpenDSR subject_request_id)."""
    regulation: Literal["gdpr", "ccpa"]
    submitted: datetime
    received: datetime
    due: datetime
    state: RequestState
    pseudonym: str
    """Keyed hash over the subject's identifiers; what reports print instead of a name."""
    reason: str = ""
    """Why it was rejected, in the operator's words."""
    identity: IdentityState = IdentityState.NOT_RECORDED
    """Only a verified request is run; see `verified`."""
    verified_how: str = ""
    verified_at: datetime | None = None
    verified_by: str = ""
    extended_at: datetime | None = None
    """When the term was extended; `due` is the extended one from then on."""
    extension_reason: str = ""
    callback_urls: tuple[str, ...] = ()
    """Where an OpenDSR controller wants to be told of changes (section 7.1.1)."""

    @property
    def verified(self) -> bool:
        """Whether the request may be run."""
        return self.identity is IdentityState.VERIFIED

    @property
    def since(self) -> datetime:
        """From when the statutory clock runs: the company had it when the person sent it."""
        return min(self.submitted, self.received)
