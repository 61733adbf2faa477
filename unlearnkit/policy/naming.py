"""What a policy is called where somebody reads the name and trusts it."""

from __future__ import annotations

from functools import cache

from unlearnkit.artefacts import document_digest
from unlearnkit.policy.files import shipped
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.resources import find

CHANGED = "(changed: not the shipped policy of this name)"


def told_name(policy: Policy) -> str:
    """Its name; where a policy that ships has that name and says something else, marked as such.

    Not refused: a workspace has its own `default.yaml`, to be changed or older than what ships.
    """
    ours = _shipped_digests().get(policy.name.casefold())
    if ours is None or ours == document_digest(policy):
        return policy.name
    return f"{policy.name} {CHANGED}"


@cache
def _shipped_digests() -> dict[str, str]:
    read = [load_policy(find("policies", f"{name}.yaml")) for name in shipped()]
    return {one.name.casefold(): document_digest(one) for one in read}
