"""A model's records as the audit scores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from unlearnkit.audit.scoring import loaded, score_records
from unlearnkit.domain import ModelRole, Record, RecordScore, Split
from unlearnkit.language_model.tokens import Encoding


def score_model(
    folder: Path, role: ModelRole, splits: Mapping[Split, Sequence[Record]], encoding: Encoding
) -> list[RecordScore]:
    """One score for each record of each split; the records are nobody's."""
    model, device = loaded(folder)
    return score_records(model, splits, encoding, device, role=role, owners={})
