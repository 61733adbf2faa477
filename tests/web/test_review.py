"""The review in the browser decides what the review in the terminal decides."""

from __future__ import annotations

import html
import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from tests.company import opened, unlearnkit
from tests.web.conftest import OURS, RECORDS, SCRIPT, World, form_of
from unlearnkit.artefacts import load, save
from unlearnkit.domain import (
    TURN,
    Certainty,
    Decision,
    Evidence,
    IdentifierKind,
    Located,
    Match,
    Record,
    RequestState,
)
from unlearnkit.pipeline.find import decisions, located
from unlearnkit.pipeline.review import Question
from unlearnkit.web.highlights import pieces
from unlearnkit.workspace import Workspace


def decide(browser: TestClient, place: str, answer: str) -> str:
    """Press a button of the page; where it leads."""
    fields = form_of(browser.get(place).text) | {"answer": answer}
    said = browser.post(place, data=fields, headers=OURS)
    assert said.status_code == 303, said.text
    return str(said.headers["location"])


def made(world: World) -> list[Decision]:
    with opened(world.root) as context:
        return list(decisions(context, located(context, world.asked)))


def link(page: str, key: str) -> str | None:
    """Where the link goes that a key presses."""
    found = re.search(rf'href="([^"]+)" data-key="{key}"', page)
    return found[1] if found else None


def test_the_evidence_is_marked_and_the_text_is_whole(browser: TestClient, world: World) -> None:
    page = browser.get(f"{world.page}/matches/3").text
    record = re.search(r'<div class="record".*?>(.*?)</div>', page, re.DOTALL)
    assert record
    assert html.unescape(re.sub(r"<[^>]+>", "", record[1])) == RECORDS["note-3"]
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", record[1]) == ["Zoltana Quibble"]
    about = re.findall(r'class="about">(.*?)<', record[1])
    assert "".join(about) == "Zoltana Quibble has another one."


def test_a_record_that_holds_a_script_stays_text(browser: TestClient, world: World) -> None:
    page = browser.get(f"{world.page}/matches/2").text
    assert html.escape(SCRIPT) in page
    assert SCRIPT not in page
    assert "note-&lt;b&gt;2" in page
    assert "<b>" not in page


