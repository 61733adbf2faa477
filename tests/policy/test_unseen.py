"""Never-seen records that the model was trained on are no measure of forgetting."""

from __future__ import annotations

from functools import cache

import pytest

from tests.policy.audits import FORGOTTEN, Figures, audit
from unlearnkit import resources
from unlearnkit.domain import AuditResult, Outcome, Split
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.policy.unseen import seen
from unlearnkit.policy.verdict import judge, policy_digest

EM, LOSS = "exact_memorization", "token_loss"
KNOWN: Figures = FORGOTTEN | {
    (EM, "forget", "unlearned"): 0.981,
    (EM, "holdout", "original"): 0.282,
    (EM, "holdout", "unlearned"): 0.981,
    (EM, "retain", "unlearned"): 0.982,
    ("extraction_strength", "forget", "unlearned"): 0.882,
    ("extraction_strength", "holdout", "unlearned"): 0.895,
    (LOSS, "holdout", "unlearned"): 0.06,
    (LOSS, "holdout", "original"): 5.2,
}
"""A later month's model, trained on the forgotten records and on those held back for comparing."""


@cache
def default() -> Policy:
    return load_policy(resources.find("policies", "default.yaml"))


def outcomes(audited: AuditResult) -> dict[str, Outcome]:
    verdict = judge(default(), policy_digest(default()), audited)
    return {one.rule: one.outcome for one in verdict.checks} | {"all": verdict.outcome}


def test_nothing_that_rests_on_them_passes_and_the_explanation_says_what_to_do() -> None:
    verdict = judge(default(), policy_digest(default()), audit(KNOWN))
    assert verdict.outcome is Outcome.CANNOT_TELL
    found = {one.rule: one for one in verdict.checks}
    for rule in ("forgotten-like-unseen", "not-extractable", "not-over-unlearned", "not-avoided"):
        assert found[rule].outcome is Outcome.CANNOT_TELL
        assert "0.981, 0.282 in the original, 0.982 of kept records" in found[rule].explanation
        assert "gate MODEL --probes" in found[rule].explanation
    assert found["rest-is-kept"].outcome is Outcome.PASS
    assert found["forget-quality"].outcome is Outcome.NOT_APPLICABLE


def test_what_is_left_beyond_even_these_still_fails() -> None:
    recited: Figures = KNOWN | {("extraction_strength", "holdout", "unlearned"): 0.5}
    assert outcomes(audit(recited))["not-extractable"] is Outcome.FAIL


def test_so_it_does_by_a_rule_with_two_sides_and_only_on_the_upper_one() -> None:
    """Recited as before, and the never-seen records half known: the model has to be stopped."""
    recited: Figures = KNOWN | {(EM, "holdout", "unlearned"): 0.70}
    found = outcomes(audit(recited))
    assert found["forgotten-like-unseen"] is found["all"] is Outcome.FAIL
    below: Figures = KNOWN | {(EM, "forget", "unlearned"): 0.2}
    assert outcomes(audit(below))["forgotten-like-unseen"] is Outcome.CANNOT_TELL


@pytest.mark.parametrize(
    ("holdout", "retain", "told"),
    [
        (0.28, 0.98, False),  # the run's own model, or a retrained one
        (0.22, 0.97, False),  # over-unlearned a little
        (0.40, 0.60, False),  # trained further on other data of the kind: half the records lost
        (0.62, 0.98, False),  # nearer to never seen
        (0.64, 0.98, True),  # nearer to trained on
        (0.05, 0.10, False),  # damaged: nothing is known any more
    ],
)
def test_more_than_half_the_way_to_the_kept_records_is_seen(
    holdout: float, retain: float, told: bool
) -> None:
    figures: Figures = KNOWN | {
        (EM, "holdout", "unlearned"): holdout,
        (EM, "retain", "unlearned"): retain,
    }
    assert bool(seen(audit(figures))) is told


@pytest.mark.parametrize(
    ("holdout", "retain", "told"),
    [
        ((0.50, 0.65), (0.55, 0.90), False),  # more lies between them now
        ((0.50, 0.65), (0.55, 0.68), False),  # little lay between them in the original, or now
        ((0.40, 0.46), (0.42, 0.48), False),
        ((0.30, 0.50), (0.32, 0.51), False),
        ((0.30, 0.70), (0.50, 0.85), False),  # three quarters of what lay between them is left
        ((0.30, 0.70), (0.50, 0.75), True),  # a quarter
        ((0.30, 0.75), (0.50, 0.70), True),  # known better than what is kept
        ((0.50, 0.68), (0.55, 0.68), False),  # may be seen: the original tells too little
    ],
)
def test_a_model_that_knows_all_of_the_kind_better_has_not_seen_them(
    holdout: tuple[float, float], retain: tuple[float, float], told: bool
) -> None:
    figures: Figures = KNOWN | {
        (EM, "holdout", "original"): holdout[0],
        (EM, "holdout", "unlearned"): holdout[1],
        (EM, "retain", "original"): retain[0],
        (EM, "retain", "unlearned"): retain[1],
    }
    assert bool(seen(audit(figures))) is told


def test_few_records_whose_interval_reaches_below_half_the_way_do_not_show_it() -> None:
    found = audit(KNOWN)
    wide = tuple(
        one.model_copy(update={"low": 0.3})
        if (one.metric, one.split, one.to) == (EM, Split.HOLDOUT, "original")
        else one
        for one in found.differences
    )
    assert seen(found)
    assert not seen(found.model_copy(update={"differences": wide}))
    assert not seen(found.model_copy(update={"differences": ()}))
