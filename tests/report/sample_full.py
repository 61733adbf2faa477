"""The sample's audit with everything an audit can hold, so that every section has its rows."""

from __future__ import annotations

import random

from tests.report import sample
from tests.report.test_attacks import attacked, cost, measurement
from unlearnkit.domain import (
    CONDITIONS,
    AuditResult,
    GeneratedScores,
    Measurement,
    ModelRole,
    RecordScore,
    Split,
    UtilityText,
)

TASK = "lm_eval/mmlu_high_school_european_history_generative/exact_match,strict-match"
"""The harness has names as long as this."""
ROLES = (ModelRole.ORIGINAL, ModelRole.UNLEARNED, ModelRole.REFERENCE)


def full() -> AuditResult:
    """Attacks of every kind, curves, continuations, the operator's text and tasks."""
    audit, draw = attacked(), random.Random(23)
    more = [
        measurement(under, split, role, draw.random())
        for under in CONDITIONS
        if under not in ("int4", "relearned_10pct")
        for split in (Split.FORGET, Split.HOLDOUT)
        for role in ROLES
    ]
    more += [
        _figure(metric, split, role, draw.random())
        for metric in ("rouge_l", "repetition", "degenerate")
        for split in sample.SIZES
        for role in ROLES
    ]
    for role, away in zip(ROLES, (0.0, 0.4, 0.1), strict=True):
        more.append(_figure("perplexity", Split.UTILITY, role, 12.5 + away))
        more.append(_figure("model_utility", Split.RETAIN, role, 0.71 - away / 10))
        more += [
            _figure(name, Split.TASKS, role, 0.5 - away / 10) for name in (TASK, "lm_eval/a/acc")
        ]
    costs = [cost(under, role, steps=12) for under in CONDITIONS for role in ROLES]
    return audit.model_copy(
        update={
            "measurements": (*audit.measurements, *more),
            "attacks": tuple(costs),
            "records": tuple(_continued(one, draw) for one in audit.records),
            "utility_text": UtilityText(
                digest="7c" * 32, windows=40, tokens=20_000, window_length=512
            ),
        }
    )


def _figure(metric: str, split: Split, role: ModelRole, value: float) -> Measurement:
    return Measurement(
        metric=metric, split=split, model=role, value=value, n=40, low=value * 0.9, high=value * 1.1
    )


def _continued(one: RecordScore, draw: random.Random) -> RecordScore:
    made = GeneratedScores(rouge_l=draw.random(), repetition=draw.random() / 5, degenerate=0.0)
    return one.model_copy(update={"generated": made})
