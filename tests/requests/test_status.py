"""What a controller is told: the fields that OpenDSR requires of a callback and of an answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.requests.opendsr import CLOCK, FIRST_ID, KEY, NOW, erasure
from unlearnkit.domain import Request, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.requests.build import build_request
from unlearnkit.requests.opendsr import parse_opendsr
from unlearnkit.requests.status import STATUS, status_bodies

CALLBACKS = ["https://controller.example/a", "https://controller.example/b"]


def received(**changes: object) -> Request:
    """The erasure request of `erasure`, as it is taken in."""
    said = parse_opendsr(erasure(**changes))
    request, _ = build_request(
        said.identifiers,
        said.regulation,
        KEY,
        NOW,
        CLOCK,
        submitted=said.submitted,
        request_id=said.request_id,
        callback_urls=said.callback_urls,
    )
    return request


def test_each_callback_has_the_fields_of_section_8_6() -> None:
    first, second = status_bodies(received(status_callback_urls=CALLBACKS), "controller-7")
    assert first == {
        "controller_id": "controller-7",
        "expected_completion_time": "2026-04-09T08:00:00Z",
        "subject_request_id": FIRST_ID,
        "request_status": "pending",
        "status_callback_url": CALLBACKS[0],
    }
    assert second == first | {"status_callback_url": CALLBACKS[1]}


@pytest.mark.parametrize("urls", [None, []])
def test_without_a_callback_it_is_the_answer_to_a_query(urls: list[str] | None) -> None:
    """Section 8.3."""
    [body] = status_bodies(received(status_callback_urls=urls), "controller-7")
    assert "status_callback_url" not in body
    assert body["api_version"] == "2.0"


def test_a_callback_that_is_given_twice_is_called_once() -> None:
    assert len(status_bodies(received(status_callback_urls=CALLBACKS * 2), "controller-7")) == 2


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (RequestState.RECEIVED, "pending"),
        (RequestState.IN_REVIEW, "in_progress"),
        (RequestState.READY, "in_progress"),
        (RequestState.UNLEARNED, "in_progress"),
        (RequestState.COMPLETED, "completed"),
        (RequestState.REJECTED, "cancelled"),
    ],
)
def test_every_state_has_one_of_the_four_statuses(state: RequestState, status: str) -> None:
    moved = received().model_copy(update={"state": state})
    assert {one["request_status"] for one in status_bodies(moved, "controller-7")} == {status}
    assert set(STATUS) == set(RequestState)


def test_an_extension_moves_the_expected_time() -> None:
    later = received().model_copy(update={"due": datetime(2026, 6, 9, 8, 0, 0, 999, tzinfo=UTC)})
    [body] = status_bodies(later, "controller-7")
    assert body["expected_completion_time"] == "2026-06-09T08:00:00Z"


def test_without_a_controller_there_is_no_document() -> None:
    with pytest.raises(BadInput, match="no controller_id is set") as refusal:
        status_bodies(received(), " ")
    assert "opendsr.controller_id" in refusal.value.fix


def test_a_request_of_a_ticket_system_with_another_uuid_is_none_of_opendsr_s() -> None:
    other = received().model_copy(update={"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"})
    with pytest.raises(BadInput, match="no UUID of version 4"):
        status_bodies(other, "controller-7")
