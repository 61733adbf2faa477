"""Metrics of single records, each in a file of its own, made of the figures a record has already.

A file is found by being here, and has METRIC, a RecordMetric; its docstring names the figure, its
range and its source. It is measured on every split, with interval and differences; a rule of a
policy may name it, and a report explains it. A metric that has to ask the model anew is no such
file: see CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from unlearnkit.domain import RecordScore
from unlearnkit.members import members


@dataclass(frozen=True, slots=True)
class RecordMetric:
    """A figure of one record; what is reported is its mean over a split's records."""

    name: str
    """As in a policy's `metric`."""
    words: str
    """As a rule calls it in a sentence."""
    label: str
    """As a report's table calls it."""
    plain: str
    """What it says, for who never met it."""
    formula: str
    source: str
    of: Callable[[RecordScore], float | None]
    """None: this record has no such figure."""
    share: bool = False
    """It is yes or no (1 or 0) of each record: the interval is a share's."""


def record_metrics() -> list[RecordMetric]:
    """The metrics whose files are here, by their files' names."""
    return [one.METRIC for one in members(__name__)]
