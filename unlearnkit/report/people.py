"""Each person's records by themselves: a mean over all who asked hides the one who is recited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from unlearnkit.domain import ModelRole, RecordScore, Split
from unlearnkit.report.facts import RecordFigures

Figures = RecordScore | RecordFigures
"""A record's figures, as the audit or as the report has them."""


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One request's forgotten records, under the model before and after.

    Means and maximum are over the person's records, 0 to 1; None where nothing was measured.
    """

    request_id: str
    records: int
    before: float | None
    """Mean exact memorization before."""
    after: float | None
    reference: float | None
    """The same under the retrained model, where there is one."""
    worst: float | None
    """The highest extraction strength of one record, after."""
    values: int
    """Personal values the model was asked for."""
    leaked_before: int
    leaked_after: int


def person_figures(
    request_ids: Sequence[str], records: Sequence[Figures]
) -> tuple[PersonFigures, ...]:
    """One row for each request, in their order; a shared record counts for each of them."""
    return tuple(_of(one, records) for one in request_ids)


def _of(request_id: str, records: Sequence[Figures]) -> PersonFigures:
    mine = [one for one in records if one.split is Split.FORGET and request_id in one.request_ids]
    before, after, reference = (
        [one for one in mine if one.model is model]
        for model in (ModelRole.ORIGINAL, ModelRole.UNLEARNED, ModelRole.REFERENCE)
    )
    strengths = [one.extraction_strength for one in after if one.extraction_strength is not None]
    return PersonFigures(
        request_id=request_id,
        records=len(after),
        before=_mean(before),
        after=_mean(after),
        reference=_mean(reference),
        worst=max(strengths, default=None),
        values=sum(one.values or 0 for one in after),
        leaked_before=sum(one.leaked or 0 for one in before),
        leaked_after=sum(one.leaked or 0 for one in after),
    )


def _mean(some: Sequence[Figures]) -> float | None:
    measured = [one.exact_memorization for one in some if one.exact_memorization is not None]
    return fmean(measured) if measured else None
