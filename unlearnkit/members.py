"""The modules of a package whose every file is one more thing of its kind: nobody lists them."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def names(package: str) -> list[str]:
    """The modules in the package's folder, by name, none of them imported."""
    spec = find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or []
    return sorted(one.name for one in pkgutil.iter_modules(places))


def members(package: str) -> list[ModuleType]:
    """The modules in the package's folder, in the order of their names."""
    return [import_module(f"{package}.{name}") for name in names(package)]
