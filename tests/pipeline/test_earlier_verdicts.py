"""A report lists the other verdicts that its run was reported with before."""

from __future__ import annotations

import pytest

from unlearnkit.domain import EventKind, Outcome, Verdict
from unlearnkit.ledger.chain import Event, next_event
from unlearnkit.pipeline.earlier_verdicts import earlier_verdicts

RUN, DIGEST, OTHER = "run-1", "a" * 64, "b" * 64


def reported(outcome: str, run: str = RUN, **policy: str) -> Event:
    return next_event(
        None,
        time="2026-11-01T00:00:00+00:00",
        actor="dpo",
        kind=EventKind.REPORTED.value,
        request_id=None,
        payload={"run_id": run, "outcome": outcome, **policy},
    )


@pytest.mark.parametrize(
    ("event", "listed"),
    [
        (reported("pass", policy="default", policy_digest=DIGEST), False),
        (reported("pass", policy="default"), False),  # of an earlier version: by its name
        (reported("pass", policy="lax"), True),
        (reported("fail", policy="default"), True),
        (reported("pass"), True),  # nobody knows by which
        (reported("pass", policy="default", policy_digest=OTHER), True),  # it was changed since
        (reported("fail", "run-2", policy="default", policy_digest=DIGEST), False),
    ],
)
def test_the_same_verdict_by_the_same_policy_is_not_listed(event: Event, listed: bool) -> None:
    now = Verdict(policy="default", policy_digest=DIGEST, outcome=Outcome.PASS, checks=())
    assert bool(earlier_verdicts([event, event], RUN, now)) is listed
    assert len(earlier_verdicts([event, event], RUN, now)) <= 1
