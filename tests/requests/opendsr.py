"""Makes OpenDSR requests for tests, valid unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from unlearnkit.config import Clock

KEY = b"k" * 32
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CLOCK = Clock()
FIRST_ID = "6a7551aa-d5d6-44b2-9831-815ac9017798"
SECOND_ID = "0f6c1d58-53a5-4d0c-8f35-2f1c5a6d7e80"


def identity(kind: str, value: str, how: str = "raw") -> dict[str, str]:
    """An identity object (section 5.3)."""
    return {"identity_type": kind, "identity_value": value, "identity_format": how}


def erasure(**changes: Any) -> dict[str, Any]:
    """An erasure request by Zoltana Quibbleworth; a field given as None is left out."""
    request: dict[str, Any] = {
        "regulation": "gdpr",
        "subject_request_id": FIRST_ID,
        "subject_request_type": "erasure",
        "submitted_time": "2026-03-09T08:00:00Z",
        "api_version": "2.0",
        "status_callback_urls": ["https://controller.example/callbacks"],
        "subject_identities": [identity("email", "zoltana@quibble.example")],
        "extensions": {
            "unlearnkit": {"names": ["Zoltana Quibbleworth"], "phones": ["+1 212 555 0142"]},
            "other-processor.example": {"whatever": 1},
        },
    }
    request.update(changes)
    return {field: value for field, value in request.items() if value is not None}
