"""The oldest versions that pyproject.toml promises, as constraints for pip.

    python .ci/lowest.py pyproject.toml > constraints-lowest.txt

Every direct dependency at its lower bound, and where an extra is installed with them, those of the
extra; what they pull in is left to pip. torch is the one exception: its bound cannot be installed
without gigabytes of CUDA, so it stays at the version of constraints.txt.
"""

from __future__ import annotations

import sys
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement

EXCEPT = {"torch", "unlearnkit"}


def main(file: Path) -> None:
    """Print a line for each."""
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    lines = chain(project["dependencies"], *project["optional-dependencies"].values())
    for one in map(Requirement, lines):
        bounds = [by.version for by in one.specifier if by.operator == ">="]
        if one.name not in EXCEPT and bounds:
            print(f"{one.name}=={bounds[0]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
