"""Between a request and its row."""

from __future__ import annotations

import json
from typing import Any

from unlearnkit.domain import IdentityState, Request, Verification
from unlearnkit.ledger.tables import RequestRow


def columns(request: Request) -> dict[str, Any]:
    """Column -> value, for all of the request's fields."""
    return {name: getattr(request, name) for name in Request.model_fields} | {
        "state": request.state.value,
        "identity": request.identity.value,
        "callback_urls": json.dumps(request.callback_urls),
    }


def update(row: RequestRow, request: Request) -> None:
    """Make the row say what the request says."""
    for name, value in columns(request).items():
        setattr(row, name, value)


def to_request(row: RequestRow) -> Request:
    """The request of a row. Raises ValueError where something was put in from outside."""
    fields = {name: getattr(row, name) for name in Request.model_fields}
    return Request.model_validate(fields | {"callback_urls": json.loads(row.callback_urls)})


def declared(request: Request) -> Verification | None:
    """What a request that comes verified says about it."""
    if not request.verified:
        return None
    return Verification(request.verified_how, request.verified_by, request.verified_at)


def as_received(request: Request) -> Request:
    """The request before its identity was verified, which is an event of its own."""
    if not request.verified:
        return request
    changes = {"verified_how": "", "verified_at": None, "verified_by": ""}
    return request.model_copy(update={"identity": IdentityState.UNVERIFIED, **changes})
