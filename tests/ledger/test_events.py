"""Events of one kind about one request, without the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.orm import QueryContext

from tests.ledger.samples import NOW, change, entry, request
from unlearnkit.ledger.store import Ledger
from unlearnkit.ledger.tables import EventRow


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    with Ledger.open(where, clock=lambda: NOW) as opened:
        opened.add_requests([entry(1), entry(2)], actor="dpo")
        for number, about in enumerate((1, 2, 1, None)):
            about_id = request(about).id if about else None
            opened.append("reviewed", "dpo", {"number": number}, about_id)
        opened.append("located", "dpo", {"number": 9}, request(1).id)
        yield opened


@pytest.mark.parametrize(("about", "numbers"), [(1, [2, 0]), (2, [1]), (None, [3])])
def test_they_come_newest_first(ledger: Ledger, about: int | None, numbers: list[int]) -> None:
    request_id = request(about).id if about else None
    found = ledger.events_of("reviewed", request_id)
    assert [one.payload["number"] for one in found] == numbers
    assert ledger.last_event("reviewed", request_id) == found[0]
    assert all(one in ledger.events() for one in found)


def test_all_come_in_their_order_wherever_their_rows_lie(ledger: Ledger, where: str) -> None:
    """PostgreSQL writes a row that is changed anew, behind the others."""
    change(where, "UPDATE events SET actor = actor WHERE seq = 1")
    assert [one.seq for one in ledger.events()] == [1, 2, 3, 4, 5, 6, 7]


def test_for_the_newest_no_other_is_read(ledger: Ledger) -> None:
    read: list[int] = []

    def note(row: EventRow, _: QueryContext) -> None:
        read.append(row.seq)

    event.listen(EventRow, "load", note)
    assert ledger.head().size == 7
    assert ledger.last_event("reviewed", request(1).id) is not None
    event.remove(EventRow, "load", note)
    assert read == [7, 5]


def test_where_there_is_none_nothing_is_found(ledger: Ledger) -> None:
    assert ledger.events_of("unlearned") == []
    assert ledger.last_event("located", request(2).id) is None


def test_only_what_was_kept_counts_as_a_change(where: str) -> None:
    """A refused batch is rolled back, and leaves no end to be signed anew."""
    with Ledger.open(where, clock=lambda: NOW) as opened:
        with pytest.raises(ValueError):
            opened.append("located", "dpo", {"share": float("nan")})
        assert opened.changed is False
        opened.append("located", "dpo", {"share": 0.5})
        assert opened.changed is True
