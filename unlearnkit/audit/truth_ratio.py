"""Truth ratio: whether the model prefers the true content over content of the same form.

R = exp(-mean_i l(perturbed_i)) / exp(-l(paraphrase)), l the mean token negative log-likelihood in
nats (TOFU, Maini et al. 2024, section 2.2.2; geometric mean over perturbed answers, as in its
code). Without a paraphrase in the data the record's own text stands in; without perturbed answers,
decoys.

Range 0 to infinity, without a unit. Near 0: the true content is preferred, so it is known. About 1:
no preference. Far above 1: the true content is avoided, which points at it too. The audit's
`truth_ratio` of a split is the mean of min(R, 1/R), 0 to 1 (TOFU's aggregate on the forget set).
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def truth_ratio(truth_loss: float, perturbed_losses: Sequence[float]) -> float:
    """R of one record from the mean token losses, in nats. Raises ValueError without perturbed."""
    if not perturbed_losses:
        raise ValueError("a truth ratio needs at least one perturbed text")
    return math.exp(truth_loss - sum(perturbed_losses) / len(perturbed_losses))


def closeness(ratio: float) -> float:
    """min(R, 1/R), in 0 to 1: TOFU's aggregate on the forget set; 1 is no preference either way.

    NaN of NaN.
    """
    if math.isnan(ratio):
        return ratio
    return min(ratio, 1 / ratio) if ratio > 0 else 0.0
