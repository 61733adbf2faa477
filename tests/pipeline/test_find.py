"""From request files to reviewed matches."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.company import Line, opened
from unlearnkit.artefacts import sha256_file
from unlearnkit.domain import Certainty, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.locate.review import decide as decide_all
from unlearnkit.locate.review import pending
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import (
    decide,
    decisions,
    index_corpus,
    locate,
    located,
    open_corpus,
    review_file,
)
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.workspace import Workspace

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ready(line: Line, tmp_path: Path) -> Path:
    """A copy of the workspace in which everything is reviewed and nothing unlearned."""
    return line.copy_ready(tmp_path / "work")


def test_locating_again_changes_nothing_and_keeps_the_decisions(line: Line, ready: Path) -> None:
    with opened(ready) as context:
        before = context.ledger.events()
        found = locate(context)
        assert context.ledger.events() == before
        assert {one.request_id for one in found} == set(line.story.truth)
        for one in found:
            assert located(context, one.request_id) == one
            assert decisions(context, one)
            assert pending(one, decisions(context, one)) == ()


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """One more record, which makes another corpus of the company's."""
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"text": "one more"}) + "\n")
    return path


def test_decisions_about_another_state_of_the_corpus_do_not_hold(
    line: Line, ready: Path, more: Path
) -> None:
    with opened(ready) as context:
        index_corpus(context, [line.story.files.records, more])
        for one in locate(context):
            assert decisions(context, one) == ()
            left = [m for m in one.matches if m.certainty is Certainty.UNCERTAIN]
            assert len(pending(one, decisions(context, one))) == len(left) > 0
        assert {one.state for one in context.ledger.requests()} == {RequestState.IN_REVIEW}


def test_they_hold_again_when_the_corpus_is_as_it_was(line: Line, ready: Path, more: Path) -> None:
    with opened(ready) as context:
        index_corpus(context, [line.story.files.records, more])
        locate(context)
        index_corpus(context, [line.story.files.records])
        locate(context)
        assert {one.state for one in context.ledger.requests()} == {RequestState.READY}


def test_a_later_decision_counts_and_the_earlier_one_stays_on_file(line: Line, ready: Path) -> None:
    request_id = next(iter(line.story.truth))
    with opened(ready) as context:
        found = located(context, request_id)
        earlier = decisions(context, found)
        moved = decide(context, found, decide_all(found, set(), "somebody else", NOON))
        assert moved.state is RequestState.READY
        assert decisions(context, found)[: len(earlier)] == earlier
        assert not any(one.accepted for one in decisions(context, found)[len(earlier) :])


def told(context: Context, request_id: str) -> list[tuple[int, int]]:
    """What the events say of each review: accepted, rejected."""
    happened = reversed(context.ledger.events_of("reviewed", request_id))
    return [(one.payload["accepted"], one.payload["rejected"]) for one in happened]


def lay_out_otherwise(context: Context, request_id: str) -> str:
    """The decisions on file as another version writes them; the file's digest."""
    path = review_file(context, request_id)
    path.write_text(json.dumps(json.loads(path.read_text())))
    return sha256_file(path)


def test_an_event_counts_the_decisions_on_file(line: Line, ready: Path) -> None:
    request_id = next(iter(line.story.truth))
    with opened(ready) as context:
        found = located(context, request_id)
        decide(context, found, decide_all(found, set(), "somebody else", NOON))
        last = context.ledger.last_event("reviewed", request_id)
        assert last is not None
        assert last.payload["decisions"] == len(decisions(context, found))
        assert last.payload["corpus_digest"] == found.corpus_digest


def test_decisions_are_told_once_however_they_are_laid_out(line: Line, ready: Path) -> None:
    """By an event that counts them, and by one of an earlier version, which did not."""
    request_id = next(iter(line.story.truth))
    with opened(ready) as context:
        found = located(context, request_id)
        made = decide_all(found, set(), "somebody else", NOON)
        before = told(context, request_id)
        lay_out_otherwise(context, request_id)
        locate(context, [request_id])
        assert told(context, request_id) == before
        decide(context, found, made)
        assert told(context, request_id) == [*before, (0, len(made))]

        digest = lay_out_otherwise(context, request_id)
        older = {"accepted": 1, "in_part": 0, "rejected": 0, "digest": digest}
        context.ledger.append("reviewed", "dpo", older, request_id)
        before = told(context, request_id)
        locate(context, [request_id])
        assert told(context, request_id) == before
        decide(context, found, made)
        assert told(context, request_id) == [*before, (0, len(made))]


def test_decisions_of_a_process_that_died_before_it_told_the_ledger_are_told_later(
    line: Line, ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = next(iter(line.story.truth))

    def died(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(ready) as context:
        found = located(context, request_id)
        before = told(context, request_id)
        made = decide_all(found, set(), "somebody else", NOON)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(Context, "record", died)
            decide(context, found, made)
        assert told(context, request_id) == before
        locate(context, [request_id])
        assert told(context, request_id) == [*before, (0, len(made))]
        locate(context, [request_id])
        assert told(context, request_id) == [*before, (0, len(made))]


def test_a_closed_request_is_neither_searched_for_nor_decided_about(
    line: Line, tmp_path: Path
) -> None:
    request_id = next(iter(line.story.truth))
    with opened(line.copy(tmp_path / "work")) as context:
        before = context.ledger.events()
        with pytest.raises(BadInput, match="is completed: its records are not searched for"):
            locate(context, [request_id])
        with pytest.raises(BadInput, match="there is no open request"):
            locate(context)
        found = located(context, request_id)
        with pytest.raises(BadInput, match="is completed"):
            decide(context, found, decide_all(found, set(), "tester", NOON))
        assert context.ledger.events() == before


def test_a_request_that_was_not_searched_for_says_the_command(line: Line, tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path / "work").root) as context:
        (request, _), _ = import_requests(context, line.story.files.requests)
        with pytest.raises(BadInput, match="not searched for yet") as refusal:
            located(context, request.id)
        assert refusal.value.fix == f"Run: unlearnkit locate {request.id}"


def test_the_records_are_read_from_where_they_were_indexed(
    line: Line, ready: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever folder the next command is called in."""
    with opened(ready) as context:
        monkeypatch.chdir(line.story.files.records.parent)
        index_corpus(context, [Path(line.story.files.records.name)])
        monkeypatch.chdir(tmp_path)
        _, corpus = open_corpus(context)
        assert len(corpus.records) == len(line.story.company.records)


def test_a_record_that_disappeared_is_noticed(line: Line, ready: Path, tmp_path: Path) -> None:
    copy = tmp_path / "records.jsonl"
    content = line.story.files.records.read_text(encoding="utf-8")
    copy.write_text(content, encoding="utf-8")
    with opened(ready) as context:
        index_corpus(context, [copy])
        copy.write_text(content.partition("\n")[2], encoding="utf-8")
        with pytest.raises(BadInput, match="changed"):
            open_corpus(context)
