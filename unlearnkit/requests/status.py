"""What an OpenDSR controller is told about its request: the bodies of callbacks and answers.

Sent and signed they are by the operator: the signature has to be made with a certificate that a
trusted authority issued for the processor's domain (section 4.1), which unlearnkit has not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from unlearnkit.domain import Request, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.requests.opendsr import uuid4_text

API_VERSION: Final = "2.0"
STATUS: Final = {
    RequestState.RECEIVED: "pending",
    RequestState.IN_REVIEW: "in_progress",
    RequestState.READY: "in_progress",
    RequestState.UNLEARNED: "in_progress",
    RequestState.COMPLETED: "completed",
    RequestState.REJECTED: "cancelled",
}
"""Our state -> OpenDSR's (section 8), which has no word for a request that was refused."""


def status_bodies(request: Request, controller_id: str) -> list[dict[str, str]]:
    """A callback body for each URL the controller gave (section 8.6), in its order.

    Without one, the body that answers a status query (section 8.3). Raises BadInput when nobody
    said who the controller is, or the request's id is none that OpenDSR could know.
    """
    if not controller_id.strip():
        raise BadInput(
            "a status document names the controller, and no controller_id is set",
            fix="Set opendsr.controller_id in unlearnkit.yaml.",
        )
    try:
        request_id = uuid4_text(request.id)
    except ValueError:
        raise BadInput(
            f"request {request.id} is none of OpenDSR's: its id is no UUID of version 4"
        ) from None
    body = {
        "controller_id": controller_id,
        "expected_completion_time": rfc_3339(request.due),
        "subject_request_id": request_id,
        "request_status": STATUS[request.state],
    }
    called = [body | {"status_callback_url": url} for url in request.callback_urls]
    return called or [body | {"api_version": API_VERSION}]


def rfc_3339(time: datetime) -> str:
    """The time in UTC, to the second, as OpenDSR's examples write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
