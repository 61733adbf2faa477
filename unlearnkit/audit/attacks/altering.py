"""Attacks that change weights by a rule and train nothing: quantization and pruning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from unlearnkit.audit.attacks.attacked_model import AttackedModel, Attempt, Work, measured, spread
from unlearnkit.audit.attacks.pruning import pruned
from unlearnkit.audit.attacks.quantization import GROUP, rounded
from unlearnkit.audit.attacks.weights import change_linear_weights, restored
from unlearnkit.domain import Split
from unlearnkit.language_model.recall import Recall

if TYPE_CHECKING:
    from torch import Tensor

CHANGES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "int8": partial(rounded, bits=8),
    "int4": partial(rounded, bits=4, group=GROUP),
    "pruned_30": pruned,
}
"""Condition -> what becomes of the weight (out, in) of every linear layer."""
MEASURED = (Split.FORGET, Split.RETAIN, Split.HOLDOUT)
RETAINED = 200
"""Retained records measured, evenly spread."""
NO_LINEAR = "the model has no linear layer that the attack knows"


def altered(subject: AttackedModel, condition: str) -> Attempt:
    """The records' figures with the weights changed; afterwards the model is as it was."""
    recalls: dict[Split, list[tuple[str, Recall]]] = {}
    with restored(subject.model):
        reached = change_linear_weights(subject.model, CHANGES[condition])
        if not reached:
            # The figures would be those of the model as it is, and look as if nothing came back.
            return Attempt(reached, Work(), missing=dict.fromkeys(MEASURED, NO_LINEAR))
        work = Work()
        for split in MEASURED:
            rows = subject.splits.get(split, ())
            if split is Split.RETAIN:
                rows = spread(rows, RETAINED)
            if rows:
                recalls[split], more = measured(subject, rows)
                work += more
    return Attempt(reached, work, recalls)
