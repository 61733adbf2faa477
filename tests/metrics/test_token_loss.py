"""The loss of a record's own words, in nats a token."""

from __future__ import annotations

import pytest

from unlearnkit.audit.differences import differences
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import MembershipScores, ModelRole, RecordScore, Split
from unlearnkit.metrics.token_loss import METRIC
from unlearnkit.report.glossary import label


def score(nats: float, at: int, model: ModelRole = ModelRole.UNLEARNED) -> RecordScore:
    return RecordScore(
        record_id=f"r{at}",
        split=Split.HOLDOUT,
        model=model,
        exact_memorization=0.1,
        extraction_strength=0.0,
        probability=0.01,
        truth_ratio=None,
        membership=MembershipScores(loss=-nats, zlib=0.0, min_k=0.0, min_k_plus_plus=0.0),
    )


def test_it_is_the_mean_of_the_records_losses() -> None:
    [found] = [
        one
        for one in summarise([score(2.0, 0), score(5.0, 1)], seed=0)
        if one.metric == METRIC.name
    ]
    assert found.value == pytest.approx(3.5)
    assert label(METRIC.name) == METRIC.label


def test_what_was_lost_of_never_seen_records_is_compared_with_the_model_before() -> None:
    after = [score(9.0 + at, at) for at in range(6)]
    before = [score(3.0 + at, at, ModelRole.ORIGINAL) for at in range(6)]
    [found] = [one for one in differences([*after, *before]) if one.metric == METRIC.name]
    assert (found.split, found.to, found.value) == (Split.HOLDOUT, "original", 6.0)


def test_an_earlier_versions_audit_has_none() -> None:
    assert METRIC.of(score(2.0, 0).model_copy(update={"membership": None})) is None
