"""OpenDSR 2.0: what is taken, and what is refused by name."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tests.requests.opendsr import FIRST_ID, erasure, identity
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.requests.opendsr import parse_opendsr


def test_identities_of_opendsr_and_of_our_extension_are_read() -> None:
    submission = parse_opendsr(erasure())
    assert submission.request_id == FIRST_ID
    assert submission.regulation == "gdpr"
    assert submission.submitted == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert submission.identifiers == (
        Identifier(IdentifierKind.EMAIL, "zoltana@quibble.example"),
        Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth"),
        Identifier(IdentifierKind.PHONE, "+1 212 555 0142"),
    )


def test_the_extension_takes_full_identities_as_well() -> None:
    digest = hashlib.sha256(b"zoltana quibbleworth").hexdigest()
    full = [
        {"identity_type": "name", "identity_value": "Zoltana Quibbleworth"},
        identity("name", digest.upper(), "sha256"),
    ]
    submission = parse_opendsr(
        erasure(subject_identities=None, extensions={"unlearnkit": {"identities": full}})
    )
    assert submission.identifiers == (
        Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth"),
        Identifier(IdentifierKind.NAME, digest, "sha256"),
    )


@pytest.mark.parametrize("how", ["sha1", "md5", "sha256"])
def test_a_hashed_identity_keeps_its_format(how: str) -> None:
    digest = hashlib.new(how, b"zoltana@quibble.example").hexdigest()
    submission = parse_opendsr(
        erasure(subject_identities=[identity("email", digest, how)], extensions=None)
    )
    assert submission.identifiers == (Identifier(IdentifierKind.EMAIL, digest, how),)  # type: ignore[arg-type]


def test_device_ids_are_searched_for_as_they_are() -> None:
    submission = parse_opendsr(
        erasure(subject_identities=[identity("ios_vendor_id", "ABCD-1234")], extensions=None)
    )
    assert submission.identifiers == (Identifier(IdentifierKind.OTHER, "ABCD-1234"),)


def test_a_callback_that_only_looks_like_an_identifier_is_taken() -> None:
    url = "https://controller.example/callbacks/771"
    number = identity("controller_customer_id", "77")
    said = parse_opendsr(erasure(subject_identities=[number], status_callback_urls=[url]))
    assert said.callback_urls == (url,)


@pytest.mark.parametrize(
    ("kind", "value", "rest"),
    [
        ("email", "anna+news@example.com", "?u=anna+news@example.com"),
        ("email", "anna+news@example.com", "?u=anna%2Bnews%40example.com"),
        ("phone", "+15550142042", "?phone=+15550142042"),
        ("phone", "+1 555 0142042", "?phone=%2B1+555+0142042"),
        ("email", "anna@example.com", "cb/user_anna@example.com"),
        ("email", "anna@example.com", "cb/anna@example.com_done"),
        ("controller_customer_id", "C770077", "cb_c770077_done"),
    ],
)
def test_no_spelling_of_a_callback_keeps_an_identifier(kind: str, value: str, rest: str) -> None:
    person = {"identities": [{"identity_type": kind, "identity_value": value}]}
    request = erasure(
        subject_identities=None,
        extensions={"unlearnkit": person},
        status_callback_urls=[f"https://controller.example/{rest}"],
    )
    with pytest.raises(ValidationError, match="holds an identifier of the person"):
        parse_opendsr(request)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"regulation": None}, "regulation: Field required"),
    ({"regulation": "lgpd"}, "'gdpr' or 'ccpa'"),
    ({"subject_request_id": None}, "subject_request_id: Field required"),
    ({"subject_request_id": "42"}, "no UUID of version 4"),
    ({"subject_request_id": "f47ac10b-58cc-1372-8567-0e02b2c3d479"}, "no UUID of version 4"),
    ({"subject_request_type": None}, "subject_request_type: Field required"),
    ({"subject_request_type": "access"}, "'access' requests are not handled"),
    ({"subject_request_type": "portability"}, "'portability' requests are not handled"),
    ({"submitted_time": None}, "submitted_time: Field required"),
    ({"submitted_time": "9 March"}, "RFC 3339"),
    ({"submitted_time": "2026-03-09T08:00:00"}, "RFC 3339"),
    ({"submitted_time": 1772000000}, "valid string"),
    ({"surprise": 1}, "Extra inputs"),
    ({"subject_identities": None, "extensions": None}, "no identifier"),
    ({"subject_identities": [], "extensions": {"other.example": {"a": 1}}}, "no identifier"),
    (
        {"subject_identities": [identity("phone", "+12125550142")]},
        '"extensions": {"unlearnkit": {"names"',
    ),
    ({"subject_identities": [identity("email", "nowhere")]}, "one @"),
    ({"subject_identities": [identity("email", "abc", "sha256")]}, "64 hexadecimal"),
    ({"subject_identities": [identity("email", "a@b", "rot13")]}, "'raw', 'sha1', 'md5'"),
    ({"subject_identities": [{"identity_type": "email", "identity_value": "a@b"}]}, "required"),
    ({"extensions": {"unlearnkit": {"names": ["\ud800"]}}}, "control characters"),
    ({"extensions": {"unlearnkit": {"names": [" - "]}}}, "a name is empty"),
    ({"extensions": {"unlearnkit": {"nicknames": ["Zo"]}}}, "Extra inputs"),
    ({"status_callback_urls": ["ftp://controller.example/"]}, "not an http(s) URL"),
    ({"status_callback_urls": ["https://"]}, "not an http(s) URL"),
    ({"status_callback_urls": ["https://me:secret@controller.example/"]}, "without a password"),
    ({"status_callback_urls": ["https://[controller.example/"]}, "not an http(s) URL"),
    ({"status_callback_urls": ["https://controller.example/\n"]}, "not an http(s) URL"),
    ({"status_callback_urls": ["https://c.example/zoltana%40quibble.example"]}, "an identifier"),
    ({"status_callback_urls": ["https://c.example/ZOLTANA+Quibbleworth"]}, "an identifier"),
]


@pytest.mark.parametrize(("changes", "why"), REFUSED)
def test_what_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        parse_opendsr(erasure(**changes))
    first = refusal.value.errors(include_input=False)[0]
    assert why in f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
