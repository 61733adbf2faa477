"""From templates/web to an answer, and what every page and every form needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse
from jinja2.sandbox import SandboxedEnvironment

from unlearnkit import domain, resources
from unlearnkit.domain import Record
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.review import Sheet, answer_of, matched_records
from unlearnkit.web.door import Door, same
from unlearnkit.workspace import who

LONGEST = 4096
"""Bytes of a form: ours have some 300."""


@dataclass(slots=True)
class RecordCache:
    """The records of the request that is being reviewed, so that the corpus is read once for it.

    Of one request at a time, in memory only.
    """

    _of: str = ""
    _records: Mapping[str, Record] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock)

    def records(self, context: Context, sheet: Sheet) -> Mapping[str, Record]:
        """The records of a request's matches, by id. Raises what `matched_records` raises."""
        with self._lock:
            if self._of != sheet.digest:
                self._of, self._records = "", {}
                self._records = matched_records(context, sheet)
                self._of = sheet.digest
            return self._records


def _templates() -> SandboxedEnvironment:
    made = resources.environment()
    made.filters["day"] = lambda moment: f"{moment:%Y-%m-%d}"
    made.filters["answer"] = answer_of
    made.filters["minute"] = lambda moment: f"{moment:%Y-%m-%d %H:%M}"
    return made


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages of one server share."""

    workspace: Path
    door: Door
    templates: SandboxedEnvironment = field(default_factory=_templates)
    cache: RecordCache = field(default_factory=RecordCache)

    def page(self, name: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """The page made of templates/web/`name`.html.j2; always the one that ships."""
        template = self.templates.get_template(f"web/{name}.html.j2")
        return HTMLResponse(template.render(csrf=self.door.csrf, actor=who(), **shown), status)


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that stood on one of our pages.

    Raises HTTPException: 413 where it is too long, 403 where it does not hold our secret.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST:
            raise HTTPException(413)
    fields = dict(parse_qsl(body.decode("utf-8", "replace")))
    if not same(fields.get("csrf", ""), site_of(request).door.csrf):
        raise HTTPException(403)
    return fields


Here = Annotated[Site, Depends(site_of)]
Form = Annotated[dict[str, str], Depends(form_of)]


def request_of(context: Context, request_id: str) -> domain.Request:
    """The request with this whole id. Raises HTTPException 404 where there is none."""
    for one in context.ledger.requests():
        if one.id == request_id:
            return one
    raise HTTPException(404)
