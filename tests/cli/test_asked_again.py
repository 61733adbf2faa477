"""A person whose request was closed and who asks again is not told that all is well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.refusal import refused
from tests.company import Said, events_of, unlearnkit

TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
ADD = ("request", "add", "--email", "z@quibble.example")


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A request that states neither its id nor its date."""
    (tmp_path / "b.csv").write_text("regulation,email\ngdpr,b@quibble.example\n")
    return tmp_path / "b.csv"


def reject(workspace: Path) -> str:
    """Close the only request there is."""
    (request,) = unlearnkit("request", "list", "--json", "-w", workspace).json
    why = ("--reason", "withdrawn by the person")
    assert unlearnkit("request", "reject", request["id"], *why, "-w", workspace).exit_code == 0
    return str(request["id"])


def again(workspace: Path, *arguments: object) -> Said:
    """What is said to a request that is closed: no success, and nothing happens."""
    events = events_of(workspace)
    said = unlearnkit("request", *arguments, "-w", workspace)
    assert (said.exit_code, events_of(workspace)) == (2, events)
    return said


def told_closed(said: Said, request_id: str) -> None:
    told = f"{request_id}  already there: rejected on {TODAY}, not taken in again"
    assert said.stdout.splitlines()[0] == told
    assert "due" not in said.stdout
    assert "1 request without a date of submission is closed already" in said.stderr
    assert "give the request a new id, or the date" in said.stderr


def test_a_file_that_comes_again_after_its_request_was_closed_is_no_success(
    new: Path, sheet: Path
) -> None:
    assert unlearnkit("request", "import", sheet, "-w", new).exit_code == 0
    request_id = reject(new)
    told_closed(again(new, "import", sheet), request_id)
    in_json = again(new, "import", sheet, "--json").json
    assert [(one["added"], one["request"]["state"]) for one in in_json] == [(False, "rejected")]


def test_what_states_its_own_date_is_the_old_request_and_no_new_one(new: Path, sheet: Path) -> None:
    """A file that grows from day to day is imported each day."""
    sheet.write_text("regulation,email,submitted\ngdpr,b@quibble.example,2026-03-01\n")
    assert unlearnkit("request", "import", sheet, "-w", new).exit_code == 0
    request_id = reject(new)
    events = events_of(new)
    said = unlearnkit("request", "import", sheet, "-w", new)
    assert (said.exit_code, events_of(new)) == (0, events)
    assert f"{request_id}  already there: rejected on {TODAY}" in said.stdout


def test_what_is_typed_in_again_is_taken_with_a_date_or_an_id_of_its_own(new: Path) -> None:
    assert unlearnkit(*ADD, "-w", new).exit_code == 0
    request_id = reject(new)
    told_closed(again(new, *ADD[1:]), request_id)
    assert "added, due" in unlearnkit(*ADD, "--submitted", TODAY, "-w", new).stdout
    chosen = "6a7551aa-d5d6-44b2-9831-815ac9017798"
    assert f"{chosen}  added, due" in unlearnkit(*ADD, "--request-id", chosen, "-w", new).stdout
    refused(new, *ADD, "--submitted", "yesterday")


def test_what_else_is_new_in_the_file_is_taken_all_the_same(new: Path, sheet: Path) -> None:
    unlearnkit("request", "import", sheet, "-w", new)
    reject(new)
    with sheet.open("a") as file:
        file.write("gdpr,c@quibble.example\n")
    said = unlearnkit("request", "import", sheet, "-w", new)
    assert said.exit_code == 2
    assert "added, due" in said.stdout
    assert "Next: unlearnkit index" in said.stdout
