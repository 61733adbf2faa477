"""A policy may only name figures that an audit measures, or says why it does not."""

from __future__ import annotations

from itertools import product

from pydantic import ValidationError

from tests.company import Line
from unlearnkit.artefacts import load
from unlearnkit.domain import AuditResult, Split
from unlearnkit.policy.schema import BY_PROBES, METRICS, Rule


def allowed(metric: str, split: Split) -> bool:
    """Whether any rule may be on this figure."""
    return any(
        _is_rule(metric, split, {"to": to, "at_most": 0.1})
        for to in ("absolute", "original", "holdout", "reference")
    )


def _is_rule(metric: str, split: Split, compare: dict[str, object]) -> bool:
    fields = {"id": "one", "metric": metric, "split": split, "explanation": "why"}
    try:
        Rule.model_validate(fields | {"compare": compare})
    except ValidationError:
        return False
    return True


def test_every_figure_a_rule_may_name_is_in_an_audit_with_its_value_or_its_reason(
    line: Line,
) -> None:
    audit = load(line.workspace / "runs" / line.run_id / "audit.json", AuditResult)
    told = {(one.metric, one.split) for one in audit.measurements}
    named = {(metric, split) for metric, split in product(METRICS, Split) if allowed(metric, split)}
    by_probes = {(metric, Split.FORGET) for metric in BY_PROBES}  # `gate --probes` measures them
    named = {one for one in named if one[1] is not Split.REST}  # nothing was forgotten in part
    assert named - told == {("perplexity", Split.UTILITY), *by_probes}  # no text was given
    assert told <= named
