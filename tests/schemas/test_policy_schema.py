"""An editor that knows the schema, and the reader, take the same policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from unlearnkit.domain import Split
from unlearnkit.policy.files import shipped as policies
from unlearnkit.policy.schema import METRICS, UNDER, Policy
from unlearnkit.resources import shipped as folder
from unlearnkit.schemas import shipped

Document = dict[str, Any]
VALIDATOR = Draft202012Validator(json.loads(shipped("policy")))
BASES = ("absolute", "holdout", "original", "reference")


def document(name: str = "default") -> Document:
    loaded: Document = yaml.safe_load((folder("policies") / f"{name}.yaml").read_text("utf-8"))
    return loaded


def read(found: Document) -> bool:
    try:
        Policy.model_validate(found)
    except ValidationError:
        return False
    return True


def with_rule(**fields: object) -> Document:
    rule = {"id": "one", "explanation": "why"} | fields
    return {"version": 1, "name": "mine", "description": "", "rules": [rule]}


@pytest.mark.parametrize("name", policies())
def test_the_shipped_policies_validate(name: str) -> None:
    VALIDATOR.validate(document(name))


DAMAGE: dict[str, Callable[[Document], object]] = {
    "another version": lambda one: one.update(version=2),
    "no name": lambda one: one.pop("name"),
    "no rules": lambda one: one.update(rules=[]),
    "a field too many": lambda one: one.update(colour="red"),
    "every rule only warns": lambda one: [r.update(severity="warn") for r in one["rules"]],
    "an id with a blank": lambda one: one["rules"][0].update(id="one two"),
    "an unknown metric": lambda one: one["rules"][0].update(metric="exact_memorisation"),
    "an unknown split": lambda one: one["rules"][0].update(split="everything"),
    "an unknown attack": lambda one: one["rules"][0].update(under="int2"),
    "no explanation": lambda one: one["rules"][0].pop("explanation"),
    "no comparison": lambda one: one["rules"][0]["compare"].pop("within"),
    "two comparisons": lambda one: one["rules"][0]["compare"].update(at_most=0.1),
    "a negative distance": lambda one: one["rules"][0]["compare"].update(within=-0.1),
    "a bound that is a word": lambda one: one["rules"][0]["compare"].update(within="near"),
    "a bound that is yes": lambda one: one["rules"][0]["compare"].update(within=True),
    "near nothing": lambda one: one["rules"][0]["compare"].update(to="absolute"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_what_is_no_policy_validates_nowhere(damage: Callable[[Document], object]) -> None:
    found = document()
    damage(found)
    assert not VALIDATOR.is_valid(found)
    assert not read(found)


@pytest.mark.parametrize("under", ["", *UNDER])
def test_what_is_measured_of_which_records_is_the_same_in_both(under: str) -> None:
    some = [*METRICS] if not under else ["exact_memorization", "truth_ratio", "pii_leakage"]
    for metric, split, to in product(some, Split, BASES):
        fields = {"metric": metric, "split": split.value, "under": under}
        found = with_rule(**fields, compare={"to": to, "at_most": 0.1})
        assert VALIDATOR.is_valid(found) is read(found), (metric, split, to)


@settings(max_examples=300)
@given(
    metric=st.sampled_from([*METRICS]),
    split=st.sampled_from([one.value for one in Split]),
    under=st.sampled_from(["", *UNDER]),
    severity=st.sampled_from(["fail", "warn"]),
    to=st.sampled_from(BASES),
    by=st.sampled_from(["mean", "interval"]),
    bounds=st.dictionaries(
        st.sampled_from(["at_most", "at_least", "within"]), st.floats(-2, 2), max_size=2
    ),
)
def test_any_rule_is_a_rule_for_both_or_for_none(
    bounds: dict[str, float], to: str, by: str, **fields: str
) -> None:
    found = with_rule(**fields, compare={"to": to, "by": by} | bounds)
    assert VALIDATOR.is_valid(found) is read(found)
