"""Who is let in, and what every answer carries."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.web.conftest import HOME, OURS, PORT, TOKEN, World, form_of, let_in
from unlearnkit.web.app import ROUTERS, create_app
from unlearnkit.web.door import ENTRANCE, HEADERS, Door

PLACES = ("/", "/runs", "/runs/run-0123456789ab", "/static/web.css", "/docs", "/openapi.json", "/x")


def test_without_the_token_nothing_is_shown(stranger: TestClient, world: World) -> None:
    for place in (*PLACES, world.page, f"{world.page}/matches/2"):
        answer = stranger.get(place)
        assert answer.status_code == 401, place
        assert world.asked not in answer.text
    assert stranger.post(f"{world.page}/matches/2", headers=OURS).status_code == 401


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x", "ü", "\x00"])
def test_a_wrong_token_is_no_token(stranger: TestClient, token: str) -> None:
    answer = stranger.get(ENTRANCE, params={"token": token})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert stranger.get("/").status_code == 401


def test_the_token_is_exchanged_for_a_cookie_that_holds_another_secret(
    stranger: TestClient,
) -> None:
    answer = stranger.get(ENTRANCE, params={"token": TOKEN})
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    name, value = re.match(r"([^=]+)=([^;]+);", cookie).groups()  # type: ignore[union-attr]
    assert str(PORT) in name
    assert len(value) >= 43
    assert TOKEN not in cookie
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.lower().split("; "))
    assert stranger.get("/").status_code == 200


def test_a_cookie_of_another_start_opens_nothing(browser: TestClient, world: World) -> None:
    other = TestClient(create_app(world.root, TOKEN, PORT), base_url=HOME)
    for name, value in browser.cookies.items():
        other.cookies.set(name, value)
    assert other.get("/").status_code == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:8401", "localhost", ""],
)
def test_another_host_is_refused_also_with_the_cookie(browser: TestClient, host: str) -> None:
    """A name elsewhere that is made to point here: DNS rebinding."""
    answer = browser.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert browser.get(ENTRANCE, params={"token": TOKEN}, headers={"host": host}).status_code == 400


def test_localhost_is_this_machine_too(browser: TestClient) -> None:
    assert browser.get("/", headers={"host": f"LocalHost:{PORT}"}).status_code == 200


def test_at_the_port_that_browsers_leave_out_a_host_has_none() -> None:
    def asked(port: int, host: str) -> int:
        scope = {"type": "http", "method": "GET", "path": ENTRANCE, "query_string": b""}
        request = Request({**scope, "headers": [(b"host", host.encode())]})
        try:
            Door(port, TOKEN).check(request)
        except HTTPException as refusal:
            return refusal.status_code
        return 200

    assert asked(80, "localhost") == asked(80, "127.0.0.1:80") == 200
    assert asked(80, "evil.example") == asked(8400, "localhost") == 400


CROSS = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": HOME},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:8401"},
    {"origin": "null"},
    {},
]


@pytest.mark.parametrize("headers", CROSS, ids=str)
def test_what_another_site_sends_decides_nothing(
    browser: TestClient, world: World, headers: dict[str, str]
) -> None:
    place = f"{world.page}/matches/2"
    fields = form_of(browser.get(place).text) | {"answer": "accept"}
    before = world.events()
    answer = browser.post(place, data=fields, headers=headers)
    assert answer.status_code == 403
    assert world.events() == before


@pytest.mark.parametrize("headers", [OURS, {"origin": HOME}], ids=str)
def test_what_our_own_page_sends_is_taken(
    browser: TestClient, world: World, headers: dict[str, str]
) -> None:
    place = f"{world.page}/matches/2"
    fields = form_of(browser.get(place).text) | {"answer": "accept"}
    assert browser.post(place, data=fields, headers=headers).status_code == 303


@pytest.mark.parametrize("csrf", ["", "wrong", "ü", TOKEN])
def test_without_the_forms_own_secret_nothing_is_decided(
    browser: TestClient, world: World, csrf: str
) -> None:
    place = f"{world.page}/matches/2"
    fields = form_of(browser.get(place).text) | {"answer": "accept", "csrf": csrf}
    before = world.events()
    assert browser.post(place, data=fields, headers=OURS).status_code == 403
    assert browser.post(place, headers=OURS).status_code == 403
    assert world.events() == before


def test_every_route_that_changes_something_asks_for_it(browser: TestClient, world: World) -> None:
    routes = [one for router in ROUTERS for one in router.routes if isinstance(one, APIRoute)]
    changing = [one for one in routes if not one.methods <= {"GET", "HEAD"}]
    assert [one.path for one in changing] == ["/requests/{request_id}/matches/{number}"]
    for one in changing:
        path = one.path.format(request_id=world.asked, number=2)
        for method in one.methods:
            assert browser.request(method, path, headers=OURS).status_code == 403


def test_a_form_of_any_size_is_not_read(browser: TestClient, world: World) -> None:
    place = f"{world.page}/matches/2"
    answer = browser.post(place, content=b"a" * 100_000, headers=OURS)
    assert answer.status_code == 413


def test_every_answer_carries_the_headers(browser: TestClient, world: World) -> None:
    place = f"{world.page}/matches/2"
    answers = [browser.get(one) for one in (*PLACES, world.page, place)]
    answers += [browser.post(place), browser.delete("/"), browser.get("/", headers={"host": "x"})]
    answers += [browser.post("/", headers=OURS), browser.get(ENTRANCE, params={"token": TOKEN})]
    browser.cookies.clear()
    answers.append(browser.get("/"))
    assert {one.status_code for one in answers} == {200, 303, 400, 401, 403, 404, 405}
    for one in answers:
        for name, value in HEADERS.items():
            assert one.headers[name] == value, one.url
        assert "server" not in one.headers
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy


def test_no_page_needs_what_the_policy_forbids(browser: TestClient, world: World) -> None:
    """No script, style or handler within a page, and nothing from elsewhere."""
    for place in ("/", "/runs", "/runs/run-0123456789ab", world.page, f"{world.page}/matches/2"):
        page = browser.get(place).text
        assert re.findall(r"<style|\sstyle=|<[a-z]+[^>]*\son[a-z]+=", page) == []
        assert re.findall(r"<script(?! src=\"/static/keys.js\" defer></script>)", page) == []
        loaded = re.findall(r'(?:src|href|action)="([^"]+)"', page)
        assert [one for one in loaded if not re.match(r"/(?!/)|#|data:,$", one)] == []


def test_the_program_does_not_describe_itself(browser: TestClient) -> None:
    for place in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"):
        assert browser.get(place).status_code == 404


def test_a_bug_of_ours_is_answered_without_its_words(world: World) -> None:
    """They may hold personal data. With --debug they come through."""

    def broken() -> None:
        raise ValueError("Zoltana Quibble")

    def visited(*, debug: bool) -> Any:
        """The answer of a page that has a bug."""
        app = create_app(world.root, TOKEN, PORT, debug=debug)
        app.add_api_route("/broken", broken)
        return let_in(app).get("/broken")

    answer = visited(debug=False)
    assert answer.status_code == 500
    assert "ValueError at " in answer.text
    assert "Zoltana" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    with pytest.raises(ValueError, match="Zoltana"):
        visited(debug=True)
