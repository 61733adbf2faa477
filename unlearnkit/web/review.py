"""The review: one match after the other, its evidence marked, a key an answer."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse

from unlearnkit.errors import BadInput
from unlearnkit.pipeline.ledger import reading, working
from unlearnkit.pipeline.review import Sheet, answer, question, sheet
from unlearnkit.web.highlights import pieces
from unlearnkit.web.pages import Form, Here, request_of

KEYS = {"accept": "a", "spans": "p", "reject": "r"}
"""As in the terminal's review."""
router = APIRouter()


@router.get("/requests/{request_id}/matches/{number}")
def asked(here: Here, request_id: str, number: int) -> HTMLResponse:
    """A match with its record: the one page that shows a record's text."""
    with reading(here.workspace) as context:
        found = sheet(context, request_of(context, request_id))
        if found.match(number) is None:
            raise HTTPException(404)
        one = question(found, number, here.cache.records(context, found))
    return here.page(
        "review",
        request=found.request,
        found=found,
        number=number,
        question=one,
        pieces=list(pieces(one)),
        keys=KEYS,
        onward=_onward(found, number),
        back=found.decided_before(number),
    )


@router.post("/requests/{request_id}/matches/{number}")
def answered(here: Here, request_id: str, number: int, form: Form) -> RedirectResponse:
    """Keep the answer under the workspace's lock, as `review` does, and go on."""
    with working(here.workspace) as context:
        found = sheet(context, request_of(context, request_id))
        if form.get("found") != found.digest:
            raise BadInput(
                "the records were searched for again since this page was made; nothing was kept",
                fix="Open the request again, and look at its matches as they are now.",
            )
        records = here.cache.records(context, found)
        after = answer(context, found, number, form.get("answer", ""), records)
    return RedirectResponse(_onward(after, number), 303)


def _onward(found: Sheet, number: int) -> str:
    """The next match that waits, or the request's page where that was the last."""
    place = f"/requests/{found.request.id}"
    following = found.left_after(number)
    return place if following is None else f"{place}/matches/{following}"
