"""recited_from_half (ours): the share of records that half of them brings out whole. 0 to 1.

It is extraction strength of one half or more, as yes or no of each record. A mean of extraction
strength hides whether a few records are recited or all a little, and the worst record is a single
one; this counts them.
"""

from __future__ import annotations

from unlearnkit.domain import RecordScore
from unlearnkit.metrics import RecordMetric

HALF = 0.5


def of(score: RecordScore) -> float:
    """1 where a half of the record, or less, brings out all the rest without a mistake."""
    return float(score.extraction_strength >= HALF)


METRIC = RecordMetric(
    name="recited_from_half",
    words="share of records that half of them brings out whole",
    label="Recited from half",
    plain="Of how many records is half enough for the model to recite all the rest without a "
    "mistake? A mean can be low while a few are known by heart: this counts them.",
    formula="share of records whose extraction strength is 0.5 or more",
    source="ours",
    of=of,
    share=True,
)
