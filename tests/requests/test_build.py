"""A request names nobody, has a stable id, and its clock starts when the person asked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.requests.opendsr import CLOCK, KEY, NOW
from unlearnkit.domain import Identifier, IdentifierKind, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.requests.build import build_request, content_digest

NAME = Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth")
EMAIL = Identifier(IdentifierKind.EMAIL, "zoltana@quibble.example")


def test_the_request_names_nobody_and_the_subject_does() -> None:
    request, subject = build_request([NAME, EMAIL, NAME], "gdpr", KEY, NOW, CLOCK)
    assert subject.request_id == request.id
    assert subject.identifiers == (NAME, EMAIL)
    assert request.state is RequestState.RECEIVED
    assert "quibble" not in request.model_dump_json().lower()


def test_the_pseudonym_is_the_person_s_under_one_key_only() -> None:
    one, _ = build_request([NAME, EMAIL], "gdpr", KEY, NOW, CLOCK)
    shouted = Identifier(IdentifierKind.NAME, "ZOLTANA QUIBBLEWORTH")
    same, _ = build_request([EMAIL, shouted], "ccpa", KEY, NOW, CLOCK)
    elsewhere, _ = build_request([NAME, EMAIL], "gdpr", b"z" * 32, NOW, CLOCK)
    assert one.pseudonym == same.pseudonym
    assert one.pseudonym != elsewhere.pseudonym
    assert one.pseudonym.startswith("S-")
    assert len(one.pseudonym) == len("S-") + 12


def test_without_an_id_the_content_decides_it() -> None:
    first, subject = build_request([NAME], "gdpr", KEY, NOW, CLOCK)
    later, again = build_request([NAME], "gdpr", KEY, NOW + timedelta(days=2), CLOCK)
    other, _ = build_request([EMAIL], "gdpr", KEY, NOW, CLOCK)
    assert UUID(first.id).version == 4
    assert first.id == later.id != other.id
    assert content_digest(first, subject, KEY) == content_digest(later, again, KEY)


def test_a_second_request_of_another_day_is_another_request() -> None:
    first, _ = build_request([NAME], "gdpr", KEY, NOW, CLOCK, submitted=NOW - timedelta(days=30))
    second, _ = build_request([NAME], "gdpr", KEY, NOW, CLOCK, submitted=NOW - timedelta(days=3))
    assert first.id != second.id


def test_the_deadline_counts_from_when_the_person_asked() -> None:
    asked = NOW - timedelta(days=20)
    request, _ = build_request([NAME], "ccpa", KEY, NOW, CLOCK, submitted=asked)
    assert request.received == NOW
    assert request.due == asked + timedelta(days=45)


def test_a_wrong_date_in_the_future_does_not_move_the_deadline() -> None:
    ahead = NOW + timedelta(days=4000)
    request, _ = build_request([NAME], "ccpa", KEY, NOW, CLOCK, submitted=ahead)
    assert request.due == NOW + timedelta(days=45)


def test_nobody_cannot_ask() -> None:
    with pytest.raises(BadInput, match="at least one identifier"):
        build_request([], "gdpr", KEY, NOW, CLOCK)
