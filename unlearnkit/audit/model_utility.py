"""Model utility on the retained records: what is left of answering, in one figure.

The harmonic mean of the means of probability, ROUGE-L recall and max(0, 1 - R), R the truth ratio
(TOFU, Maini et al. 2024, arXiv 2401.06121, section 2.2.1). 0 to 1, without a unit. TOFU's also has
real authors and world facts; here it is over the user's own retained records, those that the model
continues and that have perturbed texts or decoys.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, harmonic_mean

from unlearnkit.audit.intervals import of_draws, weights
from unlearnkit.audit.people import OfWhom, units
from unlearnkit.domain import Measurement, ModelRole, RecordScore, Split

METRIC = "model_utility"
NO_PARTS = "no retained record here has perturbed texts or decoys, and a continuation"
NOT_FINITE = "a figure of a record is not a finite number"

Parts = tuple[float, float, float]
"""Probability, ROUGE-L recall and truth ratio R of one record."""


def utility(parts: Sequence[Parts]) -> float:
    """The figure of some records, at least one."""
    probability, rouge, ratio = zip(*parts, strict=True)
    known = fmean(max(0.0, 1 - one) for one in ratio)
    return harmonic_mean([fmean(probability), fmean(rouge), known])


def parts_of(score: RecordScore) -> Parts | None:
    """The three parts of a record; None where one of them was not measured."""
    rouge = score.generated.rouge_l if score.generated else None
    if rouge is None or score.truth_ratio is None:
        return None
    return score.probability, rouge, score.truth_ratio


def model_utilities(
    scores: Sequence[RecordScore], seed: int, of_whom: OfWhom | None = None
) -> list[Measurement]:
    """Each model's utility with a 95 % interval where it has one, or why it was not measured."""
    models = sorted({one.model for one in scores if one.split is Split.RETAIN})
    return [_measured(model, scores, seed, of_whom or {}) for model in models]


def _measured(
    model: ModelRole, scores: Sequence[RecordScore], seed: int, of_whom: OfWhom
) -> Measurement:
    retained = [one for one in scores if (one.model, one.split) == (model, Split.RETAIN)]
    parts_by_id = {one.record_id: found for one in retained if (found := parts_of(one)) is not None}
    parts = list(parts_by_id.values())
    figure = Measurement(metric=METRIC, split=Split.RETAIN, model=model, value=None, n=len(parts))
    if not parts:
        return figure.model_copy(update={"not_measured": NO_PARTS})
    if not all(math.isfinite(part) for of_record in parts for part in of_record):
        return figure.model_copy(update={"not_measured": NOT_FINITE})
    people = units(parts_by_id, of_whom.get(Split.RETAIN))
    resamples = weights(len(parts), seed, people)
    sums = resamples @ [
        (likelihood, rouge, max(0.0, 1 - ratio)) for likelihood, rouge, ratio in parts
    ]
    drawn = [harmonic_mean(means) for means in sums / resamples.sum(1, keepdims=True)]
    low, high = of_draws(drawn, len(people)) or (None, None)
    measured = {"value": utility(parts), "low": low, "high": high, "people": people.people}
    return figure.model_copy(update=measured)
