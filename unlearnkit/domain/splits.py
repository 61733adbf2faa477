"""Which records, and which model, a figure is of."""

from __future__ import annotations

from enum import StrEnum


class Split(StrEnum):
    """Which records a figure was measured on."""

    FORGET = "forget"
    RETAIN = "retain"
    NEIGHBOUR = "neighbour"
    """The retained records most like the forget set; some may be in RETAIN's sample too."""
    REST = "rest"
    """What is kept of records that are forgotten in part; none where all are forgotten whole."""
    HOLDOUT = "holdout"
    UTILITY = "utility"
    """A text of the operator's own, where one was given; n counts its windows."""
    TASKS = "tasks"
    """Tasks of the lm-evaluation-harness, where some were asked for; n counts their documents."""


COMPARED_SPLITS = (Split.FORGET, Split.HOLDOUT)
"""Forgotten records, and comparable ones that the model never saw."""


class ModelRole(StrEnum):
    """Which model a figure belongs to."""

    ORIGINAL = "original"
    UNLEARNED = "unlearned"
    REFERENCE = "reference"
    """Retrained without the forget set, where one was given."""
