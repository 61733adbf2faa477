"""The request commands, and reviewing match by match."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.company import Line, events_of, states_of, unlearnkit
from unlearnkit.requests.table import COLUMNS
from unlearnkit.workspace import Workspace


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A workspace in which nothing has happened yet."""
    return Workspace.create(tmp_path / "work").root


@pytest.fixture
def located(line: Line, new: Path) -> Path:
    """A workspace whose two requests wait for a person."""
    place = ("--workspace", new)
    unlearnkit("request", "import", *line.story.files.requests, *place)
    unlearnkit("index", line.story.files.records, *place)
    assert unlearnkit("locate", *place).exit_code == 0
    return new


def test_without_options_the_person_is_asked_for(new: Path) -> None:
    """So that no name lands in the history of the shell."""
    said = unlearnkit(
        "request", "add", "--workspace", new, typed="Zoltana Quibble" + "\n" * len(COLUMNS)
    )
    assert said.exit_code == 0
    assert "Name (empty: none" in said.stderr
    assert "added, due" in said.stdout
    (request,) = unlearnkit("request", "list", "--json", "--workspace", new).json
    shown = unlearnkit("request", "show", request["id"], "--reveal", "--json", "--workspace", new)
    assert shown.json["identifiers"] == [["name", "raw", "Zoltana Quibble"]]


def test_options_are_taken_without_a_question(new: Path) -> None:
    arguments = ("request", "add", "--regulation", "ccpa", "--email", "z@quibble.example")
    said = unlearnkit(*arguments, "--json", "--workspace", new)
    assert said.json["added"] is True
    assert said.json["request"]["regulation"] == "ccpa"
    assert said.stderr == ""


def test_every_kind_of_identifier_has_an_option_and_a_question(new: Path) -> None:
    given = {
        "--name": "Zoltana Quibble",
        "--address": "1 Elm St, Springfield",
        "--date-of-birth": "1980-04-03",
        "--handle": "@zo",
        "--alias": "Zoltana Holt; Zo",
        "--other": "DE89370400440532013000",
    }
    options = [word for pair in given.items() for word in pair]
    added = unlearnkit("request", "add", *options, "--json", "--workspace", new).json
    request_id = added["request"]["id"]
    shown = unlearnkit("request", "show", request_id, "--reveal", "--json", "--workspace", new)
    assert [(kind, value) for kind, _, value in shown.json["identifiers"]] == [
        ("name", "Zoltana Quibble"),
        ("address", "1 Elm St, Springfield"),
        ("date_of_birth", "1980-04-03"),
        ("handle", "@zo"),
        ("name", "Zoltana Holt"),
        ("name", "Zo"),
        ("other", "DE89370400440532013000"),
    ]
    asked = unlearnkit("request", "add", "--workspace", new, typed="\n" * len(COLUMNS)).stderr
    for column in COLUMNS:
        assert f"{column.replace('_', ' ').capitalize()} (empty: none" in asked


def test_nobody_is_no_request(new: Path) -> None:
    said = unlearnkit("request", "add", "--workspace", new, typed="\n" * len(COLUMNS))
    assert said.exit_code == 2
    assert "no identifier" in said.stderr
    assert events_of(new) == []


def test_an_empty_ledger_says_what_comes_first(new: Path) -> None:
    assert "unlearnkit request import" in unlearnkit("request", "list", "--workspace", new).stdout


def test_a_rejected_request_is_closed_with_its_reason(line: Line, new: Path) -> None:
    place = ("--workspace", new)
    unlearnkit("request", "import", line.story.files.requests[0], *place)
    request_id = next(iter(line.story.truth))
    reject = ("request", "reject", request_id[:8], "--reason", "identity not verified", *place)
    said = unlearnkit(*reject)
    assert said.exit_code == 0
    assert "its identifiers were erased" in said.stdout
    assert (
        "rejected identity not verified" in unlearnkit("request", "show", request_id, *place).stdout
    )
    assert unlearnkit(*reject).exit_code == 0
    assert [one.kind for one in events_of(new)] == [
        *("request_added", "identity_verified", "request_moved"),
    ]
    for closed in (("locate", request_id), ("request", "show", request_id, "--reveal")):
        assert unlearnkit(*closed, *place).exit_code == 2


def test_a_found_record_is_told_with_its_reason_and_its_certainty(
    line: Line, located: Path
) -> None:
    request_id = next(iter(line.story.truth))
    said = unlearnkit("locate", request_id, "--workspace", located)
    assert "certain" in said.stdout
    assert "review" in said.stdout
    assert f"Next: unlearnkit review {request_id}" in said.stdout


def test_a_file_that_calls_its_fields_otherwise_is_named_when_it_is_indexed(
    new: Path, tmp_path: Path
) -> None:
    tickets, chats = tmp_path / "tickets.csv", tmp_path / "chats.jsonl"
    tickets.write_text("ticket_id,text,thread\nT1,The shop is open.,a\n")
    chats.write_text('{"id": "C1", "text": "The shop is shut.", "group": "a"}\n')
    named = ("--id-field", "ticket_id", "--group-field", "thread")
    place = ("--patterns-only", "--workspace", new)
    said = unlearnkit("index", tickets, chats, *named, *place).stderr
    assert f"Note: {chats}: no record has the field 'ticket_id' and 'thread'" in said
    assert f"{tickets}: no record" not in said


