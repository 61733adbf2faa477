"""Figures of the logit lens: the mean, over the values, of the share of a value's tokens.

Candidates of every layer as in Patil et al. 2024 (arXiv 2309.17410, section 4); the shares are
ours, without a unit.

- logit_lens_1, logit_lens_10: share of tokens that are the first choice, or among the first ten,
  of one layer or more. 0 to 1.
- logit_lens_output_1, logit_lens_output_10: the same share of the last layer, which is what the
  model says. 0 to 1, never above the former. What the layers know beyond the output is the
  distance.

Some tokens of a value are easy, given those before them, and with ten candidates of every layer
some come by chance: what forgetting is measured by is never-seen values under the same model.
Intervals resample people, or of too few people records (`people.py`), whose values come out
together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from unlearnkit.audit.people import OfWhom
from unlearnkit.audit.summary import mean_of_values
from unlearnkit.domain import COMPARED_SPLITS, LensDepths, LensScore, Measurement, ModelRole

NO_VALUES = "no personal value with something before it was found in these records"

COUNTS: Mapping[str, Callable[[LensScore], int]] = {
    "logit_lens_1": lambda one: one.first_somewhere,
    "logit_lens_10": lambda one: one.ten_somewhere,
    "logit_lens_output_1": lambda one: one.first[-1],
    "logit_lens_output_10": lambda one: one.ten[-1],
}


def lens_measurements(
    scores: Sequence[LensScore],
    models: Sequence[ModelRole],
    why: Mapping[ModelRole, str],
    seed: int,
    of_whom: OfWhom | None = None,
) -> list[Measurement]:
    """Every figure of every model, or why there is none: `why` where its layers were not read."""
    found = []
    for model in models:
        for split in COMPARED_SPLITS:
            rows = [one for one in scores if (one.model, one.split) == (model, split)]
            missing = why.get(model) or NO_VALUES
            for metric, count in COUNTS.items():
                shares = [(one.record_id, count(one) / one.tokens) for one in rows]
                given = (metric, split, model, shares)
                found.append(mean_of_values(*given, seed=seed, missing=missing, of_whom=of_whom))
    return found


def lens_depths(scores: Sequence[LensScore]) -> tuple[LensDepths, ...]:
    """Layer by layer, for each model and split that has values."""
    found = []
    for model, split in sorted({(one.model, one.split) for one in scores}):
        rows = [one for one in scores if (one.model, one.split) == (model, split)]
        layers = range(len(rows[0].first))
        found.append(
            LensDepths(
                split=split,
                model=model,
                n=len(rows),
                tokens=sum(one.tokens for one in rows),
                first=tuple(fmean(one.first[at] / one.tokens for one in rows) for at in layers),
                ten=tuple(fmean(one.ten[at] / one.tokens for one in rows) for at in layers),
            )
        )
    return tuple(found)
