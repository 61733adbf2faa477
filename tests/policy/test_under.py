"""Rules about a model under an attack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.audits import FORGOTTEN, REFERENCE, audit
from unlearnkit import resources
from unlearnkit.domain import CONDITIONS, Check, Measurement, ModelRole, Outcome, Split
from unlearnkit.errors import BadInput
from unlearnkit.policy.schema import UNDER, Policy, load_policy
from unlearnkit.policy.verdict import explain, judge

FORGET4 = ("exact_memorization", "forget", "unlearned", "int4")
HOLDOUT4 = ("exact_memorization", "holdout", "unlearned", "int4")

PLAIN = {name: value for name, value in FORGOTTEN.items() if len(name) == 3}
"""An audit without attacks."""


def rule(compare: dict[str, object], **fields: object) -> Policy:
    one = {
        "id": "one",
        "metric": "exact_memorization",
        "split": "forget",
        "under": "int4",
        "compare": compare,
        "explanation": "why",
    }
    return Policy.model_validate(
        {"version": 1, "name": "one", "description": "", "rules": [one | fields]}
    )


def check(policy: Policy, figures: dict[tuple[str, ...], float | None]) -> Check:
    [found] = judge(policy, "d", audit(figures)).checks
    return found


def test_every_condition_has_its_words() -> None:
    assert set(UNDER) == set(CONDITIONS)


def test_both_sides_are_those_under_the_attack() -> None:
    figures = {**PLAIN, FORGET4: 0.6, HOLDOUT4: 0.55}
    near = rule({"to": "holdout", "within": 0.1})
    assert check(near, figures).outcome is Outcome.PASS
    assert check(near, figures).bound == "under int4: |0.600 - 0.550| <= 0.10"
    assert check(near, figures | {FORGET4: 0.7}).outcome is Outcome.FAIL
    # Without the attack the very same figures would fail: 0.60 beside 0.15.
    assert check(rule({"to": "holdout", "within": 0.1}, under=""), figures).observed == 0.18


def test_an_interval_is_the_one_under_the_attack() -> None:
    whole = rule({"to": "holdout", "within": 0.1, "by": "interval"})
    assert check(whole, {**PLAIN, FORGET4: 0.6, HOLDOUT4: 0.55}).outcome is Outcome.PASS
    assert check(whole, {**PLAIN, FORGET4: 0.9, HOLDOUT4: 0.55}).outcome is Outcome.FAIL


def test_an_attack_that_was_not_run_is_missing_evidence_and_says_how_to_run_it() -> None:
    found = check(rule({"to": "holdout", "within": 0.1}), PLAIN)
    assert found.outcome is Outcome.CANNOT_TELL
    assert "the attack was not run; --attacks quantization runs it" in found.explanation
    alone = check(rule({"to": "absolute", "at_most": 1.0}), PLAIN)
    assert alone.outcome is Outcome.CANNOT_TELL


def test_an_attack_that_could_not_be_measured_gives_its_own_reason() -> None:
    given = audit(PLAIN)
    why = Measurement(
        metric="exact_memorization",
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        value=None,
        n=0,
        not_measured="too few records",
        under="int4",
    )
    measured = given.model_copy(update={"measurements": (*given.measurements, why)})
    [found] = judge(rule({"to": "absolute", "at_most": 1.0}), "d", measured).checks
    assert found.outcome is Outcome.CANNOT_TELL
    assert found.explanation == "why Not measured: too few records."


def test_an_interval_against_a_fixed_number_is_the_figures_under_the_attack() -> None:
    whole = rule({"to": "absolute", "at_most": 0.5, "by": "interval"})
    assert check(whole, {**PLAIN, FORGET4: 0.6}).outcome is Outcome.FAIL
    assert check(whole, {**PLAIN, FORGET4: 0.4}).bound.startswith("under int4: 0.400 to 0.400")


def test_it_is_explained() -> None:
    [sentence] = explain(rule({"to": "holdout", "within": 0.1}))
    assert "exact memorization of the model with its weights rounded to 4 bits must" in sentence


@pytest.mark.parametrize(
    ("under", "more", "says"),
    [
        ("int3", "", "did you mean 'int"),
        ("relearned_5", "", "did you mean 'relearned_5pct'"),
        ("int4", "metric: truth_ratio", "only these are measured"),
        ("int4", "split: neighbour", "only forget, retain and holdout records"),
        ("int4", "split: rest", "only forget, retain and holdout records"),
        ("relearned_rest", "split: rest", "only forget and holdout records"),
        ("relearned_5pct", "split: retain", "only forget and holdout records"),
        ("relearned_5pct", "compare: {to: original, at_most: 0}", "is not relearned"),
    ],
)
def test_what_cannot_be_under_an_attack_is_refused(
    tmp_path: Path, under: str, more: str, says: str
) -> None:
    lines = {
        "metric": "metric: exact_memorization",
        "split": "split: forget",
        "compare": "compare: {to: holdout, within: 0.1}",
    }
    if more:
        lines[more.partition(":")[0]] = more
    body = "".join(f"    {one}\n" for one in (*lines.values(), f"under: {under}"))
    path = tmp_path / "policy.yaml"
    path.write_text(
        f"version: 1\nname: x\ndescription: y\nrules:\n  - id: one\n    explanation: why\n{body}"
    )
    with pytest.raises(BadInput) as caught:
        load_policy(path)
    assert says in caught.value.what


def test_relearning_what_is_kept_of_records_is_asked_only_where_some_were_forgotten_in_part() -> (
    None
):
    policy = rule({"to": "holdout", "at_most": 0.1}, under="relearned_rest")
    [sentence] = explain(policy)
    assert "Applies only where records were forgotten in part." in sentence
    place = ("exact_memorization", "forget", "unlearned", "relearned_rest")
    beside = ("exact_memorization", "holdout", "unlearned", "relearned_rest")
    found = check(policy, PLAIN)
    assert found.outcome is Outcome.NOT_APPLICABLE and "forgotten in part" in found.bound
    in_part = {**PLAIN, ("exact_memorization", "rest", "unlearned"): 0.9}
    assert check(policy, in_part).outcome is Outcome.CANNOT_TELL
    assert check(policy, in_part | {place: 0.8, beside: 0.2}).outcome is Outcome.FAIL


@pytest.mark.parametrize(("name", "decides"), [("default", False), ("strict", True)])
def test_the_shipped_policies_ask_for_attacks_and_only_strict_insists(
    name: str, decides: bool
) -> None:
    policy = load_policy(resources.find("policies", f"{name}.yaml"))
    attacked = {one.id for one in policy.rules if one.under}
    assert attacked == {"stays-forgotten-at-4-bits", "does-not-return"}
    hidden = {**FORGOTTEN, **REFERENCE, FORGET4: 0.8}
    for figures, outcome in ((PLAIN | REFERENCE, Outcome.CANNOT_TELL), (hidden, Outcome.FAIL)):
        found = judge(policy, "d", audit(figures, reference=True))
        assert found.outcome is (outcome if decides else Outcome.PASS)
        assert outcome in {one.outcome for one in found.checks if one.rule in attacked}
