"""token_loss: mean negative log-likelihood of a record's counted tokens, in nats. 0 to infinity.

The logarithm of perplexity (Jelinek et al. 1977), record by record. Probability, exp(-loss), hides
what happens to records that are unlikely anyway: 0.05 and 0.0001 hardly differ, three nats and nine
do. So damage to what the model can do with records it never saw shows here first.
"""

from __future__ import annotations

from unlearnkit.domain import RecordScore
from unlearnkit.metrics import RecordMetric


def of(score: RecordScore) -> float | None:
    """Nats a token; none in audits by versions that did not measure membership inference."""
    return None if score.membership is None else -score.membership.loss


METRIC = RecordMetric(
    name="token_loss",
    words="loss on the record's own words, in nats a token",
    label="Token loss",
    plain="How surprised is the model by each token of the record, in nats? 0: not at all; 0.7: it "
    "would bet one in two on it; 7: one in a thousand.",
    formula="mean negative log-likelihood of the record's counted tokens",
    source="Jelinek et al. 1977, the logarithm of perplexity",
    of=of,
)
