"""The schema: today's is what the migrations give, and every older ledger comes along whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import unlearnkit
from tests.ledger.samples import VAULT_KEY, change, entry, look, request, subject, url
from unlearnkit.domain import IdentityState, IdentityVerification, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.ledger.database import open_database
from unlearnkit.ledger.migrate import revisions
from unlearnkit.ledger.store import Ledger
from unlearnkit.ledger.tables import Base

PACKAGE = Path(unlearnkit.__file__).parent
FIRST_RELEASE = Path(__file__).with_name("first_release.sql")


def first_release(ledger_url: str) -> str:
    """Fill a new database with what the first release left behind; its URL."""
    sql = FIRST_RELEASE.read_text("utf-8")
    if not ledger_url.startswith("sqlite"):
        sql = sql.replace(" DATETIME ", " TIMESTAMP ").replace(" BLOB ", " BYTEA ")
        sql = sql.replace("X'", r"'\x")
    change(ledger_url, *sql.split(";\n")[:-1])
    return ledger_url


def version(ledger_url: str) -> str:
    """What opening it leaves it at."""
    Ledger.open(ledger_url).close()
    [(there,)] = look(ledger_url, "SELECT version_num FROM alembic_version")
    return str(there)


OPEN = """
import sys
from unlearnkit.ledger.store import Ledger
Ledger.open(sys.argv[1]).close()
"""


def run(code: str, ledger_url: str) -> tuple[str, str]:
    """What another process says."""
    command = [sys.executable, "-c", code, ledger_url]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return ran.stdout, ran.stderr


def test_the_tables_are_what_the_migrations_give(where: str) -> None:
    engine = open_database(where)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_revisions_are_numbered_without_gaps() -> None:
    assert revisions() == [f"{number:04d}" for number in range(1, len(revisions()) + 1)]


def test_a_new_ledger_is_at_the_newest_revision(where: str) -> None:
    assert version(where) == revisions()[-1]


def test_the_first_release_s_ledger_comes_along_whole(where: str) -> None:
    old = first_release(where)
    with Ledger.open(old) as ledger:
        assert ledger.verify() == 7
        assert [(one.id[:8], one.state) for one in ledger.requests()] == [
            ("00000002", RequestState.RECEIVED),
            ("00000003", RequestState.REJECTED),
            ("00000001", RequestState.IN_REVIEW),
        ]
        assert ledger.request("00000002").due == request(2, days=3).due
        assert ledger.subject("00000001", VAULT_KEY) == subject(1)
        assert ledger.events()[-1].payload == {"note": "ü", "records": 7}
        ledger.add_request(*entry(4), actor="dpo")
        ledger.set_state("00000002", RequestState.REJECTED, "dpo", "no such customer")
        with pytest.raises(BadInput, match="no longer in the vault"):
            ledger.subject("00000002", VAULT_KEY)
    assert version(old) == revisions()[-1]
    with Ledger.open(old) as ledger:
        assert ledger.verify() == 9


def test_after_a_migration_of_sqlite_rows_still_hold_each_other(tmp_path: Path) -> None:
    engine = open_database(first_release(url(tmp_path)))
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


def test_a_ledger_of_a_newer_unlearnkit_is_refused_and_left_alone(where: str) -> None:
    version(where)
    change(where, "UPDATE alembic_version SET version_num = '9999'")
    here = rf"\(schema 9999, here {revisions()[-1]}\)"
    with pytest.raises(BadInput, match=rf"newer unlearnkit .* {here}") as refusal:
        Ledger.open(where)
    assert refusal.value.fix == "pip install --upgrade unlearnkit"
    assert look(where, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_ledger_that_is_current_opens_without_alembic(where: str) -> None:
    version(where)
    assert run(OPEN + "print('alembic' in sys.modules)", where) == ("False\n", "")


def test_migrating_says_nothing(where: str) -> None:
    code = (
        "import sys; from unlearnkit.ledger.store import Ledger; Ledger.open(sys.argv[1]).close()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, first_release(where)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("", "")


def test_an_installation_in_a_folder_with_a_percent_sign_migrates_too(tmp_path: Path) -> None:
    """Alembic's settings are a file in which it begins a name."""
    folder = tmp_path / "100%(free)s"
    shutil.copytree(PACKAGE, folder / "unlearnkit", ignore=shutil.ignore_patterns("__pycache__"))
    code = OPEN + "import unlearnkit; print(unlearnkit.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", code, url(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{folder}:{os.environ.get('PYTHONPATH', '')}"},
    )
    assert (ran.stdout, ran.stderr) == (f"{folder / 'unlearnkit' / '__init__.py'}\n", "")
    assert version(url(tmp_path)) == revisions()[-1]


def test_two_processes_may_migrate_at_once(where: str) -> None:
    command = [sys.executable, "-c", OPEN, first_release(where)]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert version(where) == revisions()[-1]


def test_who_waited_for_another_to_migrate_finds_it_done(where: str) -> None:
    engine = open_database(where)
    change(where, "UPDATE alembic_version SET version_num = '0001'")
    with ThreadPoolExecutor(1) as pool:
        with engine.execution_options(writes=True).begin() as other:
            newest = text("UPDATE alembic_version SET version_num = :number")
            other.execute(newest, {"number": revisions()[-1]})
            waiting = pool.submit(version, where)
            sleep(0.3)
        assert waiting.result() == revisions()[-1]
    engine.dispose()


def test_whose_older_requests_are_was_not_recorded_and_can_be_said_now(where: str) -> None:
    with Ledger.open(first_release(where)) as ledger:
        assert {one.identity for one in ledger.requests()} == {IdentityState.NOT_RECORDED}
        shown = IdentityVerification("identity card shown at the desk")
        assert ledger.verify_identity("00000001", shown, "dpo")[0].verified
        with pytest.raises(BadInput, match="is rejected"):
            ledger.verify_identity("00000003", shown, "dpo")
        assert ledger.verify() == 8
