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
