"""The finished runs, pass by pass, and their reports."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import HTMLResponse

from unlearnkit.domain import Outcome
from unlearnkit.errors import VerificationFailed
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.ledger import reading
from unlearnkit.pipeline.past_runs import PastRun, own_report, passes_of, past_runs
from unlearnkit.pipeline.runs import unfinished_runs
from unlearnkit.web.door import REPORT_POLICY
from unlearnkit.web.pages import Here

VERDICTS = {Outcome.PASS: "passed", Outcome.FAIL: "failed", Outcome.CANNOT_TELL: "cannot tell"}
router = APIRouter()


@router.get("/runs")
def listed(here: Here) -> HTMLResponse:
    """The finished ones, the newest first, and how many are not."""
    with reading(here.workspace) as context:
        runs = past_runs(context)
        unfinished = unfinished_runs(context.workspace)
    return here.page("runs", runs=runs, unfinished=unfinished, verdicts=VERDICTS)


@router.get("/runs/{run_id}")
def shown(here: Here, run_id: str) -> HTMLResponse:
    """One run: its passes as a plot, and its report once that holds."""
    with reading(here.workspace) as context:
        past = _run(context, run_id)
        try:
            report, trouble = own_report(context, past.run), ""
        except VerificationFailed as error:
            report, trouble = None, str(error)
        plot = passes_of(past)
    return here.page("run", past=past, plot=plot, report=report, trouble=trouble, verdicts=VERDICTS)


@router.get("/runs/{run_id}/report.html")
def report(here: Here, run_id: str, download: bool = False) -> Response:
    """The signed page as it is, checked now; to look at, or to keep."""
    with reading(here.workspace) as context:
        past = _run(context, run_id)
        found = own_report(context, past.run)
    if found is None:
        raise HTTPException(404)
    name = f'filename="{past.run.id}-report.html"'
    how = f"attachment; {name}" if download else f"inline; {name}"
    headers = {"Content-Security-Policy": REPORT_POLICY, "Content-Disposition": how}
    return Response(found.page, media_type="text/html", headers=headers)


def _run(context: Context, run_id: str) -> PastRun:
    for one in past_runs(context):
        if one.run.id == run_id:
            return one
    raise HTTPException(404)
