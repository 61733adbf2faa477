"""Import every module of the installed package; those that want torch are counted, not imported.

python .ci/imports.py

Ends with an error for a module that fails for any other reason.
"""

from __future__ import annotations

import importlib
import pkgutil

import unlearnkit

OF_MODELS = {"torch", "transformers", "accelerate", "peft"}


def wants_a_model(name: str) -> bool:
    """Whether a module cannot be imported for want of torch and its kin alone."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in OF_MODELS:
            return True
        raise
    return False


def main() -> None:
    """Say how many there are, and which were left out."""
    names = [one.name for one in pkgutil.walk_packages(unlearnkit.__path__, "unlearnkit.")]
    # Alembic runs this one, and nobody imports it; the other is the command itself.
    names = [one for one in names if not one.endswith(("migrations.env", "__main__"))]
    left_out = [one for one in names if wants_a_model(one)]
    print(f"{len(names) - len(left_out)} modules imported; want torch: {', '.join(left_out)}")


if __name__ == "__main__":
    main()
