"""Records as tokens: which positions carry the loss, and how a batch is padded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from unlearnkit.domain import Record
from unlearnkit.errors import BadInput
from unlearnkit.language_model.rendering import pieces

if TYPE_CHECKING:
    from torch import Tensor

IGNORED = -100
"""Label of a position without loss (PyTorch's cross_entropy convention)."""


@dataclass(frozen=True, slots=True)
class Example:
    """A record's token ids and, of the same length, its labels (IGNORED where there is no loss)."""

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]
    cut: bool = False
    """Whether the record was longer and lost its end."""

    @property
    def counted(self) -> int:
        """How many tokens carry the loss."""
        return sum(label != IGNORED for label in self.labels)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How records become tokens: the template of the training run, and the longest sequence."""

    prompt_template: str = "{prompt}\n"
    """What a prompt stands in; CHAT for the tokenizer's own chat template."""
    max_length: int = 512


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded tensors, each (batch, length)."""

    input_ids: Tensor
    attention_mask: Tensor
    labels: Tensor
    position_ids: Tensor
    """A token's place in its own row, from 0, on whichever side the row is padded."""

    def inputs(self) -> dict[str, Tensor]:
        """What a model's forward is called with."""
        return {
            "input_ids": self.input_ids,
            "attention_mask": self.attention_mask,
            "position_ids": self.position_ids,
        }

    @property
    def counted_labels(self) -> Tensor:
        """(positions,): the tokens that carry the loss, row by row."""
        following = self.labels[:, 1:]
        return following[following != IGNORED]

    def to(self, device: Any) -> Batch:
        """The same batch on another device."""
        return Batch(
            self.input_ids.to(device),
            self.attention_mask.to(device),
            self.labels.to(device),
            self.position_ids.to(device),
        )


def encode_record(record: Record, tokenizer: Any, encoding: Encoding) -> Example:
    """The record's pieces in a row (see `pieces`); too long a sequence loses its end.

    The first token has no loss, since nothing precedes it. Raises BadInput if no token would carry
    a loss, and what `pieces` raises.
    """
    parts = pieces(record, tokenizer, encoding.prompt_template)
    ids = [one for part in parts for one in part.ids]
    learned = [one for part in parts for one in part.learned]
    labels = [one if loss else IGNORED for one, loss in zip(ids, learned, strict=True)]
    labels[0] = IGNORED
    example = Example(
        tuple(ids[: encoding.max_length]),
        tuple(labels[: encoding.max_length]),
        cut=len(ids) > encoding.max_length,
    )
    if all(label == IGNORED for label in example.labels):
        before = "this part of the record" if record.loss_on else "the text"
        raise BadInput(
            f"no token with a loss is left: what stands before {before} fills the longest sequence "
            f"({encoding.max_length} tokens)",
            where=record.source or None,
            line=record.line or None,
            fix="Raise max_length in unlearnkit.yaml, as far as the model's context allows"
            + (", or accept or reject the record whole." if record.loss_on else "."),
        )
    return example


def counted_labels(examples: Sequence[Example]) -> Tensor:
    """(positions,): the tokens of these examples that carry the loss, one example after another."""
    import torch

    return torch.tensor([id_ for one in examples for id_ in one.labels[1:] if id_ != IGNORED])


def collate(
    examples: Sequence[Example], pad_id: int, side: Literal["left", "right"] = "right"
) -> Batch:
    """Pad to the longest on this side; tensors are (batch, length)."""
    import torch

    length = max(len(example.input_ids) for example in examples)

    def padded(rows: list[tuple[int, ...]], fill: int) -> Tensor:
        gaps = [(fill,) * (length - len(row)) for row in rows]
        return torch.tensor(
            [
                gap + row if side == "left" else row + gap
                for gap, row in zip(gaps, rows, strict=True)
            ]
        )

    ids = [example.input_ids for example in examples]
    attention_mask = padded([(1,) * len(row) for row in ids], 0)
    return Batch(
        input_ids=padded(ids, pad_id),
        attention_mask=attention_mask,
        labels=padded([example.labels for example in examples], IGNORED),
        position_ids=(attention_mask.cumsum(-1) - 1).clamp(min=0),
    )
