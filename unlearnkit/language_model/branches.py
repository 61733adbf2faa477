"""How likely a model finds texts that begin alike; what they begin with is read once for all.

The beginnings of several groups are read side by side, and their keys and values are kept (the KV
cache of transformers) and given to what follows. Where a model keeps none, or keeps them in a way
that cannot be repeated, or a group's texts have nothing in common, each text is read whole; the
figures are the same to rounding.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.head import Head, label_log_likelihoods
from unlearnkit.language_model.prefixes import can_repeat, read
from unlearnkit.language_model.recall import columns
from unlearnkit.language_model.tokens import IGNORED, Batch, Example, collate

if TYPE_CHECKING:
    from torch import Tensor

    from unlearnkit.language_model.headed import Headed

TOKENS = 4096
"""Tokens of a pass, with those whose keys and values are given to it."""


@dataclass(frozen=True, slots=True)
class Branching:
    """A group of texts as what all begin with, and how each goes on."""

    beginning: Example
    branches: tuple[Example, ...]


def log_likelihoods(
    headed: Headed, groups: Sequence[Sequence[Example]], pad_id: int, device: Any
) -> list[list[float]]:
    """Log p of the counted tokens of each text of each group: the sum over them, in nats."""
    import torch

    found: dict[int, list[float]] = {}
    made = [branching(one) for one in groups]
    with torch.no_grad():
        shared = _can_share(headed, device)
        sharing = [at for at, one in enumerate(made) if shared and one.beginning.input_ids]
        for some in _packed([len(made[at].beginning.input_ids) for at in sharing]):
            chosen = [sharing[at] for at in some]
            sums = _after_beginnings(headed, [made[at] for at in chosen], pad_id, device)
            found.update(zip(chosen, sums, strict=True))
        others = [at for at in range(len(groups)) if at not in found]
        texts = [one for at in others for one in groups[at]]
        sums_apart = iter(_read_whole(headed, texts, pad_id, device))
        found.update((at, [next(sums_apart) for _ in groups[at]]) for at in others)
    return [found[at] for at in range(len(groups))]


def branching(group: Sequence[Example]) -> Branching:
    """The group cut where the first of its texts differs, in a token or in whether it counts."""
    columns_ = zip(*(zip(one.input_ids, one.labels, strict=True) for one in group), strict=False)
    shortest = min(len(one.input_ids) for one in group)
    end = next((at for at, one in enumerate(columns_) if len(set(one)) > 1), shortest)
    whole = group[0]
    return Branching(
        Example(whole.input_ids[:end], whole.labels[:end]),
        tuple(Example(one.input_ids[end:], one.labels[end:]) for one in group),
    )


def _packed(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of similar length, as many together as TOKENS allows, at least one."""
    rows: list[int] = []
    for at in sorted(range(len(lengths)), key=lambda one: lengths[one]):
        if rows and (len(rows) + 1) * lengths[at] > TOKENS:
            yield rows
            rows = []
        rows.append(at)
    if rows:
        yield rows


def _after_beginnings(
    headed: Headed, groups: Sequence[Branching], pad_id: int, device: Any
) -> list[list[float]]:
    """The sums of every text of the groups; each group has a beginning."""
    import torch

    before = collate([one.beginning for one in groups], pad_id, side="left").to(device)
    states, kept = _read(headed, headed.inputs(before))
    own = _sums(states[:, :-1], before.labels[:, 1:], headed.head())
    last, width = states[:, -1:], before.input_ids.shape[1]
    rows = [(group, one) for group, many in enumerate(groups) for one in many.branches]
    gained = [0.0] * len(rows)
    for some in _packed([width + len(one.input_ids) for _, one in rows]):
        of = torch.tensor([rows[at][0] for at in some], device=device)
        branches = [rows[at][1] for at in some]
        if not any(one.input_ids for one in branches):
            continue
        after = collate(branches, pad_id).to(device)
        following = last[of]
        if after.input_ids.shape[1] > 1:
            chosen = copy.deepcopy(kept)
            chosen.batch_select_indices(of)
            rest, _ = _read(headed, _continuing(headed, before, of, after), chosen)
            following = torch.cat([following, rest], dim=1)
        for at, more in zip(some, _sums(following, after.labels, headed.head()), strict=True):
            gained[at] = more
    sums = iter(own[group] + more for (group, _), more in zip(rows, gained, strict=True))
    return [[next(sums) for _ in one.branches] for one in groups]


def _continuing(headed: Headed, before: Batch, of: Tensor, after: Batch) -> dict[str, Tensor]:
    """What a pass over the branches, their last token apart, is given behind the beginnings."""
    import torch

    mask = before.attention_mask[of]
    starts = mask.sum(-1, keepdim=True)
    # What pads a short branch stands after its tokens, which do not see it.
    found = {
        "input_ids": after.input_ids[:, :-1],
        "attention_mask": torch.cat([mask, after.attention_mask[:, :-1]], dim=1),
    }
    if headed.takes_positions:
        found["position_ids"] = starts + after.position_ids[:, :-1]
    return found


def _sums(states: Tensor, labels: Tensor, head: Head) -> list[float]:
    """Log p of the counted labels of each row (rows, length), given what predicts each of them."""
    import torch

    found = torch.zeros(labels.shape, device=labels.device)
    at = labels != IGNORED
    found[at] = label_log_likelihoods(states[at], head, labels[at])
    return [math.fsum(row) for row in found.tolist()]


def _read_whole(headed: Headed, texts: Sequence[Example], pad_id: int, device: Any) -> list[float]:
    def figures(labels: Tensor, hidden: Tensor, head: Head) -> tuple[list[float]]:
        return (label_log_likelihoods(hidden, head, labels).tolist(),)

    return [math.fsum(one) for (one,) in columns(headed, texts, pad_id, device, figures)]


def _can_share(headed: Headed, device: Any) -> bool:
    """Tried on one token."""
    import torch

    one = torch.ones((1, 1), dtype=torch.long, device=device)
    return can_repeat(_read(headed, {"input_ids": one, "attention_mask": one})[1])


def _read(headed: Headed, inputs: dict[str, Tensor], kept: Any = None) -> tuple[Tensor, Any]:
    """The states (batch, length, hidden), and what is kept of them."""
    model: Any = headed.model
    out, kept = read(model.base_model if headed.known else model, inputs, kept)
    return (out.last_hidden_state if headed.known else out.logits), kept
