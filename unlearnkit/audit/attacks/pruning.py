"""Magnitude pruning: the smallest 30 % of each matrix become zero (Han et al. 2015, 1506.02626).

Unstructured, one matrix at a time, without training afterwards; torch's own implementation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SHARE = 0.3


def pruned(weight: Tensor) -> Tensor:
    """The weights, those nearest to zero set to zero: SHARE of them."""
    from torch.nn.utils.prune import L1Unstructured

    found: Tensor = L1Unstructured(amount=SHARE).prune(weight)  # type: ignore[no-untyped-call]
    return found
