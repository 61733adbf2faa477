"""Whose a request is known to be decides whether it is run; the clock runs all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.company import Line, opened
from unlearnkit.config import FILE_NAME
from unlearnkit.domain import EventKind, IdentityState, IdentityVerification, RequestState
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.ledger.store import Ledger
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import index_corpus, locate
from unlearnkit.pipeline.forget import nothing_ready, ready_requests
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.pipeline.requests import (
    due_within,
    extend,
    history,
    left_out,
    open_first,
    refuse_closed,
    time_left,
    verify_identity,
)
from unlearnkit.workspace import Workspace

ASKED = datetime(2026, 1, 31, 12, tzinfo=UTC)
ROW = "{},{},2026-01-31T12:00:00Z,{}\n"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    """A workspace on the day of the two requests: Zoltana's under GDPR, Al's under CCPA."""
    file = tmp_path / "requests.csv"
    rows = ROW.format("gdpr", "Zoltana Quibble", "no") + ROW.format("ccpa", "Al Quibble", "yes")
    file.write_text(f"regulation,name,submitted,identity_verified\n{rows}")
    place = Workspace.create(tmp_path / "work")
    with Ledger.open(place.ledger_url, clock=lambda: ASKED) as ledger:
        made = Context(place, ledger, "tester", now=lambda: ASKED)
        import_requests(made, [file])
        yield made


def at(context: Context, **later: int) -> Context:
    """The same place at a later time."""
    return replace(context, now=lambda: ASKED + timedelta(**later))


def id_of(context: Context, regulation: str) -> str:
    (found,) = (one.id for one in context.ledger.requests() if one.regulation == regulation)
    return found


def test_only_what_is_not_verified_is_left_out(context: Context) -> None:
    assert [one.id for one in left_out(context)] == [id_of(context, "gdpr")]
    verify_identity(context, id_of(context, "gdpr"), "letter to the address on file")
    assert left_out(context) == []


def test_an_unverified_request_is_not_searched_for_by_name(context: Context) -> None:
    before = context.ledger.events()
    with pytest.raises(BadInput, match="nobody has verified yet") as refusal:
        locate(context, [id_of(context, "gdpr")])
    assert "request verify-identity" in refusal.value.fix
    assert context.ledger.events() == before


def test_where_no_other_is_open_that_cannot_be_evaluated(context: Context) -> None:
    context.ledger.set_state(id_of(context, "ccpa"), RequestState.REJECTED, "tester", "a duplicate")
    with pytest.raises(CannotEvaluate, match="of 1 open request nobody has verified") as refusal:
        locate(context)
    assert refusal.value.exit_code == 3
    assert id_of(context, "gdpr") in refusal.value.fix
    assert isinstance(nothing_ready(context), CannotEvaluate)


def test_the_others_are_searched_for_without_it(line: Line, tmp_path: Path) -> None:
    unknown = tmp_path / "requests.csv"
    unknown.write_text("regulation,name\ngdpr,Zoltana Quibble\n")
    with opened(Workspace.create(tmp_path / "work").root) as context:
        import_requests(context, [*line.story.files.requests, unknown])
        index_corpus(context, [line.story.files.records])
        assert {one.request_id for one in locate(context)} == set(line.story.truth)
        (waiting,) = left_out(context)
        assert waiting.state is RequestState.RECEIVED


def test_a_ready_request_of_an_older_ledger_is_not_unlearned_before_it_is_verified(
    context: Context, tmp_path: Path
) -> None:
    """It went through review when nobody asked whose it was."""
    request_id = id_of(context, "gdpr")
    with closing(sqlite3.connect(tmp_path / "work/ledger.db")) as raw:
        raw.execute(
            "UPDATE requests SET identity = 'not_recorded', state = 'ready' WHERE id = ?",
            [request_id],
        )
        raw.commit()
    assert ready_requests(context) == []
    assert [one.identity for one in left_out(context)] == [IdentityState.NOT_RECORDED]
    verify_identity(context, request_id, "letter to the address on file")
    assert [one.id for one in ready_requests(context)] == [request_id]


def test_how_it_was_verified_names_nobody(context: Context, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds a name of the person"):
        verify_identity(context, id_of(context, "gdpr"), "Mrs. Quibble came by")
    with pytest.raises(BadInput, match="holds a name of the person"):
        import_requests(
            context, [tmp_path / "requests.csv"], IdentityVerification("Zoltana came by")
        )
    assert len(left_out(context)) == 1


def test_the_file_again_with_yes_verifies_what_is_there(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    file.write_text(file.read_text().replace(",no\n", ",yes\n"))
    taken = import_requests(context, [file])
    assert [(new, one.verified) for one, new in taken] == [(False, True), (False, True)]
    assert context.ledger.verify() == len(context.ledger.events())


def test_gdpr_is_extended_by_two_months_and_ccpa_by_45_days(context: Context) -> None:
    gdpr = extend(context, id_of(context, "gdpr"), "40,000 records to review")
    assert (gdpr.due, gdpr.extended_at) == (datetime(2026, 4, 30, 12, tzinfo=UTC), ASKED)
    ccpa = extend(context, id_of(context, "ccpa"), "40,000 records to review")
    assert ccpa.due == ASKED + timedelta(days=90)
    assert context.ledger.verify() == len(context.ledger.events())
    with pytest.raises(BadInput, match="already"):
        extend(context, gdpr.id, "more still")


def test_until_the_last_moment_of_the_first_month(context: Context) -> None:
    assert extend(at(context, days=28), id_of(context, "gdpr"), "many records").extended_at
    late = at(context, days=45, seconds=1)
    with pytest.raises(BadInput, match=r"can no longer be extended.* by 2026-03-17"):
        extend(late, id_of(context, "ccpa"), "many records")


def test_settings_may_leave_nothing_to_extend_by(context: Context, tmp_path: Path) -> None:
    root = Workspace.create(tmp_path / "longer").root
    (root / FILE_NAME).write_text("clock: {gdpr_months: 3}\n")
    with opened(root) as other:
        import_requests(other, [tmp_path / "requests.csv"])
        early = replace(other, now=lambda: ASKED)
        with pytest.raises(BadInput, match="leave nothing to extend by"):
            extend(early, id_of(other, "gdpr"), "many records")


@pytest.mark.parametrize("reason", ["  ", "Zoltana wrote a lot"])
def test_a_reason_that_is_none_or_names_the_person(context: Context, reason: str) -> None:
    with pytest.raises(BadInput):
        extend(context, id_of(context, "gdpr"), reason)
    assert all(one.extended_at is None for one in context.ledger.requests())


def test_a_closed_request_has_no_clock(context: Context) -> None:
    context.ledger.set_state(id_of(context, "gdpr"), RequestState.REJECTED, "tester", "a duplicate")
    with pytest.raises(BadInput, match="is rejected"):
        extend(context, id_of(context, "gdpr"), "many records")
    assert [one.regulation for one in due_within(at(context, days=99), timedelta())] == ["ccpa"]


def test_what_is_due_is_listed_verified_or_not_the_first_due_first(context: Context) -> None:
    assert due_within(at(context, days=20), timedelta(days=7)) == []
    soon = due_within(at(context, days=21), timedelta(days=7))
    assert [one.regulation for one in soon] == ["gdpr"]
    assert due_within(at(context, days=28), timedelta()) == soon
    assert due_within(at(context, days=27, hours=23), timedelta()) == []
    both = due_within(at(context, days=40), timedelta(days=7))
    assert [one.regulation for one in both] == ["gdpr", "ccpa"]
    assert not both[0].verified


@pytest.mark.parametrize(
    ("later", "words", "urgency"),
    [
        ({"days": -8}, "8 days", "later"),
        ({"days": -8, "seconds": 1}, "7 days", "soon"),
        ({"days": -1}, "1 day", "soon"),
        ({"hours": -23}, "hours", "soon"),
        ({"seconds": 0}, "hours", "soon"),
        ({"seconds": 1}, "hours over", "overdue"),
        ({"days": 2}, "2 days over", "overdue"),
    ],
    ids=str,
)
def test_the_time_left_is_whole_days_until_it_is_due(
    context: Context, later: dict[str, int], words: str, urgency: str
) -> None:
    request = context.ledger.request(id_of(context, "gdpr"))
    told = time_left(request, request.due + timedelta(**later))
    assert (told.words, told.urgency) == (words, urgency)


def test_a_closed_request_has_no_clock_and_comes_last(context: Context) -> None:
    first, second = context.ledger.requests()
    context.ledger.set_state(first.id, RequestState.REJECTED, "tester", "sent twice")
    requests = open_first(context.ledger.requests())
    assert [one.id for one in requests] == [second.id, first.id]
    assert time_left(requests[1], ASKED).words == "closed"


def test_what_happened_to_a_request_is_told_in_order_and_of_no_other(context: Context) -> None:
    first, second = context.ledger.requests()
    context.ledger.set_state(first.id, RequestState.REJECTED, "tester", "sent twice")
    assert [one.kind for one in history(context, first)] == [
        EventKind.REQUEST_ADDED,
        EventKind.REQUEST_MOVED,
    ]
    assert EventKind.REQUEST_MOVED not in {one.kind for one in history(context, second)}


def test_what_is_asked_again_without_a_date_is_refused_when_it_is_closed(context: Context) -> None:
    request = context.ledger.request(id_of(context, "gdpr"))
    undated = request.model_copy(update={"submitted": request.received})
    refuse_closed([request, undated])
    closed = {"state": RequestState.COMPLETED}
    refuse_closed([request.model_copy(update=closed | {"submitted": ASKED - timedelta(days=1)})])
    with pytest.raises(BadInput, match="1 request without a date of submission is closed already"):
        refuse_closed([undated.model_copy(update=closed)])
