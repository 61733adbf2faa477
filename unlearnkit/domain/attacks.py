"""What may be done to a model before it is measured again."""

from __future__ import annotations

from enum import StrEnum


class Attack(StrEnum):
    """A way to bring back what a model has forgotten."""

    QUANTIZATION = "quantization"
    PRUNING = "pruning"
    RELEARNING = "relearning"


CONDITIONS = {
    "int8": Attack.QUANTIZATION,
    "int4": Attack.QUANTIZATION,
    "pruned_30": Attack.PRUNING,
    "relearned_1pct": Attack.RELEARNING,
    "relearned_5pct": Attack.RELEARNING,
    "relearned_10pct": Attack.RELEARNING,
    "relearned_unrelated": Attack.RELEARNING,
    "relearned_rest": Attack.RELEARNING,
}
"""What a figure may be measured `under` -> the attack that makes the model so."""
RELEARNED_REST = "relearned_rest"
"""The one that is made only where records were forgotten in part."""
