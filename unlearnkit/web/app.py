"""The application: its pages behind the door, and every refusal as a page of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from unlearnkit import resources
from unlearnkit.errors import Busy, CannotEvaluate, UnlearnkitError, VerificationFailed, place_of
from unlearnkit.web import requests, review, runs
from unlearnkit.web.door import ENTRANCE, HEADERS, Door, same
from unlearnkit.web.pages import Here, Site, site_of

STATIC = {
    "report.css": ("report.css", "text/css"),
    "web.css": ("web/web.css", "text/css"),
    "keys.js": ("web/keys.js", "text/javascript"),
}
WORDS = {
    400: ("This address is not served here.", "Open the address that `unlearnkit serve` printed."),
    401: ("You are not let in yet.", "Open the address that `unlearnkit serve` printed."),
    403: (
        "This did not come from a page of this server.",
        "Open the page again; nothing was done.",
    ),
    404: ("There is no such page.", "Begin at the list of requests."),
    405: ("This cannot be done here.", "Begin at the list of requests."),
    413: ("This is longer than any form here.", "Open the page again; nothing was done."),
}
"""By HTTP status: what was wrong and what to do. No address or input is repeated."""
STATUS = {Busy: 503, CannotEvaluate: 409, VerificationFailed: 500}
router = APIRouter()
ROUTERS = (router, requests.router, review.router, runs.router)


def create_app(workspace: Path, token: str, port: int, *, debug: bool = False) -> FastAPI:
    """The pages of a workspace for who brings `token`, asked for at 127.0.0.1 on `port`.

    `debug` lets errors of ours through, with tracebacks that may hold personal data.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.site = Site(workspace, Door(port, token))
    for one in ROUTERS:
        app.include_router(one)
    app.add_exception_handler(UnlearnkitError, _trouble)
    app.add_exception_handler(StarletteHTTPException, _refusal)
    app.add_exception_handler(RequestValidationError, _refusal)

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            site_of(request).door.check(request)
            response = await answer(request)
        except HTTPException as refusal:
            response = _refusal(request, refusal)
        except Exception as error:
            if debug:
                raise
            response = _internal(request, error)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app


@router.get(ENTRANCE)
def enter(here: Here, request: Request) -> Response:
    """Exchange the token for the session's cookie."""
    if not same(request.query_params.get("token", ""), here.door.token):
        raise HTTPException(401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(here.door.cookie, here.door.session, httponly=True, samesite="strict")
    return answer


@router.get("/static/{name}")
def static(name: str) -> Response:
    """A style sheet, or the script that listens to keys."""
    if name not in STATIC:
        raise HTTPException(404)
    file, kind = STATIC[name]
    return Response(resources.find("templates", file).read_bytes(), media_type=kind)


def _trouble(request: Request, error: Exception) -> Response:
    """One of our own errors, in the words that the terminal has for it."""
    assert isinstance(error, UnlearnkitError)
    return site_of(request).page(
        "refused", STATUS.get(type(error), 400), what=str(error), fix=error.fix
    )


def _refusal(request: Request, error: Exception) -> Response:
    """A request that is not answered; a path that does not fit is a page that is not there."""
    status = error.status_code if isinstance(error, StarletteHTTPException) else 404
    what, fix = WORDS.get(status, WORDS[404])
    return site_of(request).page("refused", status, what=what, fix=fix)


def _internal(request: Request, error: Exception) -> Response:
    """A bug of ours: where, but none of its words, which may hold personal data."""
    return site_of(request).page(
        "refused",
        500,
        what=f"Internal error: {type(error).__name__} at {place_of(error)}",
        fix="Nothing is half-written. Start the server with `unlearnkit --debug serve`, try it "
        "again, and report what it prints, without personal data.",
    )
