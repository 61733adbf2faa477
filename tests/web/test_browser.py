"""The page in a real browser, from the printed address to the decision in the ledger."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.company import opened, unlearnkit
from tests.report.conftest import needs
from tests.report.test_accessibility import AXE, needs_axe
from tests.web.chromium import WAIT, Tab, opened_tab
from tests.web.conftest import RUN, SCRIPT, World
from tests.web.serving import Served, served
from unlearnkit.pipeline.find import decisions, located

pytestmark = needs("chromium", "bash")


@pytest.fixture
def server(world: World) -> Iterator[Served]:
    with served(world.root, actor="anna") as found:
        yield found


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    with opened_tab(tmp_path) as found:
        yield found


def home(server: Served) -> str:
    return f"http://{urlsplit(server.url).netloc}"


def heading(words: str) -> str:
    """That the page with this heading is there, with its script."""
    return (
        "document.readyState === 'complete' && "
        f"(document.querySelector('h1')?.innerText ?? '').startsWith({json.dumps(words)})"
    )


def test_a_request_is_found_reviewed_by_keyboard_and_its_report_kept(
    world: World, server: Served, tab: Tab
) -> None:
    tab.open(server.url)
    assert tab.sees("location.pathname + location.search") == "/"
    assert tab.sees("document.cookie") == ""
    assert world.asked in tab.sees("document.querySelector('tbody').innerText")

    tab.sees(f"document.querySelector('a[href=\"{world.page}\"]').click()")
    tab.until(heading(f"Request {world.asked}"))
    tab.sees("[...document.links].find(one => one.innerText === 'Review').click()")
    tab.until(heading("Match 2 of 5"))
    assert tab.sees("document.querySelector('mark').innerText") == "Z. Quibble"
    assert SCRIPT in tab.sees("document.querySelector('.record').innerText")

    for key, page in (
        ("a", "Match 3 of 5"),
        ("p", "Match 4 of 5"),
        ("u", "Match 3 of 5"),
        ("Enter", "Match 4 of 5"),
        ("Enter", "Match 5 of 5"),
        ("q", f"Request {world.asked}"),
        ("u", "Match 3 of 5"),
        ("r", "Match 4 of 5"),
    ):
        tab.press(key)
        tab.until(heading(page))

    with opened(world.root) as context:
        made = decisions(context, located(context, world.asked))
    assert [(one.record_id, one.accepted, one.in_part, one.by) for one in made] == [
        ("note-<b>2", True, False, "anna"),
        ("note-3", True, True, "anna"),
        ("note-3", False, False, "anna"),
    ]
    forms = [one for one in tab.sent if "Origin" in one]
    said = {(one["Origin"], one["Sec-Fetch-Site"]) for one in forms}
    assert said == {(home(server), "same-origin")}
    told = [one for one in world.events() if one.kind == "reviewed"]
    assert [one.actor for one in told] == ["anna"] * 3
    assert unlearnkit("ledger", "verify", "--workspace", world.root).exit_code == 0

    tab.open(f"{home(server)}/runs/{RUN}")
    assert "pass over the forget set" in tab.sees("document.querySelector('svg').textContent")
    tab.sees("[...document.links].find(one => one.innerText === 'Download it').click()")
    kept = tab.downloads / f"{RUN}-report.html"
    end = time.monotonic() + WAIT
    while not kept.is_file() and time.monotonic() < end:
        tab.sees("1")
        time.sleep(0.02)
    report = world.root / "runs" / RUN / "report" / "report.html"
    assert kept.read_bytes() == report.read_bytes()
    assert tab.complaints == []


def test_the_report_is_shown_with_its_style_and_can_run_nothing(
    server: Served, world: World, tab: Tab
) -> None:
    tab.open(server.url)
    tab.open(f"{home(server)}/runs/{RUN}/report.html")
    assert "Passed" in tab.sees("document.querySelector('h1').innerText")
    assert tab.sees("getComputedStyle(document.querySelector('.sheet')).maxWidth") != "none"
    assert tab.sees("origin") == "null"
    assert tab.complaints == []


def test_a_key_answers_only_where_it_is_meant_to(world: World, server: Served, tab: Tab) -> None:
    """Not with Ctrl, not when held down, not when somebody has switched keys off."""
    place = f"{home(server)}{world.page}/matches/2"
    tab.open(server.url)
    tab.open(place)
    for more in ({"modifiers": 2}, {"modifiers": 4}, {"autoRepeat": True}):
        tab.ask("Input.dispatchKeyEvent", type="rawKeyDown", key="a", **more)
        tab.ask("Input.dispatchKeyEvent", type="keyUp", key="a")
    tab.press("z")
    tab.sees("document.getElementById('keys').click()")
    tab.press("a")
    tab.open(place)
    assert tab.sees("document.getElementById('keys').checked") is False
    tab.press("a")
    tab.open(place)
    assert tab.sees(heading("Match 2 of 5"))
    assert [one for one in world.events() if one.kind == "reviewed"] == []
    tab.sees("document.getElementById('keys').click()")
    tab.press("a")
    tab.until(heading("Match 3 of 5"))


def test_who_opens_another_page_without_the_token_sees_nothing(
    world: World, server: Served, tab: Tab
) -> None:
    tab.open(f"{home(server)}{world.page}")
    assert "You are not let in yet" in tab.sees("document.body.innerText")
    assert world.asked not in tab.sees("document.body.innerText")


@needs_axe
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_sticks_out(
    world: World, server: Served, tab: Tab, width: int, scheme: str
) -> None:
    tab.ask(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=900,
        deviceScaleFactor=1,
        mobile=False,
    )
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    tab.ask("Emulation.setEmulatedMedia", features=media)
    axe = AXE.read_text(encoding="utf-8")
    tab.open(server.url)
    decided = f"{world.page}/matches/3"
    places = ("/", world.page, f"{world.page}/matches/2", decided, "/runs", f"/runs/{RUN}", "/none")
    for place in places:
        tab.open(f"{home(server)}{place}")
        if place == decided:
            tab.press("p")
            tab.until(heading("Match 4 of 5"))
            tab.open(f"{home(server)}{place}")
        tab.sees(f"{axe}; 0")
        found = tab.sees("axe.run(document, {resultTypes: ['violations']})")
        said = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
        assert said == [], place
        assert "color-contrast" in {one["id"] for one in found["passes"]}
        assert tab.sees("document.documentElement.scrollWidth - innerWidth") <= 0, place
