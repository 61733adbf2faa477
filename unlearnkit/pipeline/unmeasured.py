"""Whom a gate did not measure: it takes the records of one run, and other runs forgot too."""

from __future__ import annotations

from unlearnkit.counted import counted, noun
from unlearnkit.domain import Check, Outcome, RequestState
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.probe_asking import concerned
from unlearnkit.pipeline.runs import Run, finished_runs

RULE = "everybody-forgotten-is-measured"
"""The name of a gate's check that is no rule of the policy: whose records were not measured."""
RULE_SAYS = "the model is measured on the records of everybody whom a run forgot"


def as_check(context: Context, run: Run, *, named: bool) -> Check | None:
    """One more rule of a gate on this run, which cannot tell; None where nobody else was forgotten.

    It only warns where somebody `named` the run, who may gate the others by themselves.
    """
    others = _others(context, run)
    if not others:
        return None
    count = len(others)
    runs = sorted({one for one in others.values() if one})
    lost = sum(not one for one in others.values())
    explanation = f"Only the records of {run.id} were measured."
    if runs:
        explanation += f" Gate the others by themselves, with --run: {', '.join(runs)};"
        explanation += " or ask for everybody whose request is completed, with --probes."
    if lost:
        explanation += f" Of {counted(lost, 'request')} the run is not in this workspace any more."
    return Check(
        rule=RULE,
        outcome=Outcome.CANNOT_TELL,
        severity="warn" if named else "fail",
        observed=float(count),
        bound=f"{count} > 0 {noun(count, 'request', 'requests')} of other runs not measured",
        explanation=explanation,
    )


def _others(context: Context, run: Run) -> dict[str, str]:
    """Requests that are unlearned or completed and not the run's -> their newest run, if any."""
    finished = finished_runs(context.workspace)
    forgotten = {
        one.id
        for state in (RequestState.UNLEARNED, RequestState.COMPLETED)
        for one in context.ledger.requests(state)
    }
    known = concerned(forgotten, [one.manifest.forget_set for one in finished])
    newest = {request_id: one.id for one in finished for request_id in one.manifest.requests}
    return {one: newest.get(one, "") for one in known - set(run.manifest.requests)}
