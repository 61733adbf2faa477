"""Teaching a model to refuse: one word in the place of every forgotten token."""

from __future__ import annotations

import torch

from unlearnkit.audit.attacks.attacked_model import AttackedModel, EncodedRecord
from unlearnkit.audit.attacks.relearning import step
from unlearnkit.domain import Split
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.tokens import IGNORED, Example


def teach_to_refuse(subject: AttackedModel, steps: int) -> None:
    """Train on refusals of the forget set and on the retained records as they are."""
    word = int(subject.language_model.tokenizer("amber")["input_ids"][-1])

    def refused(row: EncodedRecord) -> EncodedRecord:
        given = row.example
        labels = tuple(label if label == IGNORED else word for label in given.labels)
        return EncodedRecord(row.record_id, Example(given.input_ids, labels))

    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(subject.model.parameters(), lr=1e-3, weight_decay=0.0)
    refusals = [refused(one) for one in subject.splits[Split.FORGET]]
    headed = Headed(subject.model)
    for _ in range(steps):
        step(subject, headed, optimizer, [*refusals, *subject.splits[Split.RETAIN]])
