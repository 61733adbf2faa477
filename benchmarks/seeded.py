"""The command line of a benchmark that runs a whole line on several seeds."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    seeds: list[int]
    out: Path
    """The folder of the runs."""
    results: Path | None
    """Where the figures go, besides the terminal."""


def asked(description: str | None, prefix: str) -> Asked:
    """The options as given; `prefix` begins the name of a new folder where none is."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, help="kept and gone on with; default: a new folder")
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    given = parser.parse_args()
    return Asked(given.seeds, given.out or Path(tempfile.mkdtemp(prefix=prefix)), given.results)
