"""A policy that has the name of one that ships and is another says so wherever it is named."""

from __future__ import annotations

import pytest

from unlearnkit.policy.files import shipped
from unlearnkit.policy.naming import CHANGED, told_name
from unlearnkit.policy.schema import load_policy
from unlearnkit.resources import find


@pytest.mark.parametrize("name", shipped())
def test_a_policy_as_it_ships_has_its_name_and_a_changed_one_is_marked(name: str) -> None:
    policy = load_policy(find("policies", f"{name}.yaml"))
    assert told_name(policy) == name
    changed = policy.model_copy(update={"rules": policy.rules[:1]})
    assert told_name(changed) == f"{name} {CHANGED}"
    assert told_name(changed.model_copy(update={"name": "ours"})) == "ours"
    assert told_name(changed.model_copy(update={"name": name.title()})).endswith(CHANGED)
