"""Forget quality: whether truth ratios can be told from the retrained reference's.

The p-value of the two-sample Kolmogorov-Smirnov test on the forget records' truth ratios: of D =
sup |F - G|, F and G the two models' distribution functions of R (TOFU, Maini et al. 2024, arXiv
2401.06121, section 2.2.3). Range 0 to 1, without a unit; 1: alike. It depends on n and is no proof
of equivalence: with few records a model that still recites may pass, so no verdict rests on it
alone.
"""

from __future__ import annotations

from collections.abc import Sequence


def forget_quality(unlearned: Sequence[float], reference: Sequence[float]) -> float:
    """p-value of the two-sided, two-sample KS test of the two sets of truth ratios."""
    from scipy.stats import ks_2samp

    return float(ks_2samp(unlearned, reference).pvalue)
