"""Where a policy lies: given as a file, a workspace's own, or one of those that ship."""

from __future__ import annotations

from pathlib import Path

from unlearnkit import resources
from unlearnkit.errors import BadInput

SUFFIXES = (".yaml", ".yml")


def policy_file(wanted: Path, own: Path | None = None) -> Path:
    """The policy of this name; the folder `own` wins over what ships. Raises BadInput."""
    name = wanted.name if wanted.suffix in SUFFIXES else f"{wanted.name}.yaml"
    try:
        if wanted.name != str(wanted):  # a file was meant: one of the same name will not do
            raise FileNotFoundError
        return resources.find("policies", name, own)
    except FileNotFoundError:
        raise BadInput(
            f"there is no policy '{wanted}'",
            where=own,
            fix=f"Give a file, {_of(own)}or one of those that ship: {', '.join(shipped())}.",
        ) from None


def named(own: Path | None) -> list[str]:
    """The names of the policies in a folder; none where there is no folder."""
    files = list(own.glob("*.y*ml")) if own is not None else []
    return sorted(
        one.stem if one.suffix == ".yaml" else one.name
        for one in files
        if one.suffix in SUFFIXES and one.is_file()
    )


def _of(own: Path | None) -> str:
    names = named(own)
    return f"one of the workspace's own ({', '.join(names)}), " if names else ""


def shipped() -> list[str]:
    """The names of the policies that ship."""
    return named(resources.shipped("policies"))
