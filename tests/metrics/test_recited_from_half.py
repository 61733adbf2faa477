"""The share of records that half of them brings out whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from unlearnkit.audit.differences import differences
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import ModelRole, RecordScore, Split
from unlearnkit.metrics.recited_from_half import METRIC
from unlearnkit.policy.explaining import explained
from unlearnkit.policy.schema import load_policy
from unlearnkit.report.glossary import label


def score(strength: float, at: int, model: ModelRole = ModelRole.UNLEARNED) -> RecordScore:
    return RecordScore(
        record_id=f"r{at}",
        split=Split.FORGET,
        model=model,
        exact_memorization=strength,
        extraction_strength=strength,
        probability=0.5,
        truth_ratio=None,
    )


@pytest.mark.parametrize(("strength", "expected"), [(0.0, 0), (0.49, 0), (0.5, 1), (1.0, 1)])
def test_half_or_less_is_enough(strength: float, expected: float) -> None:
    assert METRIC.of(score(strength, 0)) == expected


def test_it_is_measured_with_a_shares_interval() -> None:
    scores = [score(strength, at) for at, strength in enumerate((0.9, 0.1, 0.2, 0.0))]
    [found] = [one for one in summarise(scores, 0) if one.metric == METRIC.name]
    assert (found.value, found.n) == (0.25, 4)
    assert found.low is not None and found.high is not None
    assert 0 <= found.low < 0.25 < found.high <= 1


def test_it_is_compared_with_the_model_before() -> None:
    after = [score(0.1, at) for at in range(6)]
    before = [score(0.9, at, ModelRole.ORIGINAL) for at in range(6)]
    [found] = [one for one in differences([*after, *before]) if one.metric == METRIC.name]
    assert (found.to, found.value, found.n) == ("original", -1.0, 6)


def test_a_rule_may_name_it_and_a_report_explains_it(tmp_path: Path) -> None:
    rule = {
        "id": "none-recited",
        "metric": METRIC.name,
        "split": "forget",
        "compare": {"to": "holdout", "at_most": 0.05, "by": "interval"},
        "explanation": "why",
    }
    document = {"version": 1, "name": "mine", "description": "", "rules": [rule]}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document))
    [said] = explained(load_policy(path))
    assert METRIC.words in said.says
    assert label(METRIC.name) == METRIC.label
