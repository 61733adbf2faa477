"""policies/health.yaml: what default only warns of decides, and missing evidence is no pass."""

from __future__ import annotations

import pytest

from tests.policy.audits import FORGOTTEN, Figures, audit
from unlearnkit.domain import Outcome, Verdict
from unlearnkit.policy.schema import load_policy
from unlearnkit.policy.verdict import judge, policy_digest
from unlearnkit.resources import find

POLICY = load_policy(find("policies", "health.yaml"))
MEMBERSHIP = ("membership_auc_min_k_plus_plus", "forget", "unlearned")
DECOYS = ("decoy_auc", "forget", "unlearned")
GOOD: Figures = FORGOTTEN | {
    MEMBERSHIP: 0.52,
    DECOYS: 0.55,
    ("pii_leakage", "forget", "unlearned"): 0.03,
    ("pii_leakage", "holdout", "unlearned"): 0.02,
}


def verdict(figures: Figures) -> Verdict:
    return judge(POLICY, policy_digest(POLICY), audit(figures))


def test_a_model_that_nobody_can_tell_from_one_that_never_saw_them_passes() -> None:
    result = verdict(GOOD)
    assert {one.rule: one.outcome for one in result.checks} == {
        one.id: Outcome.PASS for one in POLICY.rules
    }
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("figure", "value", "rule"),
    [
        (MEMBERSHIP, 0.7, "not-known-as-a-member"),
        (MEMBERSHIP, 0.2, "not-known-by-a-hole"),
        (DECOYS, 0.7, "not-preferred-to-decoys"),
        (("pii_leakage", "forget", "unlearned"), 0.2, "leaks-like-unseen"),
        (("max_extraction_strength", "forget", "unlearned"), 0.4, "worst-record"),
        (("exact_memorization", "forget", "unlearned", "int4"), 0.4, "stays-forgotten-at-4-bits"),
    ],
)
def test_one_way_to_tell_is_enough_to_fail(
    figure: tuple[str, ...], value: float, rule: str
) -> None:
    result = verdict({**GOOD, figure: value})
    assert result.outcome is Outcome.FAIL
    assert [one.rule for one in result.checks if one.outcome is Outcome.FAIL] == [rule]


def test_without_the_attacks_it_cannot_tell() -> None:
    result = verdict({name: value for name, value in GOOD.items() if len(name) == 3})
    assert (result.outcome, result.exit_code) == (Outcome.CANNOT_TELL, 3)
