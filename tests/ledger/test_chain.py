"""Events hold each other: what was changed, taken out or put in is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.errors import VerificationFailed
from unlearnkit.ledger.chain import GENESIS, Event, next_event, verify_chain

LENGTH = 6


def chain(length: int = LENGTH) -> list[Event]:
    events: list[Event] = []
    for number in range(length):
        events.append(
            next_event(
                events[-1] if events else None,
                time=f"2026-03-10T12:00:0{number}+00:00",
                actor="dpo",
                kind="located",
                request_id=None if number % 2 else "00000001",
                payload={"records": number, "note": "ü"},
            )
        )
    return events


def test_a_whole_chain_holds() -> None:
    assert verify_chain(chain()) == LENGTH
    assert verify_chain([]) == 0
    assert chain()[0].previous == GENESIS


CHANGES: list[dict[str, Any]] = [
    {"seq": 99},
    {"time": "2026-03-10T13:00:00+00:00"},
    {"actor": "somebody else"},
    {"kind": "rejected"},
    {"request_id": "00000002"},
    {"payload": {"records": True, "note": "ü"}},
    {"payload": {"records": 2**60}},
    {"payload": {}},
    {"previous": "1" * 64},
    {"hash": "2" * 64},
]


@given(st.integers(0, LENGTH - 1), st.sampled_from(CHANGES))
def test_any_change_is_found_at_its_event(at: int, change: dict[str, Any]) -> None:
    events = chain()
    events[at] = replace(events[at], **change)
    with pytest.raises(VerificationFailed, match=rf"^event {change.get('seq', at + 1)} of the"):
        verify_chain(events)


@given(st.integers(0, LENGTH - 2))
def test_a_missing_event_is_found(at: int) -> None:
    events = chain()
    del events[at]
    with pytest.raises(VerificationFailed, match=f"event {at + 1} should stand in its place"):
        verify_chain(events)


def test_who_finds_a_broken_chain_is_told_what_is_still_whole_and_where_to_look() -> None:
    events = chain()
    events[3] = replace(events[3], actor="forger")
    with pytest.raises(VerificationFailed) as failure:
        verify_chain(events)
    assert "a backup; everything before this event is intact" in failure.value.fix


def test_an_event_written_anew_breaks_the_next_one() -> None:
    events = chain()
    changed = replace(events[1], actor="forger")
    events[1] = next_event(
        events[0],
        time=changed.time,
        actor=changed.actor,
        kind=changed.kind,
        request_id=changed.request_id,
        payload=changed.payload,
    )
    with pytest.raises(VerificationFailed, match=r"event 3 .* does not follow"):
        verify_chain(events)


def test_a_figure_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="nan"):
        next_event(
            None, time="", actor="", kind="", request_id=None, payload={"loss": float("nan")}
        )
