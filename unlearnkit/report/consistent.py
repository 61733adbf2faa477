"""Whether a report agrees with itself: what it says twice has to be the same both times.

A signature says who claims it, and not that it can be true.
"""

from __future__ import annotations

from collections.abc import Iterator

from unlearnkit.counted import counted
from unlearnkit.report.claim import Claim
from unlearnkit.report.facts import Report

WHAT = "report.json agrees with itself"


def consistent(report: Report) -> Claim:
    """One claim; of what a report of an earlier version does not say twice nothing is asked."""
    told = list(_contradictions(report))
    return Claim(WHAT, not told, "; ".join(told) or "sets, counts and objective")


def _contradictions(report: Report) -> Iterator[str]:
    counts: dict[str, int] = {one.name: one.count for one in report.sets}
    for name, count in (("forget", report.forget_count), ("retain", report.retain_count)):
        if counts.get(name, count) != count:
            listed = counts[name]
            yield f"report.json has {counted(count, 'record')} to {name}, its sets have {listed}"
    objective = report.settings.get("objective", report.objective)
    if objective != report.objective:
        yield f"report.json names the objective {report.objective!r}, its settings {objective!r}"
    of_requests = [one.records for one in report.requests]
    if of_requests and not max(of_requests) <= report.forget_count <= sum(of_requests):
        told, all_told = counted(report.forget_count, "record"), sum(of_requests)
        yield f"report.json has {told} to forget, its requests have {all_told}"
