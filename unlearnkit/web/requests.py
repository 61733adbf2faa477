"""The list of requests with the statutory clock, and what happened to each."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from unlearnkit.domain import Certainty
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.ledger import reading
from unlearnkit.pipeline.requests import OPEN, history, is_open, open_first, time_left
from unlearnkit.pipeline.review import sheet
from unlearnkit.web.pages import Here, request_of

CLASSES = {
    Certainty.CERTAIN: "certain",
    Certainty.UNCERTAIN: "review",
    Certainty.RELATED: "review: related",
}
"""As `locate` calls them."""
router = APIRouter()


@router.get("/")
def listed(here: Here) -> HTMLResponse:
    """As `request list` has it: what is due first comes first."""
    with reading(here.workspace) as context:
        requests = open_first(context.ledger.requests())
        rows = [(one, is_open(one), time_left(one, context.now())) for one in requests]
    return here.page("requests", rows=rows)


@router.get("/requests/{request_id}")
def shown(here: Here, request_id: str) -> HTMLResponse:
    """As `request show` and `locate` have it; no record's text."""
    with reading(here.workspace) as context:
        request = request_of(context, request_id)
        events = history(context, request)
        left = time_left(request, context.now())
        try:
            found, trouble = sheet(context, request), None
        except BadInput as error:
            found, trouble = None, error
    return here.page(
        "request",
        request=request,
        left=left,
        events=events,
        found=found,
        trouble=trouble,
        classes=CLASSES,
        may_review=request.verified and request.state in OPEN,
    )
