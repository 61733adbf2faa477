"""Records as tokens: which positions carry the loss, and how a batch is padded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from unlearnkit.domain import Record
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

IGNORED = -100
"""Label of a position without loss (PyTorch's cross_entropy convention)."""


@dataclass(frozen=True, slots=True)
class Example:
    """A record's token ids and, of the same length, its labels (IGNORED where there is no loss)."""

    input_ids: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def counted(self) -> int:
        """How many tokens carry the loss."""
        return sum(label != IGNORED for label in self.labels)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How records become tokens: the template of the training run, and the longest sequence."""

    prompt_template: str = "{prompt}\n"
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


def encode(text: str, prompt: str, tokenizer: Any, encoding: Encoding) -> Example:
    """[BOS] prompt text [EOS]; the loss is on the text's tokens and EOS.

    Prompt and text are tokenised apart, so the boundary does not move with the text. Too long a
    sequence loses its end. The first token has no loss when nothing precedes it.
    """
    start = [tokenizer.bos_token_id] if tokenizer.bos_token_id is not None else []
    if prompt:
        rendered = encoding.prompt_template.format(prompt=prompt)
        start += tokenizer(rendered, add_special_tokens=False)["input_ids"]
    body = list(tokenizer(text, add_special_tokens=False)["input_ids"])
    if tokenizer.eos_token_id is not None:
        body.append(tokenizer.eos_token_id)
    ids = (start + body)[: encoding.max_length]
    labels = ([IGNORED] * len(start) + body)[: encoding.max_length]
    labels[0] = IGNORED
    return Example(tuple(ids), tuple(labels))


def encode_record(record: Record, tokenizer: Any, encoding: Encoding) -> Example:
    """A record's own text after its own prompt. Raises BadInput if no token would carry a loss."""
    example = encode(record.text, record.prompt, tokenizer, encoding)
    if all(label == IGNORED for label in example.labels):
        raise BadInput(
            f"the record's prompt alone fills the longest sequence ({encoding.max_length} tokens)",
            where=record.source or None,
            line=record.line or None,
            fix="Raise max_length in unlearnkit.yaml, as far as the model's context allows.",
        )
    return example


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
