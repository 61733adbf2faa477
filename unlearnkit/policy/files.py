"""Where a policy lies: given as a file, a workspace's own, or one of those that ship."""

from __future__ import annotations

from pathlib import Path

from unlearnkit import resources
from unlearnkit.errors import BadInput


def policy_file(wanted: Path, own: Path | None = None) -> Path:
    """The policy of this name; the folder `own` wins over what ships. Raises BadInput."""
    name = wanted.name if wanted.suffix in (".yaml", ".yml") else f"{wanted.name}.yaml"
    try:
        if wanted.name != str(wanted):  # a file was meant: one of the same name will not do
            raise FileNotFoundError
        return resources.find("policies", name, own)
    except FileNotFoundError:
        raise BadInput(
            f"there is no policy '{wanted}'",
            where=own,
            fix=f"Give a file, or one of those that ship: {', '.join(shipped())}.",
        ) from None


def shipped() -> list[str]:
    """The names of the policies that ship."""
    return sorted(one.stem for one in resources.shipped("policies").glob("*.yaml"))
