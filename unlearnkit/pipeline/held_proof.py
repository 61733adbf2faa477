"""What stays of a request as proof that it was answered: its record in the ledger, its reports.

Neither names anybody, but a keyed pseudonym is about a person all the same (GDPR, recital 26).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from unlearnkit.domain import HeldAs, Holding, Request
from unlearnkit.pipeline.runs import Run

RECORD = "ledger: requests, events"


def recorded(requests: Iterable[Request]) -> Iterator[Holding]:
    """What the ledger keeps of each request for good."""
    for one in requests:
        yield Holding(
            what="the request and what happened to it",
            where=RECORD,
            requests=(one.id,),
            held_as=HeldAs.HASHES,
            count=1,
            since=one.received,
            why="proof that it was answered (GDPR Art. 5(2)): a keyed pseudonym, dates, what "
            "operators wrote",
            until="stays: a ledger has no way to take it out",
        )


def reported(run: Run, below: str) -> Iterator[Holding]:
    """The run's report and letters, where they lie in its folder; `below` names that."""
    attestation = run.report / "attestation.json"
    if attestation.is_file():
        yield Holding(
            what="report, and letters to those who asked",
            where=below,
            requests=run.manifest.requests,
            held_as=HeldAs.HASHES,
            count=sum(one.is_file() for one in run.report.rglob("*")),
            since=datetime.fromtimestamp(attestation.stat().st_mtime, UTC),
            why="proof for others: keyed pseudonyms, requests' numbers, figures of records",
            until="stays until you delete it",
        )
