from __future__ import annotations

import pytest

from unlearnkit.policy.explaining import Explained, explained
from unlearnkit.policy.files import shipped as policies
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.resources import shipped


def of(policy: str, rule: str) -> Explained:
    found = explained(load_policy(shipped("policies") / f"{policy}.yaml"))
    return next(one for one in found if one.rule == rule)


@pytest.mark.parametrize("name", policies())
def test_every_rule_is_explained_in_order(name: str) -> None:
    policy = load_policy(shipped("policies") / f"{name}.yaml")
    found = explained(policy)
    assert [one.rule for one in found] == [one.id for one in policy.rules]
    assert all(one.says and one.passes and one.cannot_tell and one.counts for one in found)


def test_a_mean_passes_up_to_its_bound_and_the_bound_itself() -> None:
    assert of("default", "worst-record").passes == (
        "the figure minus the baseline is at most +0.25; equality passes."
    )
    assert of("default", "forget-quality").passes == (
        "the figure is at least 0.05; equality passes."
    )


def test_an_interval_passes_whole_and_says_when_it_cannot_tell() -> None:
    whole = of("strict", "forgotten-like-unseen")
    assert whole.passes.startswith("the whole interval of the figure minus the baseline lies")
    assert "only in part" in whole.cannot_tell


def test_missing_evidence_is_named() -> None:
    assert "no retrained reference was given" in of("strict", "like-retrained").cannot_tell
    assert "reference" not in of("default", "like-retrained").cannot_tell
    assert "--attacks quantization" in of("strict", "stays-forgotten-at-4-bits").cannot_tell
    assert "decoys" in of("default", "not-preferred-to-decoys").cannot_tell
    assert "no personal value" in of("default", "leaks-like-unseen").cannot_tell


def test_what_it_counts_for_follows_severity_and_reference() -> None:
    assert of("default", "worst-record").counts.startswith("It only warns")
    assert of("default", "like-retrained").counts.startswith("Not counted without")
    assert of("strict", "like-retrained").counts.startswith("It decides")


def test_a_text_of_ones_own_is_named() -> None:
    rule = {
        "id": "one",
        "metric": "perplexity",
        "split": "utility",
        "compare": {"to": "original", "at_most": 1.5},
        "explanation": "why",
    }
    made = {"version": 1, "name": "mine", "description": "", "rules": [rule]}
    [found] = explained(Policy.model_validate(made))
    assert "--utility-corpus" in found.cannot_tell
