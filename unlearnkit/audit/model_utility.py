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
    own = [one for one in scores if (one.model, one.split) == (model, Split.RETAIN)]
    known = {one.record_id: found for one in own if (found := parts_of(one)) is not None}
    parts = list(known.values())
    told = Measurement(metric=METRIC, split=Split.RETAIN, model=model, value=None, n=len(parts))
    if not parts:
        return told.model_copy(update={"not_measured": NO_PARTS})
    if not all(math.isfinite(one) for row in parts for one in row):
        return told.model_copy(update={"not_measured": NOT_FINITE})
    drawn = units(known, of_whom.get(Split.RETAIN))
    again = weights(len(parts), seed, drawn)
    means = again @ [(one, rouge, max(0.0, 1 - ratio)) for one, rouge, ratio in parts]
    drawn_again = [harmonic_mean(row) for row in means / again.sum(1, keepdims=True)]
    low, high = of_draws(drawn_again, len(drawn)) or (None, None)
    figure = {"value": utility(parts), "low": low, "high": high, "people": drawn.people}
    return told.model_copy(update=figure)
