"""The list with its clock, and one request: nobody is named."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.company import opened, unlearnkit
from tests.web.conftest import PORT, RECORDS, TOKEN, World, let_in
from unlearnkit.pipeline.requests import extend, verify_identity
from unlearnkit.web.app import create_app
from unlearnkit.workspace import Workspace

NAMES = ("Zoltana", "Quibble", "zoltana.quibble@example.com", "oven", "refund")


def words(page: str) -> list[str]:
    """What a reader sees of the table's body, cell by cell."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert body
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", body[1], re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one)).split()) for one in cells]


def test_the_list_says_what_the_command_says_in_its_order(
    browser: TestClient, world: World
) -> None:
    with opened(world.root) as context:
        verify_identity(context, world.unverified, "letter to the address on file")
    unlearnkit("request", "reject", world.asked, "--reason", "sent twice", "-w", world.root)
    command = unlearnkit("request", "list", "--workspace", world.root).stdout
    printed = [line.split("│")[1:-1] for line in command.splitlines() if line.startswith("│")]
    assert words(browser.get("/").text) == [cell.strip() for row in printed for cell in row]


def test_what_is_not_verified_or_was_extended_says_so(browser: TestClient, world: World) -> None:
    assert "received not verified" in words(browser.get("/").text)
    with opened(world.root) as context:
        asked = context.ledger.request(world.asked)
        extend(replace(context, now=lambda: asked.submitted), asked.id, "many records to review")
    assert "2026-04-20 extended" in words(browser.get("/").text)
    assert "many records to review" in browser.get(world.page).text


def test_an_empty_workspace_says_what_comes_next(tmp_path: Path) -> None:
    browser = let_in(create_app(Workspace.create(tmp_path / "new").root, TOKEN, PORT))
    assert "unlearnkit request import FILE" in browser.get("/").text
    assert "unlearnkit unlearn MODEL" in browser.get("/runs").text


def test_a_request_shows_matches_and_events_and_no_text(browser: TestClient, world: World) -> None:
    page = browser.get(world.page).text
    for one in ("note-3", "review", "certain", "4 left to decide", "request_added", "located"):
        assert one in page
    assert "note-&lt;b&gt;2" in page
    assert "<b>" not in page
    for place in ("/", world.page, "/runs", f"/requests/{world.unverified}"):
        shown = browser.get(place).text
        assert [one for one in NAMES if one in shown] == []
        assert [text for text in RECORDS.values() if html.escape(text) in shown] == []


def test_a_request_that_was_not_searched_for_says_the_command(
    browser: TestClient, world: World
) -> None:
    page = browser.get(f"/requests/{world.unverified}").text
    assert f"Run: unlearnkit locate {world.unverified}" in page
    assert "/matches/" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/requests/{}0",
        "/requests/none",
        "/requests/%2e%2e%2fkeys%2fworkspace.key",
        "/requests/..%5c..%5ckeys",
        "/requests/%00",
        "/requests/{}/matches/0",
        "/requests/{}/matches/99",
        "/requests/{}/matches/-1",
        "/requests/{}/matches/two",
        "/requests/none/matches/1",
        "/runs/none",
        "/runs/..%2f..%2fkeys",
        "/runs/run-0123456789ab/report.json",
        "/runs/%2e%2e/report.html",
        "/static/..%2freport.html.j2",
        "/static/review.html.j2",
        "/<script>alert(1)</script>",
        "/requests/<script>alert(1)</script>",
    ],
)
def test_what_is_not_there_is_said_without_repeating_it(
    browser: TestClient, world: World, path: str
) -> None:
    answer = browser.get(path.format(world.asked))
    assert answer.status_code == 404
    assert "There is no such page." in answer.text
    for one in ("none", "two", "<script>alert", "keys", "workspace.key", "99"):
        assert one not in answer.text


def test_the_beginning_of_an_id_is_not_an_address(browser: TestClient, world: World) -> None:
    assert browser.get(world.page[:-1]).status_code == 404
