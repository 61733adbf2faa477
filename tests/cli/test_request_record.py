"""Whose a request is, until when it has to be answered, and what its controller is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.refusal import refused
from tests.company import Line, events_of, unlearnkit
from tests.requests.opendsr import FIRST_ID, erasure
from unlearnkit.config import FILE_NAME

OVERDUE = datetime.now(UTC) - timedelta(days=100)
SOON = datetime.now(UTC) - timedelta(days=40)
"""When a CCPA request was sent that is due in five days."""


def csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["regulation,submitted,identity_verified,name", *rows, ""]))
    return path


@pytest.fixture
def clock(new: Path, tmp_path: Path) -> Path:
    """Three requests: overdue and unverified, due in five days, due in a month or so."""
    rows = csv(
        tmp_path / "requests.csv",
        f"ccpa,{SOON:%Y-%m-%dT%H:%M:%SZ},yes,Al Quibble",
        f"gdpr,{OVERDUE:%Y-%m-%d},no,Zoltana Quibble",
        "gdpr,,yes,Bo Quibble",
    )
    assert unlearnkit("request", "import", rows, "--workspace", new).exit_code == 0
    return new


def ids(workspace: Path) -> list[str]:
    return [one["id"] for one in unlearnkit("request", "list", "--json", "-w", workspace).json]


def test_what_is_not_verified_says_the_command_that_helps(new: Path) -> None:
    said = unlearnkit("request", "add", "--name", "Zoltana Quibble", "--workspace", new)
    assert said.exit_code == 0
    (request_id,) = ids(new)
    assert f"unlearnkit request verify-identity {request_id} --how TEXT" in said.stderr
    how = ("--how", "answered by the address on file", "--workspace", new)
    first = unlearnkit("request", "verify-identity", request_id[:8], *how)
    assert (first.exit_code, first.stdout.splitlines()[0]) == (0, f"{request_id}  verified")
    again = unlearnkit("request", "verify-identity", request_id, *how, "--json")
    assert (again.json["verified"], again.json["request"]["identity"]) == (False, "verified")
    assert [one.kind for one in events_of(new)] == ["request_added", "identity_verified"]
    shown = unlearnkit("request", "show", request_id, "--workspace", new).stdout
    assert "answered by the address on file" in shown


def test_what_is_overdue_when_it_comes_in_is_called_overdue(new: Path, tmp_path: Path) -> None:
    rows = [f"ccpa,{SOON:%Y-%m-%d},yes,Al Quibble", f"gdpr,{OVERDUE:%Y-%m-%d},yes,Zo Quibble"]
    file = csv(tmp_path / "requests.csv", *rows)
    first, again = (unlearnkit("request", "import", file, "--workspace", new) for _ in range(2))
    for said, what in ((first, "added, "), (again, "already there; ")):
        soon, late, _ = said.stdout.splitlines()
        assert f"{what}due " in soon
        assert f"{what}overdue since " in late


@pytest.mark.parametrize("command", ["add", "import"])
def test_whoever_takes_it_in_may_say_that_it_was_verified(
    new: Path, tmp_path: Path, command: str
) -> None:
    file = csv(tmp_path / "requests.csv", "gdpr,,,Zoltana Quibble")
    given = ("--name", "Zoltana Quibble") if command == "add" else (file,)
    said = unlearnkit(
        *("request", command, *given, "--verified", "--how", "portal login", "--workspace", new)
    )
    assert (said.exit_code, said.stderr) == (0, "")
    (request,) = unlearnkit("request", "list", "--json", "--workspace", new).json
    assert (request["identity"], request["verified_how"]) == ("verified", "portal login")


def test_how_alone_verifies_nothing(new: Path) -> None:
    said = refused(new, "request", "add", "--name", "Zoltana Quibble", "--how", "portal login")
    assert "--verified was not given" in said.stderr
    said = refused(
        *(new, "request", "add", "--name", "Zoltana Quibble", "--verified"),
        *("--how", "Zoltana logged in"),
    )
    assert "a name of the person" in said.stderr


@pytest.mark.parametrize("how", [(), ("--how", " ")], ids=["left out", "empty"])
def test_one_that_is_typed_in_is_not_verified_without_saying_how(
    new: Path, how: tuple[str, ...]
) -> None:
    """A file may say no more than yes; whoever types it in was there."""
    said = refused(new, "request", "add", "--name", "Zoltana Quibble", "--verified", *how)
    assert "and not how" in said.stderr
    assert "--verified --how" in said.stderr


def test_the_line_leaves_an_unverified_request_out_and_says_so(
    line: Line, new: Path, tmp_path: Path
) -> None:
    place = ("--workspace", new)
    unknown = csv(tmp_path / "requests.csv", "gdpr,,,Zoltana Quibble")
    unlearnkit("request", "import", unknown, *place)
    (request_id,) = ids(new)
    unlearnkit("index", line.story.files.records, *place)
    nothing = unlearnkit("locate", *place)
    assert nothing.exit_code == 3
    assert "no request can be run" in nothing.stderr
    assert unlearnkit("unlearn", line.story.model, "--out", tmp_path / "out", *place).exit_code == 3
    assert "nobody has verified yet" in refused(new, "locate", request_id).stderr
    unlearnkit("request", "import", *line.story.files.requests, *place)
    said = unlearnkit("locate", "--json", *place)
    assert said.exit_code == 0
    assert {one["request_id"] for one in said.json} == set(line.story.truth)
    assert "Left out: 1 request, because nobody has verified yet whose." in said.stderr
    assert f"unlearnkit request verify-identity {request_id} --how TEXT" in said.stderr
    stopped = unlearnkit(*line.story.process(tmp_path / "out", new))
    assert stopped.exit_code == 3
    assert "wait for a person" in stopped.stderr
    assert "Left out: 1 request" in stopped.stderr


def test_the_list_begins_with_what_is_overdue_and_says_so_in_words(clock: Path) -> None:
    said = unlearnkit("request", "list", "--workspace", clock)
    regulations = [
        one["regulation"]
        for one in unlearnkit("request", "list", "--json", "--workspace", clock).json
    ]
    assert regulations == ["gdpr", "ccpa", "gdpr"]
    assert "over" in said.stdout
    assert "verified" in said.stdout
    assert all(one in said.stdout for one in ids(clock))


def test_what_is_closed_comes_last_and_has_no_clock(clock: Path) -> None:
    overdue, *rest = ids(clock)
    unlearnkit("request", "reject", overdue, "--reason", "a duplicate", "--workspace", clock)
    assert ids(clock) == [*rest, overdue]
    assert "over" not in unlearnkit("request", "list", "--workspace", clock).stdout


@pytest.mark.parametrize("no_color", [True, False])
def test_overdue_is_red_unless_colours_are_unwanted(clock: Path, no_color: bool) -> None:
    wanted = {"NO_COLOR": "1"} if no_color else {}
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    said = subprocess.run(
        [sys.executable, "-m", "unlearnkit", "request", "list", "--workspace", clock],
        env=environment | wanted | {"FORCE_COLOR": "1", "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "over" in said.stdout
    assert ("\x1b[1;31m" in said.stdout) is not no_color


@pytest.mark.parametrize(
    ("within", "found"), [((), 1), (("0d",), 1), (("7d",), 2), (("119h",), 1), (("40d",), 3)]
)
def test_what_is_due_ends_with_1_for_cron(clock: Path, within: tuple[str, ...], found: int) -> None:
    option = ("--fail-within", *within) if within else ()
    said = unlearnkit("request", "due", *option, "--json", "--workspace", clock)
    assert said.exit_code == 1
    assert [one["id"] for one in said.json["due"]] == ids(clock)[:found]
    assert "over" in unlearnkit("request", "due", *option, "--workspace", clock).stdout


def test_nothing_due_ends_with_0(new: Path) -> None:
    said = unlearnkit("request", "due", "--fail-within", "7d", "--workspace", new)
    assert said.exit_code == 0
    assert "No open request is overdue or due within 7d." in said.stdout


def test_a_term_that_is_none_ends_with_2(new: Path) -> None:
    assert "as in 7d" in refused(new, "request", "due", "--fail-within", "a week").stderr


def test_an_extension_says_by_when_the_person_is_told(clock: Path) -> None:
    soon, place = ids(clock)[1], ("--workspace", clock)
    extend = ("request", "extend", soon[:8], "--reason", "40,000 records to review", *place)
    said = unlearnkit(*extend)
    first, second = SOON + timedelta(days=45), SOON + timedelta(days=90)
    assert said.exit_code == 0
    assert f"due {second:%Y-%m-%d}" in said.stdout
    assert f"Tell the person so, with the reason, by {first:%Y-%m-%d}." in said.stdout
    assert "extended" in unlearnkit("request", "list", *place).stdout
    assert "40,000 records to review" in unlearnkit("request", "show", soon, *place).stdout
    assert "already" in refused(clock, *extend[:-2]).stderr
    overdue = refused(clock, "request", "extend", ids(clock)[0], "--reason", "many records")
    assert "can no longer be extended" in overdue.stderr


def test_the_controller_is_told_in_its_own_words(new: Path, tmp_path: Path) -> None:
    file = tmp_path / "erasure.json"
    file.write_text(json.dumps(erasure()))
    unlearnkit("request", "import", file, "--workspace", new)
    status = ("request", "status", FIRST_ID)
    assert "controller_id" in refused(new, *status, "--format", "opendsr").stderr
    (new / FILE_NAME).write_text("opendsr: {controller_id: controller-7}\n")
    said = unlearnkit(*status, "--format", "opendsr", "--workspace", new)
    (body,) = map(json.loads, said.stdout.splitlines())
    assert body == {
        "controller_id": "controller-7",
        "expected_completion_time": "2026-04-09T08:00:00Z",
        "subject_request_id": FIRST_ID,
        "request_status": "pending",
        "status_callback_url": "https://controller.example/callbacks",
    }
    assert "Not signed" in said.stderr
    as_list = unlearnkit(*status, "--format", "opendsr", "--json", "--workspace", new)
    assert as_list.json == [body]
    unlearnkit("request", "reject", FIRST_ID, "--reason", "a duplicate", "--workspace", new)
    told = unlearnkit(*status, "--format", "opendsr", "--workspace", new)
    assert json.loads(told.stdout)["request_status"] == "cancelled"
    assert "rejected, closed" in unlearnkit(*status, "--workspace", new).stdout
    assert unlearnkit(*status, "--json", "--workspace", new).json["opendsr"] == "cancelled"


@pytest.mark.parametrize("kind", ["access", "portability"])
def test_other_kinds_of_requests_are_refused_by_name(new: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(json.dumps(erasure(subject_request_type=kind)))
    assert f"'{kind}' requests are not handled" in refused(new, "request", "import", file).stderr
