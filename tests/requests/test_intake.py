"""Files of requests: what they may look like, and errors with file and line and no data."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.requests.opendsr import CLOCK, FIRST_ID, KEY, NOW, SECOND_ID, erasure, identity
from unlearnkit.config import Clock
from unlearnkit.domain import (
    Identifier,
    IdentifierKind,
    IdentityState,
    IdentityVerification,
    Request,
    Subject,
)
from unlearnkit.errors import BadInput
from unlearnkit.requests.clock import due_date
from unlearnkit.requests.intake import read_requests

HEADER = "request_id,regulation,submitted,name,email,phone,customer_id,address,date_of_birth,handle"


def read(path: Path, content: str | bytes) -> list[tuple[Request, Subject]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_requests(path, KEY, NOW, CLOCK)


def test_one_opendsr_object_or_a_list_of_them(tmp_path: Path) -> None:
    [(one, _)] = read(tmp_path / "one.json", json.dumps(erasure()))
    assert one.id == FIRST_ID
    both = read(
        tmp_path / "two.json", json.dumps([erasure(), erasure(subject_request_id=SECOND_ID)])
    )
    assert [request.id for request, _ in both] == [FIRST_ID, SECOND_ID]
    assert both[0][0].pseudonym == both[1][0].pseudonym


def test_a_csv_with_several_values_in_a_cell(tmp_path: Path) -> None:
    text = (
        f"﻿{HEADER}\r\n"
        f"{SECOND_ID},GDPR,2026-03-01,Zoltana Quibbleworth; Zo Quibble,z@q.example,,C-77,"
        '"1 Elm St\nSpringfield",1980-04-03,@zo\r\n'
        "\r\n"
        ",ccpa,,,y@q.example,,,,,\r\n"
    )
    (first, zoltana), (second, _) = read(tmp_path / "requests.csv", text)
    assert first.id == SECOND_ID
    assert zoltana.identifiers == (
        Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth"),
        Identifier(IdentifierKind.NAME, "Zo Quibble"),
        Identifier(IdentifierKind.EMAIL, "z@q.example"),
        Identifier(IdentifierKind.CUSTOMER_ID, "C-77"),
        Identifier(IdentifierKind.ADDRESS, "1 Elm St Springfield"),
        Identifier(IdentifierKind.DATE_OF_BIRTH, "1980-04-03"),
        Identifier(IdentifierKind.HANDLE, "@zo"),
    )
    assert second.regulation == "ccpa"
    assert second.received == second.submitted == NOW


def test_a_csv_with_aliases_and_other_identifiers(tmp_path: Path) -> None:
    text = "regulation,name,alias,other\ngdpr,Zoltana Quibble,Zo Holt; Zo Quibble,P-1; P-2\n"
    [(_, subject)] = read(tmp_path / "requests.csv", text)
    assert [(one.kind, one.value) for one in subject.identifiers] == [
        (IdentifierKind.NAME, "Zoltana Quibble"),
        (IdentifierKind.NAME, "Zo Holt"),
        (IdentifierKind.NAME, "Zo Quibble"),
        (IdentifierKind.OTHER, "P-1"),
        (IdentifierKind.OTHER, "P-2"),
    ]


@pytest.mark.parametrize("delimiter", ";\t")
def test_a_spreadsheet_s_other_delimiters_are_understood(tmp_path: Path, delimiter: str) -> None:
    """Where semicolons separate cells, one with several values stands in quotes."""
    rows = (("Regulation", "name", "phone"), ("gdpr", '"Zo Quibble; Zoltana Q"', ""))
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    [(_, subject)] = read(tmp_path / "requests.csv", text)
    assert [one.value for one in subject.identifiers] == ["Zo Quibble", "Zoltana Q"]


def test_json_lines_of_both_forms(tmp_path: Path) -> None:
    flat = {"regulation": "gdpr", "name": ["Zoltana Quibbleworth"], "email": "a@q.x; b@q.x"}
    lines = f"{json.dumps(erasure())}\n\n{json.dumps(flat)}\n"
    (first, _), (_, subject) = read(tmp_path / "r.jsonl", lines)
    assert first.id == FIRST_ID
    assert [one.value for one in subject.identifiers] == ["Zoltana Quibbleworth", "a@q.x", "b@q.x"]


def test_the_same_request_twice_is_returned_twice_for_the_ledger_to_see(tmp_path: Path) -> None:
    twice = read(tmp_path / "r.json", json.dumps([erasure(), erasure()]))
    assert [request.id for request, _ in twice] == [FIRST_ID, FIRST_ID]


@pytest.mark.parametrize(
    ("said", "state", "at"),
    [
        ("yes", IdentityState.VERIFIED, NOW),
        (" YES ", IdentityState.VERIFIED, NOW),
        ("2026-03-02", IdentityState.VERIFIED, datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T09:00:00+01:00", IdentityState.VERIFIED, datetime(2026, 3, 2, 8, tzinfo=UTC)),
        ("no", IdentityState.UNVERIFIED, None),
        ("", IdentityState.UNVERIFIED, None),
    ],
)
def test_a_row_says_whether_the_identity_was_verified(
    tmp_path: Path, said: str, state: IdentityState, at: datetime | None
) -> None:
    [(request, _)] = read(
        tmp_path / "r.csv", f"regulation,identity_verified,name\ngdpr,{said},Zoltana Quibbleworth\n"
    )
    assert (request.identity, request.verified_at) == (state, at)
    assert request.verified_how == ("as the request file says" if at else "")


def test_a_row_that_says_nothing_is_unverified_and_an_opendsr_request_is_verified(
    tmp_path: Path,
) -> None:
    lines = [
        erasure(),
        {"regulation": "gdpr", "name": "Zoltana Quibbleworth"},
        {"regulation": "ccpa", "name": "Zoltana Quibbleworth", "identity_verified": True},
        {"regulation": "gdpr", "email": "z@quibble.example", "identity_verified": False},
    ]
    found = read(tmp_path / "r.jsonl", "\n".join(json.dumps(one) for one in lines))
    assert [one.verified for one, _ in found] == [True, False, True, False]
    first = found[0][0]
    assert first.verified_by == "controller"
    assert "before it sent the request" in first.verified_how
    assert first.callback_urls == ("https://controller.example/callbacks",)


def test_whoever_imports_may_say_so_for_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("regulation,name,identity_verified\ngdpr,Zo Quibble,\ngdpr,Al Quibble,yes\n")
    declared = IdentityVerification("portal login")
    found = read_requests(path, KEY, NOW, CLOCK, declared)
    assert [one.verified_how for one, _ in found] == ["portal login", "as the request file says"]


def test_a_verified_row_is_the_same_request(tmp_path: Path) -> None:
    """So that a corrected file verifies what is there, and adds nothing."""
    row = "regulation,name,identity_verified\ngdpr,Zoltana Quibbleworth,{}\n"
    [(before, _)] = read(tmp_path / "a.csv", row.format("no"))
    [(after, _)] = read(tmp_path / "b.csv", row.format("yes"))
    assert before.id == after.id


VERIFIED = "identity_verified: write yes, no, or when"
SECRET = "Quibbleworth"
SECOND = len(json.dumps([erasure()], indent=1).splitlines())
"""The line on which the second object of an indented list begins: where ']' was."""
BROKEN: list[tuple[str, str | bytes, int, str]] = [
    ("a.json", '{\n "regulation": "gdpr"\n "x": "Quibbleworth"}', 3, "not valid JSON"),
    ("b.json", "", 1, "not valid JSON"),
    ("c.json", '"Quibbleworth"', 1, "an object is expected here"),
    ("d.json", '{"Quibbleworth": 1, "Quibbleworth": 2}', 1, "same key twice"),
    ("e.json", "[" * 200_000, 1, "nested too deeply"),
    ("f.json", '{"a": NaN}', 1, "NaN"),
    ("g.json", "[" + "9" * 5000 + "]", 1, "number that is too long"),
    (
        "h.json",
        json.dumps([erasure(), erasure(Quibbleworth=1)], indent=1),
        SECOND,
        "not known here",
    ),
    ("i.json", json.dumps([erasure(regulation=None)], indent=1), 2, "required"),
    (
        "j.json",
        json.dumps(
            [erasure(), erasure(subject_identities=[identity("email", "Quibbleworth")])], indent=1
        ),
        SECOND,
        "one @",
    ),
    (
        "k.json",
        json.dumps([erasure(), erasure(submitted_time="2026-03-08T08:00:00Z")], indent=1),
        SECOND,
        "twice, with different content",
    ),
    ("l.jsonl", f'{json.dumps(erasure())}\n{{"name": "Quibbleworth"\n', 2, "not valid JSON"),
    ("m.jsonl", '\n{"regulation": "gdpr", "nam": "Quibbleworth"}', 2, "not known here"),
    ("n.jsonl", '{"regulation": "gdpr"}', 1, "no identifier"),
    ("o.jsonl", '{"regulation": "gdpr", "name": [["Quibbleworth"]]}', 1, "valid string"),
    ("p.jsonl", b'{"regulation": "gdpr"}\n{"name": "Quibbleworth \xff"}', 2, "UTF-8"),
    ("q.csv", "Zoltana,Quibbleworth\n", 1, "column 1 has no known name"),
    ("r.csv", "name,email\nQuibbleworth,\n", 1, "no column 'regulation'"),
    ("s.csv", "regulation,name,name\ngdpr,a,b\n", 1, "given twice"),
    ("t.csv", 'regulation,name\ngdpr,"a\nb"\ngdpr,Quibbleworth,x\n', 4, "3 cells under 2"),
    ("u.csv", 'regulation,name\ngdpr,ok\ngdpr,"Quibbleworth\n', 3, "not valid CSV"),
    ("v.csv", "regulation,name,email\ngdpr,ok,\ngdpr,, ;\n", 3, "no identifier"),
    ("w.csv", "regulation,request_id,name\ngdpr,Quibbleworth,ok\n", 2, "no UUID"),
    ("x.csv", "regulation,name\nQuibbleworth,ok\n", 2, "'gdpr' or 'ccpa'"),
    ("y.csv", b"\xef\xbb\xbfregulation,name\ngdpr,Quibbleworth\ngdpr,\xe9\n", 3, "UTF-8"),
    ("z.csv", "regulation,submitted,name\ngdpr,Quibbleworth,ok\n", 2, "RFC 3339"),
    (
        "1.csv",
        "regulation,identity_verified,name\ngdpr,yes,Zo\ngdpr,Quibbleworth,Zo\n",
        3,
        VERIFIED,
    ),
    ("2.csv", "regulation,identity_verified,name\ngdpr,1,Quibbleworth\n", 2, VERIFIED),
    ("3.csv", "regulation,identity_verified,name\ngdpr,31.01.2026,Quibbleworth\n", 2, VERIFIED),
    (
        "4.csv",
        "regulation,identity_verified,name\ngdpr,2026-04-01,Quibbleworth\n",
        2,
        "not come yet",
    ),
    ("5.jsonl", '{"regulation": "gdpr", "name": "Zo", "identity_verified": 1}', 1, VERIFIED),
    (
        "6.json",
        json.dumps(erasure(status_callback_urls=["https://c.example/?of=Zoltana%20Quibbleworth"])),
        1,
        "holds an identifier of the person",
    ),
]


@pytest.mark.parametrize(("name", "content", "line", "why"), BROKEN)
def test_a_broken_file_is_refused_with_its_line_and_without_its_data(
    tmp_path: Path, name: str, content: str | bytes, line: int, why: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        read(tmp_path / name, content)
    error = refusal.value
    assert (error.where, error.line) == (str(tmp_path / name), line)
    assert why in str(error)
    assert SECRET not in str(error) + error.fix
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "regulation,name\n"), ("b.jsonl", "\n"), ("c.json", "[]")]
)
def test_a_file_without_requests_is_refused(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(BadInput, match="there is no request in this file"):
        read(tmp_path / name, content)


def test_a_file_in_utf_16_is_refused_by_that_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="UTF-16") as refusal:
        read(tmp_path / "requests.csv", "\ufeffregulation\tname\n".encode("utf-16-le"))
    assert "CSV UTF-8" in refusal.value.fix


def test_an_unknown_kind_of_file_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.json \(OpenDSR\), \.jsonl and \.csv"):
        read(tmp_path / "requests.xlsx", "")
    with pytest.raises(BadInput, match="No such file"):
        read_requests(tmp_path / "none.json", KEY, NOW, CLOCK)


def test_what_is_far_too_large_for_requests_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "huge.jsonl"
    path.touch()
    os.truncate(path, 10**12)  # a hole, which takes no room on the disk
    with pytest.raises(BadInput, match="more than 100 MB: this is no file of requests"):
        read_requests(path, KEY, NOW, CLOCK)


@pytest.mark.parametrize("change", [{"subject_request_id": SECRET}, {"submitted_time": SECRET}])
def test_no_field_s_value_is_repeated(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refusal:
        read(tmp_path / "r.json", json.dumps(erasure(**change)))
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_a_year_no_deadline_can_be_counted_from_is_refused_with_its_line(
    tmp_path: Path, zone: str
) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(f"{HEADER}\n,gdpr,0001-01-01,,{SECRET}@q.example,,,,,\n", encoding="utf-8")
    with pytest.raises(BadInput, match="submitted: a time before 1970") as refusal:
        read_requests(path, KEY, NOW, Clock(time_zone=zone))
    assert (refusal.value.where, refusal.value.line) == (str(path), 2)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland"])
def test_a_time_far_ahead_is_due_as_if_it_came_today(tmp_path: Path, zone: str) -> None:
    path = tmp_path / "requests.csv"
    path.write_text(f"{HEADER}\n,gdpr,9999-12-31,,y@q.example,,,,,\n", encoding="utf-8")
    clock = Clock(time_zone=zone)
    [(one, _)] = read_requests(path, KEY, NOW, clock)
    assert one.due == due_date("gdpr", NOW, clock)
