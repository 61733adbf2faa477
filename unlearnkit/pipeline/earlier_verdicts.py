"""What a run was reported with before: who tries policies until one passes is seen to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from unlearnkit.domain import EventKind, Outcome, Verdict
from unlearnkit.ledger.chain import Event
from unlearnkit.report.facts import EarlierVerdict


def earlier_verdicts(events: Iterable[Event], run_id: str, now: Verdict) -> list[EarlierVerdict]:
    """Of the run's earlier reports, each once, but for those that say what this one does.

    Earlier versions told no digest of the policy: then its name says which one it was.
    """
    told: dict[tuple[str, str], EarlierVerdict] = {}
    for one in events:
        if one.kind == EventKind.REPORTED and one.payload.get("run_id") == run_id:
            digest, outcome = str(one.payload.get("policy_digest", "")), one.payload["outcome"]
            verdict = EarlierVerdict(
                at=datetime.fromisoformat(one.time),
                policy=str(one.payload.get("policy", "")),
                policy_digest=digest,
                outcome=Outcome(outcome),
            )
            told.setdefault((digest or verdict.policy, outcome), verdict)
    for policy in (now.policy_digest, now.policy):
        told.pop((policy, now.outcome.value), None)
    return list(told.values())