def test_a_sheet_without_rows_is_called_so_and_one_with_rows_needs_the_records(
    new: Path, tmp_path: Path
) -> None:
    who = ("--email", "zo@quibble.example", "--name", "Zoltana Quibble")
    place = ("--workspace", new)
    verified = ("--verified", "--how", "portal login")
    request_id = unlearnkit("request", "add", *who, *verified, "--json", *place).json["request"][
        "id"
    ]
    records, sheet = tmp_path / "a.jsonl", tmp_path / "sheet.csv"
    export = ("review", request_id, "--export", sheet, *place)
    records.write_text(
        '{"text": "Order 7 of zo@quibble.example."}\n{"text": "The shop is open."}\n'
    )
    unlearnkit("index", records, "--patterns-only", *place)
    unlearnkit("locate", *place)
    said = unlearnkit(*export)
    assert "There is nothing to decide" in said.stdout
    assert "Fill in" not in said.stdout
    records.write_text('{"text": "Order 7, signed Z. Quibble."}\n{"text": "The shop is open."}\n')
    unlearnkit("index", records, "--patterns-only", *place)
    unlearnkit("locate", *place)
    said = unlearnkit(*export)
    assert "Fill in the decisions" in said.stdout
    assert "whoever decides needs them beside it" in said.stderr


def test_matches_are_decided_one_by_one_and_each_answer_is_kept(line: Line, located: Path) -> None:
    request_id, place = next(iter(line.story.truth)), ("--workspace", located)
    skipped = unlearnkit("review", request_id, *place, typed="s\n" * 99)
    waiting = int(re.findall(r"1 of (\d+), 0 decided: record ", skipped.stderr)[0])
    assert f"0 decided, {waiting} left" in skipped.stdout
    first = unlearnkit("review", request_id, *place, typed="a\nnonsense\nr\ns\nq\n")
    assert first.exit_code == 0
    assert f"3 of {waiting}, 2 decided: record " in first.stderr
    assert f"2 decided, {waiting - 2} left" in first.stdout
    ended = unlearnkit("review", request_id, *place, typed="a\n")
    assert ended.exit_code == 0
    assert f"1 decided, {waiting - 3} left" in ended.stdout
    rest = unlearnkit("review", request_id, *place, typed="r\n" * (waiting - 3))
    assert f"{waiting - 3} decided, 0 left" in rest.stdout
    again = unlearnkit("review", request_id, "--again", *place, typed="r\n" + "\n" * (waiting - 1))
    assert f"1 of {waiting}, {waiting} decided: record " in again.stderr
    # The first was accepted; the others are left as they are.
    assert "0 decided, 1 decided otherwise, 0 left" in again.stdout
    assert states_of(located) == {"ready", "in_review"}


def test_the_records_of_a_closed_request_are_not_shown_again(line: Line, tmp_path: Path) -> None:
    request_id, place = next(iter(line.story.truth)), line.copy(tmp_path / "work")
    said = unlearnkit("review", request_id, "--again", "--workspace", place, typed="q\n")
    assert said.exit_code == 2
    assert "is completed: its records are not searched for" in said.stderr
    assert "decided: record" not in said.stderr


def test_a_sheet_may_be_filled_in_part_and_written_again(
    line: Line, located: Path, tmp_path: Path
) -> None:
    request_id, place = next(iter(line.story.truth)), ("--workspace", located)
    sheet = tmp_path / "sheet.csv"
    unlearnkit("review", request_id, "--export", sheet, *place)
    head, row, *rest = sheet.read_text(encoding="utf-8").splitlines()
    record_id = row.split(",")[0]
    sheet.write_text("\n".join([head, row.replace(",,", ",accept,", 1), *rest]) + "\n")
    said = unlearnkit("review", request_id, "--decisions", sheet, "--json", *place)
    assert (said.json["decided"], said.json["left"]) == (1, len(rest))
    assert said.json["request"]["state"] == "in_review"
    unlearnkit("review", request_id, "--write", sheet, *place)  # its second name
    assert f"{record_id},accept," in sheet.read_text(encoding="utf-8")


def test_what_a_sheet_decides_otherwise_is_told(line: Line, located: Path, tmp_path: Path) -> None:
    request_id, place = next(iter(line.story.truth)), ("--workspace", located)
    sheet = tmp_path / "sheet.csv"
    unlearnkit("review", request_id, *place, typed="a\na\nq\n")
    unlearnkit("review", request_id, "--export", sheet, *place)
    text = sheet.read_text(encoding="utf-8")
    sheet.write_text(text.replace(",accept,", ",reject,", 1), encoding="utf-8")
    said = unlearnkit("review", request_id, "--decisions", sheet, *place)
    assert said.stdout.startswith("0 decided, 1 decided otherwise, ")


def test_a_sheet_of_another_request_changes_nothing(
    line: Line, located: Path, tmp_path: Path
) -> None:
    request_id, other, *_ = line.story.truth
    place, sheet = ("--workspace", located), tmp_path / "sheet.csv"
    unlearnkit("review", other, "--export", sheet, *place)
    before = events_of(located)
    said = unlearnkit("review", request_id, "--decisions", sheet, *place)
    assert said.exit_code == 2
    assert "sheet.csv, line 2: this row is another request's" in said.stderr
    assert f"review {request_id} --export" in said.stderr
    assert events_of(located) == before


def test_reading_decisions_and_exporting_them_are_two_commands(new: Path, tmp_path: Path) -> None:
    """The decisions would not be in the file that is written, or the file not be what was read."""
    files = ("--decisions", tmp_path / "a.csv", "--export", tmp_path / "b.csv")
    said = unlearnkit("review", "00000000", *files, "--workspace", new)
    assert said.exit_code == 2
    assert "--decisions and --export: not both at once" in said.stderr
    said = unlearnkit("review", "00000000", *files[:2], "--again", "--workspace", new)
    assert "--decisions and --again: not both at once" in said.stderr
    assert not (tmp_path / "b.csv").exists()
