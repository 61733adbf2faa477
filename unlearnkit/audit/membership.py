"""Membership inference on one record: scores that are higher the more a model looks trained on it.

With l_i = log p(token i | what precedes it), in nats, over the record's T counted tokens:

- loss: mean of l_i (Yeom et al. 2018, arXiv 1709.01604);
- zlib: loss over the bytes of the text after zlib (Carlini et al. 2021, arXiv 2012.07805);
- min_k: mean of the lowest 20 % of l_i (Shi et al. 2024, arXiv 2310.16789);
- min_k_plus_plus: the same of (l_i - m_i) / s_i, m_i and s_i the mean and the standard deviation of
  log p over the vocabulary under p itself (Zhang et al. 2025, arXiv 2404.02936).

loss and min_k are nats a token, zlib nats a token and byte, none above 0; min_k_plus_plus is in
standard deviations and may be any number. `roc.py` makes figures of many records.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unlearnkit.domain import MembershipScores
from unlearnkit.language_model.head import Head, parts
from unlearnkit.language_model.recall import figures_at

if TYPE_CHECKING:
    from torch import Tensor

SHARE = 0.2
"""Of the tokens that Min-K% looks at; the papers try 10 to 50 % and report 20 %."""
LEAST_DEVIATION = 1e-6
"""Nats; a distribution that is all on one token has none, and would divide by zero."""


def standardised_at(logits: Tensor, labels: Tensor) -> list[float]:
    """(log p(label) - m) / s at every position; `logits` (positions, vocab), `labels` (positions,).

    m and s are the mean and the standard deviation of log p(v) over v drawn from p.
    """
    log_p = logits.log_softmax(-1)
    p = log_p.exp()
    own = log_p.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    # A token that cannot come has no part in the mean, however far below its logarithm lies.
    log_p = log_p.masked_fill(p == 0, 0.0)
    mean = (p * log_p).sum(-1)
    deviation = (p * (log_p - mean.unsqueeze(-1)).square()).sum(-1).sqrt()
    found: list[float] = ((own - mean) / deviation.clamp(min=LEAST_DEVIATION)).tolist()
    return found


def attacked_tokens(
    labels: Tensor, hidden: Tensor, head: Head
) -> tuple[list[bool], list[float], list[float]]:
    """Hits, losses in nats and standardised log-probabilities of positions, a chunk at a time."""
    hits: list[bool] = []
    losses: list[float] = []
    standardised: list[float] = []
    for part in parts(len(labels), head.vocabulary(hidden)):
        logits = head.logits(hidden[part])
        more = figures_at(logits, labels[part])
        hits += more[0]
        losses += more[1]
        standardised += standardised_at(logits, labels[part])
    return hits, losses, standardised


def lowest(values: Sequence[float]) -> float:
    """Mean of the lowest 20 %, of at least one."""
    count = max(1, int(SHARE * len(values)))
    return math.fsum(sorted(values)[:count]) / count


def membership_scores(
    text: str, losses: Sequence[float], standardised: Sequence[float]
) -> MembershipScores:
    """The scores of a record from its text and its tokens' losses (nats) and standardised ones."""
    gained = [-one for one in losses]
    mean = math.fsum(gained) / len(gained)
    return MembershipScores(
        loss=mean,
        zlib=mean / len(zlib.compress(text.encode())),
        min_k=lowest(gained),
        min_k_plus_plus=lowest(standardised),
    )
