"""Who is let in: a browser on this machine that brings the token, and asks for this very page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from fastapi import HTTPException, Request

COOKIE = "unlearnkit"
HTTP = 80
"""The port that browsers leave out."""
SAFE = ("GET", "HEAD")
ENTRANCE = "/enter"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""A report has its style within it, may be of the user's own template, and runs no script."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer, also of an error."""


def same(given: str, wanted: str) -> bool:
    """Whether they are equal, in a time that does not tell how much of them is."""
    return secrets.compare_digest(given.encode(), wanted.encode())


def _fresh() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Door:
    """The secrets of one start of the server: 256 random bits each, kept in memory only."""

    port: int
    token: str = field(repr=False)
    session: str = field(default_factory=_fresh, repr=False)
    """What the token is exchanged for; the cookie."""
    csrf: str = field(default_factory=_fresh, repr=False)
    """Stands in every form."""

    @property
    def cookie(self) -> str:
        """The cookie's name, with the port, for cookies are not kept apart by it."""
        return f"{COOKIE}-{self.port}"

    def check(self, request: Request) -> None:
        """Raise HTTPException unless the request may be answered.

        400: for another host, as when a name elsewhere is made to point here (DNS rebinding).
        403: a change that comes from another site. 401: nobody who was let in.
        """
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts():
            raise HTTPException(400)
        if request.method not in SAFE and not _from_here(request, hosts[0]):
            raise HTTPException(403)
        known = same(request.cookies.get(self.cookie, ""), self.session)
        if not known and request.url.path != ENTRANCE:
            raise HTTPException(401)

    def _hosts(self) -> tuple[str, ...]:
        names = "127.0.0.1", "localhost"
        with_port = tuple(f"{name}:{self.port}" for name in names)
        return with_port if self.port != HTTP else (*with_port, *names)


def _from_here(request: Request, host: str) -> bool:
    """Whether the browser says that one of our own pages sent this (Fetch Metadata).

    One that is too old to say so has to name us as the origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin", "").lower() == f"http://{host.lower()}"
