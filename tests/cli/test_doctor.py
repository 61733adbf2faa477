"""unlearnkit doctor: what it prints, its exit code, and that it changes nothing."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.test_leaks import found_in
from tests.company import Line, unlearnkit
from unlearnkit.artefacts import folder_digests
from unlearnkit.schemas import shipped


def test_outside_a_workspace_it_looks_at_the_installation(tmp_path: Path) -> None:
    said = unlearnkit("doctor", "--workspace", tmp_path)
    assert said.exit_code == 0
    assert "There is no workspace here" in said.stdout
    assert not list(tmp_path.iterdir())
    found = unlearnkit("doctor", "--json", "--workspace", tmp_path).json
    assert found["workspace"] is None
    assert "Python" in {one["part"] for one in found["examined"]}


def test_what_it_prints_as_json_has_a_schema(line: Line, new: Path) -> None:
    for place in (line.workspace, line.ready, new):
        found = unlearnkit("doctor", "--json", "--workspace", place).json
        Draft202012Validator(json.loads(shipped("doctor"))).validate(found)


def test_after_the_line_what_stays_is_hashes_ids_and_nobody_named(line: Line) -> None:
    said = unlearnkit("doctor", "--json", "--workspace", line.workspace)
    assert said.exit_code == 0
    held = said.json["held"]
    assert {one["held_as"] for one in held} == {"keyed hashes", "record ids"}
    assert {one["health"] for one in held} == {"ok"}
    wheres = {one["where"] for one in held}
    run = f"runs/{line.run_id}"
    assert {run, f"{run}/probes.json", "index", "ledger: do_not_train"} <= wheres
    assert "ledger: vault" not in wheres
    printed = [said.stdout.encode(), unlearnkit("doctor", "-w", line.workspace).stdout.encode()]
    assert not found_in(printed, line.story.spellings())


def test_while_requests_are_open_their_identifiers_are_listed(line: Line) -> None:
    held = unlearnkit("doctor", "--json", "--workspace", line.ready).json["held"]
    vault = {one["requests"][0] for one in held if one["where"] == "ledger: vault"}
    assert vault == set(line.story.truth)


def test_it_changes_nothing(line: Line) -> None:
    before = folder_digests(line.workspace)
    unlearnkit("doctor", "--workspace", line.workspace)
    assert folder_digests(line.workspace) == before


def test_a_key_that_others_can_use_is_a_problem_with_its_fix(new: Path) -> None:
    (new / "keys" / "signing.pem").chmod(0o644)
    said = unlearnkit("doctor", "--json", "--workspace", new)
    assert said.exit_code == 1
    [told] = [one for one in said.json["examined"] if one["health"] == "problem"]
    assert told["fix"] == f"chmod 600 {new / 'keys' / 'signing.pem'}"
    assert said.json["incomplete"]
    assert "could not be looked at" in unlearnkit("doctor", "--workspace", new).stdout


def test_what_could_not_be_looked_at_is_a_problem(new: Path) -> None:
    """It may hold anything: an older ledger is brought to today's schema first."""
    with sqlite3.connect(new / "ledger.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0002'")
    database.close()
    said = unlearnkit("doctor", "--json", "--workspace", new)
    assert said.json["incomplete"] == "the ledger is of an earlier release"
    assert {one["health"] for one in said.json["examined"]} <= {"ok", "warn"}
    assert said.exit_code == 1


def test_a_ledger_that_was_tampered_with_is_a_problem(finished: Path) -> None:
    (finished / "ledger.db").write_bytes(b"no database, and long enough to be looked at" * 30)
    said = unlearnkit("doctor", "--workspace", finished)
    assert said.exit_code == 1
    assert "could not be looked at" in said.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_it_fits_a_terminal_and_is_plain_without_colour(line: Line, columns: int) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "unlearnkit", "doctor", "--workspace", str(line.ready)],
        env=os.environ | {"COLUMNS": str(columns), "NO_COLOR": "1", "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    styles = re.compile(r"\x1b\[([0-9;]*)m")
    assert set(styles.findall(said)) <= {"0", "1", "2", "1;2"}  # bold and dim, no colour
    tables = [one for one in styles.sub("", said).splitlines() if one[:1] in "┏┃┡│└"]
    assert {len(one) for one in tables} == {columns}
    assert all(request_id in said for request_id in line.story.truth)
