"""Objectives for comparison, each in a file of its own: `weighted_ga.py` is `weighted-ga`.

A file is found by being here, and has OBJECTIVE, an `objectives.Objective` whose `paper` holds the
year. The older ones stand in `objectives.py`.
"""

from __future__ import annotations

from unlearnkit.members import names


def peers() -> list[str]:
    """The names of the objectives here; nothing is imported."""
    return [one.replace("_", "-") for one in names(__name__)]
