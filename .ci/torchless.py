"""What is needed where no model is loaded, as requirements for pip.

    python .ci/torchless.py pyproject.toml > torchless.txt

The dependencies and extras without those that bring torch, and what the tests are run with.
"""

from __future__ import annotations

import sys
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement

OF_MODELS = {"torch", "transformers", "accelerate", "peft"}
EXTRAS = ("keyring", "model-signing", "postgres", "serve", "sigstore", "timestamp")
TOOLS = {"hypothesis", "jsonschema", "pytest", "pytest-timeout", "pytest-xdist", "xmlschema"}


def main(file: Path) -> None:
    """Print a line for each."""
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = chain(project["dependencies"], *(extras[name] for name in EXTRAS))
    needed = [one for one in map(Requirement, lines) if one.name not in OF_MODELS]
    tools = [one for one in map(Requirement, extras["dev"]) if one.name in TOOLS]
    print(*needed, *tools, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