def test_the_name_of_who_decides_stays_text_too(
    browser: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNLEARNKIT_ACTOR", SCRIPT)
    decide(browser, f"{world.page}/matches/2", "reject")
    for place in ("/", world.page, f"{world.page}/matches/2"):
        page = browser.get(place).text
        assert html.escape(SCRIPT) in page
        assert SCRIPT not in page


def test_an_answer_is_kept_with_who_and_when_and_stands_in_the_ledger(
    browser: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNLEARNKIT_ACTOR", "anna")
    onward = decide(browser, f"{world.page}/matches/2", "accept")
    assert onward == f"{world.page}/matches/3"
    [one] = made(world)
    assert (one.record_id, one.accepted, one.in_part, one.by) == ("note-<b>2", True, False, "anna")
    [told] = [event for event in world.events() if event.kind == "reviewed"]
    assert (told.actor, told.request_id) == ("anna", world.asked)
    assert (told.payload["accepted"], told.payload["rejected"]) == (1, 0)
    assert unlearnkit("ledger", "verify", "--workspace", world.root).exit_code == 0


def test_it_ends_as_the_same_answers_in_the_terminal_do(
    browser: TestClient, world: World, tmp_path: Path
) -> None:
    answers = {"note-<b>2": "accept", "note-3": "spans", "note-4": "reject", "note-5": "reject"}
    sheet = tmp_path / "sheet.csv"
    rows = [f"{one},{word}" for one, word in answers.items()]
    sheet.write_text("record_id,decision\n" + "\n".join(rows) + "\n")
    place = f"{world.page}/matches/2"
    for word in answers.values():
        place = decide(browser, place, word)
    assert place == world.page
    ours = [(one.record_id, one.accepted, one.in_part) for one in made(world)]
    said = unlearnkit("review", world.asked, "--decisions", sheet, "--workspace", world.root)
    assert said.exit_code == 0
    theirs = [(one.record_id, one.accepted, one.in_part) for one in made(world)][len(ours) :]
    assert ours == theirs
    with opened(world.root) as context:
        assert context.ledger.request(world.asked).state == "ready"


def test_skipped_ones_are_left_and_found_again(browser: TestClient, world: World) -> None:
    onward = link(browser.get(f"{world.page}/matches/2").text, "s")
    assert onward == f"{world.page}/matches/3"
    for number in (3, 4):
        onward = decide(browser, f"{world.page}/matches/{number}", "reject")
    assert decide(browser, onward, "reject") == world.page
    page = browser.get(world.page).text
    assert "1 left to decide" in page
    assert f'href="{world.page}/matches/2">Review</a>' in page


def test_undo_goes_back_through_what_was_decided_and_the_new_answer_counts(
    browser: TestClient, world: World
) -> None:
    place = f"{world.page}/matches/2"
    assert link(browser.get(place).text, "u") is None
    decide(browser, place, "accept")
    here = decide(browser, f"{world.page}/matches/4", "accept")
    back = link(browser.get(here).text, "u")
    assert back == f"{world.page}/matches/4"
    again = browser.get(back).text
    assert "Decided: accept by" in again
    assert link(again, "s") is None
    assert link(again, "u") == place
    decide(browser, back, "reject")
    assert [(one.record_id, one.accepted) for one in made(world)] == [
        ("note-<b>2", True),
        ("note-4", True),
        ("note-4", False),
    ]
    assert link(browser.get(world.page).text, "u") == back


def test_the_same_answer_again_is_not_kept_twice(browser: TestClient, world: World) -> None:
    for _ in range(2):
        decide(browser, f"{world.page}/matches/4", "accept")
    assert len(made(world)) == 1


def test_a_certain_match_can_be_rejected(browser: TestClient, world: World) -> None:
    decide(browser, f"{world.page}/matches/1", "reject")
    assert [(one.record_id, one.accepted) for one in made(world)] == [("mail-1", False)]


def test_in_part_is_offered_only_where_something_is_about_the_person(
    browser: TestClient, world: World
) -> None:
    place = f"{world.page}/matches/4"
    assert 'value="spans"' in browser.get(place).text
    file = world.root / "located" / f"{world.asked}.json"
    found = load(file, Located)
    related = [  # by its thread, say: nothing in it names the person
        one.model_copy(update={"evidence": ()}) if one.record_id == "note-4" else one
        for one in found.matches
    ]
    save(file, found.model_copy(update={"matches": tuple(related)}))
    fields = form_of(browser.get(place).text)
    assert 'value="spans"' not in browser.get(place).text
    for word in ("spans", "perhaps", ""):
        answer = browser.post(place, data=fields | {"answer": word}, headers=OURS)
        assert answer.status_code == 400
        assert "Answers: accept, reject" in answer.text
        assert "perhaps" not in answer.text
    assert made(world) == []


def test_a_page_from_before_another_search_decides_nothing(
    browser: TestClient, world: World
) -> None:
    place = f"{world.page}/matches/2"
    fields = form_of(browser.get(place).text) | {"answer": "accept"}
    file = world.root / "located" / f"{world.asked}.json"
    found = load(file, Located)
    save(file, found.model_copy(update={"matches": found.matches[1:]}))
    answer = browser.post(place, data=fields, headers=OURS)
    assert answer.status_code == 400
    assert "searched for again since this page was made" in answer.text
    assert made(world) == []


def test_a_closed_request_shows_no_record(browser: TestClient, world: World) -> None:
    page = browser.get(f"{world.page}/matches/2").text
    assert "Quibble" in page
    unlearnkit("request", "reject", world.asked, "--reason", "sent twice", "-w", world.root)
    answer = browser.get(f"{world.page}/matches/2")
    assert answer.status_code == 400
    assert "Quibble" not in answer.text
    late = browser.post(
        f"{world.page}/matches/2", data=form_of(page) | {"answer": "accept"}, headers=OURS
    )
    assert late.status_code == 400


def test_once_it_was_unlearned_nobody_has_to_see_the_record(
    browser: TestClient, world: World
) -> None:
    with opened(world.root) as context:
        for state in (RequestState.READY, RequestState.UNLEARNED):
            context.ledger.set_state(world.asked, state, "tester")
    answer = browser.get(f"{world.page}/matches/2")
    assert answer.status_code == 400
    assert "is unlearned: its records are not searched for" in answer.text
    assert "Quibble" not in answer.text
    assert "/matches/" not in browser.get(world.page).text


def test_it_waits_for_who_works_in_the_workspace_and_says_who_that_is(
    browser: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"{world.page}/matches/2"
    fields = form_of(browser.get(place).text) | {"answer": "accept"}
    minutes = count(step=60)  # how long it waits is over at once
    monkeypatch.setattr(time, "perf_counter", lambda: next(minutes))
    with ThreadPoolExecutor(1) as other, Workspace.open(world.root).lock():
        answer = other.submit(browser.post, place, data=fields, headers=OURS).result()
    assert answer.status_code == 503
    assert "is working in this workspace" in answer.text
    assert made(world) == []


def test_two_at_once_are_both_kept(browser: TestClient, world: World) -> None:
    places = [f"{world.page}/matches/{number}" for number in (2, 3, 4, 5)]
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda place: decide(browser, place, "reject"), places))
    assert sorted(one.record_id for one in made(world)) == sorted(list(RECORDS)[1:5])
    assert unlearnkit("ledger", "verify", "--workspace", world.root).exit_code == 0


STRETCH = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda one: (min(one), max(one)))


@given(
    text=st.text("ab.\n<&", max_size=30).map(lambda text: text.replace("\n\n", TURN)),
    prompt=st.text("pq", max_size=4),
    matched=st.lists(STRETCH, max_size=4),
    about=st.lists(STRETCH, max_size=3),
)
def test_the_pieces_are_the_content_and_each_is_marked_as_a_whole(
    text: str, prompt: str, matched: list[tuple[int, int]], about: list[tuple[int, int]]
) -> None:
    record = Record(id="one", text=text, prompt=prompt)
    evidence = tuple(
        Evidence(kind=IdentifierKind.NAME, how="partial", start=start, end=end, recogniser="name")
        for start, end in matched
    )
    match = Match(
        request_id="r",
        record_id="one",
        certainty=Certainty.UNCERTAIN,
        score=0.5,
        evidence=evidence,
        reason="why",
    )
    found = list(pieces(Question(match, record, tuple(about), None)))
    assert "".join(one.text for one in found).replace("\n―\n", TURN) == record.content
    before, at = len(record.content) - len(record.text), 0
    for one in found:
        for place in range(at, at + len(one.text)):
            assert one.evidence == any(start <= place < end for start, end in matched)
            assert one.about == any(start <= place - before < end for start, end in about)
        at += len(one.text)
