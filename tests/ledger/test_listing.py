"""The do-not-train list: kept when the vault's row goes, and nothing is taken from it unseen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ledger.samples import VAULT_KEY, entry, request, url
from unlearnkit.domain import Forgotten, RequestState
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.ledger.listing import check_list
from unlearnkit.ledger.store import Ledger

ONE, TWO = request(1).id, request(2).id
KEPT = [Forgotten(ONE, "email", "a" * 32), Forgotten(ONE, "name", "b" * 32)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger with a completed request that is listed, and an open one."""
    with Ledger.open(url(tmp_path)) as ledger:
        ledger.add_requests([entry(1), entry(2)], "dpo")
        for one in (ONE, TWO):
            ledger.set_state(one, RequestState.READY, "dpo")
        ledger.set_state(ONE, RequestState.COMPLETED, "dpo", forgotten=[*KEPT, KEPT[0]])
    return tmp_path


def tamper(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as raw:
        raw.execute(sql)
        raw.commit()


def test_what_is_kept_goes_on_the_list_as_the_identifiers_leave_the_vault(folder: Path) -> None:
    with Ledger.open(url(folder)) as ledger:
        assert sorted(ledger.do_not_train()) == KEPT
        with pytest.raises(BadInput, match="no longer in the vault"):
            ledger.subject(ONE, VAULT_KEY)
        assert [one.kind for one in ledger.events()][-2:] == ["request_moved", "listed"]
        assert ledger.events()[-1].payload["entries"] == 2
        assert ledger.events()[-1].payload["kinds"] == {"email": 1, "name": 1}
        assert ledger.verify() == len(ledger.events())


def test_completing_again_lists_nothing_more(folder: Path) -> None:
    more = [Forgotten(ONE, "phone", "c" * 32)]
    with Ledger.open(url(folder)) as ledger:
        ledger.set_state(ONE, RequestState.COMPLETED, "dpo", forgotten=more)
        assert sorted(ledger.do_not_train()) == KEPT


def test_a_way_it_may_not_go_lists_nobody(folder: Path) -> None:
    with Ledger.open(url(folder)) as ledger:
        with pytest.raises(BadInput, match="cannot become"):
            ledger.set_state(
                TWO, RequestState.RECEIVED, "dpo", forgotten=[Forgotten(TWO, "name", "b" * 32)]
            )
        assert sorted(ledger.do_not_train()) == KEPT


def test_one_request_lists_nobody_elses(folder: Path) -> None:
    with Ledger.open(url(folder)) as ledger:
        with pytest.raises(ValueError, match="another request"):
            ledger.set_state(TWO, RequestState.COMPLETED, "dpo", forgotten=KEPT)
        assert ledger.request(TWO).state is RequestState.READY


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM do_not_train WHERE kind = 'email'",
        "DELETE FROM do_not_train",
        "UPDATE do_not_train SET hash = 'd' WHERE kind = 'email'",
        f"INSERT INTO do_not_train VALUES ('{ONE}', 'phone', 'd')",
        f"INSERT INTO do_not_train VALUES ('{TWO}', 'phone', 'd')",
    ],
)
def test_a_line_that_was_taken_changed_or_put_in_is_seen(folder: Path, sql: str) -> None:
    tamper(folder, sql)
    with (
        Ledger.open(url(folder)) as ledger,
        pytest.raises(VerificationFailed, match="do-not-train list"),
    ):
        ledger.verify()


def test_only_the_ledger_says_who_is_listed(folder: Path) -> None:
    with Ledger.open(url(folder)) as ledger, pytest.raises(ValueError, match="'listed'"):
        ledger.append("listed", "dpo", {}, ONE)


def test_an_event_from_before_kinds_were_counted_still_holds_its_lines(folder: Path) -> None:
    with Ledger.open(url(folder)) as ledger:
        event = ledger.events()[-1]
    payload = {key: event.payload[key] for key in ("entries", "digest")}
    before = replace(event, payload=payload)
    check_list([before], KEPT)
    with pytest.raises(VerificationFailed, match="do-not-train list") as failure:
        check_list([before], KEPT[1:])
    assert "from a backup: the person could come back unseen" in failure.value.fix


def test_kinds_that_are_counted_otherwise_are_seen(folder: Path) -> None:
    with Ledger.open(url(folder)) as ledger:
        event = ledger.events()[-1]
    with pytest.raises(VerificationFailed, match="do-not-train list"):
        check_list([replace(event, payload={**event.payload, "kinds": {"email": 2}})], KEPT)
