"""How likely a model finds texts that begin alike; what they begin with is read once for all.

The beginnings of several groups are read side by side, and their keys and values are kept (the KV
cache of transformers) and given to what follows. Where a model keeps none, or keeps them in a way
that cannot be repeated, or a group's texts have nothing in common, each text is read whole; the
figures are the same to rounding.

An example: of the texts "born in Ulm" and "born in Bad Ems", a group, "born in" is read once, in a
row of states (groups, width, hidden). Its last state predicts "Ulm" and "Bad". The branches, a row
each, are then read behind it but for their last token: "Bad" alone, whose state predicts "Ems".
Of a model whose body is not known, logits stand in the place of hidden states.
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

    sums_of: dict[int, list[float]] = {}
    cut = [branching(group) for group in groups]
    with torch.no_grad():
        shared = _can_share(headed, device)
        sharing = [at for at, one in enumerate(cut) if shared and one.beginning.input_ids]
        for places in _packed([len(cut[at].beginning.input_ids) for at in sharing]):
            in_pass = [sharing[place] for place in places]
            sums = _after_beginnings(headed, [cut[at] for at in in_pass], pad_id, device)
            sums_of.update(zip(in_pass, sums, strict=True))
        others = [at for at in range(len(groups)) if at not in sums_of]
        texts = [text for at in others for text in groups[at]]
        sums_apart = iter(_read_whole(headed, texts, pad_id, device))
        sums_of.update((at, [next(sums_apart) for _ in groups[at]]) for at in others)
    return [sums_of[at] for at in range(len(groups))]


def branching(group: Sequence[Example]) -> Branching:
    """The group cut where the first of its texts differs, in a token or in whether it counts."""
    tokens = zip(*(zip(one.input_ids, one.labels, strict=True) for one in group), strict=False)
    shortest = min(len(one.input_ids) for one in group)
    end = next((at for at, column in enumerate(tokens) if len(set(column)) > 1), shortest)
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
    width = before.input_ids.shape[1]
    states, kept = _read(headed, headed.inputs(before))  # (groups, width, hidden)
    of_beginnings = _sums(states[:, :-1], before.labels[:, 1:], headed.head())
    last = states[:, -1:]  # (groups, 1, hidden): predicts the first token of each branch
    rows = [(group, branch) for group, one in enumerate(groups) for branch in one.branches]
    of_branches = [0.0] * len(rows)
    for in_pass in _packed([width + len(branch.input_ids) for _, branch in rows]):
        branches = [rows[at][1] for at in in_pass]
        if not any(branch.input_ids for branch in branches):
            continue
        group_of = torch.tensor([rows[at][0] for at in in_pass], device=device)  # (branches,)
        after = collate(branches, pad_id).to(device)  # (branches, length)
        predicting = last[group_of]  # (branches, 1, hidden)
        if after.input_ids.shape[1] > 1:
            repeated = copy.deepcopy(kept)
            repeated.batch_select_indices(group_of)
            inputs = _continuing(headed, before, group_of, after)
            rest, _ = _read(headed, inputs, repeated)  # (branches, length - 1, hidden)
            predicting = torch.cat([predicting, rest], dim=1)
        sums = _sums(predicting, after.labels, headed.head())
        for at, of_branch in zip(in_pass, sums, strict=True):
            of_branches[at] = of_branch
    whole = iter(
        of_beginnings[group] + more for (group, _), more in zip(rows, of_branches, strict=True)
    )
    return [[next(whole) for _ in one.branches] for one in groups]


def _continuing(headed: Headed, before: Batch, group_of: Tensor, after: Batch) -> dict[str, Tensor]:
    """What a pass over the branches, their last token apart, is given behind the beginnings.

    (branches, length - 1) each, but for the mask, which covers the beginnings too: (branches,
    width + length - 1).
    """
    import torch

    mask = before.attention_mask[group_of]  # (branches, width)
    starts = mask.sum(-1, keepdim=True)
    # What pads a short branch stands after its tokens, which do not see it.
    inputs = {
        "input_ids": after.input_ids[:, :-1],
        "attention_mask": torch.cat([mask, after.attention_mask[:, :-1]], dim=1),
    }
    if headed.takes_positions:
        inputs["position_ids"] = starts + after.position_ids[:, :-1]
    return inputs


def _sums(states: Tensor, labels: Tensor, head: Head) -> list[float]:
    """Log p of the counted labels of each row, of labels (rows, length) and what predicts each.

    `states` are (rows, length, hidden): the label at a place is predicted by the state there.
    """
    import torch

    log_p = torch.zeros(labels.shape, device=labels.device)
    counted = labels != IGNORED
    log_p[counted] = label_log_likelihoods(states[counted], head, labels[counted])
    return [math.fsum(row) for row in log_p.tolist()]


def _read_whole(headed: Headed, texts: Sequence[Example], pad_id: int, device: Any) -> list[float]:
    def figures(labels: Tensor, hidden: Tensor, head: Head) -> tuple[list[float]]:
        return (label_log_likelihoods(hidden, head, labels).tolist(),)

    return [math.fsum(log_p) for (log_p,) in columns(headed, texts, pad_id, device, figures)]


def _can_share(headed: Headed, device: Any) -> bool:
    """Tried on one token."""
    import torch

    token = torch.ones((1, 1), dtype=torch.long, device=device)
    _, kept = _read(headed, {"input_ids": token, "attention_mask": token})
    return can_repeat(kept)


def _read(headed: Headed, inputs: dict[str, Tensor], kept: Any = None) -> tuple[Tensor, Any]:
    """The states (rows, length, hidden), and the cache of these rows, behind what it had."""
    model: Any = headed.model
    out, kept = read(model.base_model if headed.known else model, inputs, kept)
    return (out.last_hidden_state if headed.known else out.logits), kept
