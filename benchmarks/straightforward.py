"""RKLU as one would write it from its formulas: the comparison for what the engine saves.

Three whole models in memory, every logit of every position of a batch in float32. The engine's step
has the same loss and the same gradients (tests/unlearning/test_straightforward.py).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from unlearnkit.unlearning.teacher import SECOND, TeacherRule

Tokens = dict[str, Tensor]
"""`input_ids` and `attention_mask`, and `labels` that are -100 where there is no loss."""


def rklu_loss(
    student: Any,
    original: Any,
    strengthened: Any,
    forget: Tokens,
    retain: Tokens,
    *,
    rule: TeacherRule,
    depths: Tensor | None = None,
    level_weight: float = 3.0,
    retain_weight: float = 5.0,
) -> Tensor:
    """KL(U || T) and level term on forget rows, KL(M || U) on retain rows; means over tokens.

    `depths` (batch, length - 1) as in `unlearning/depths.py`.
    """
    with torch.no_grad():
        z_m, z_s = logits(original, forget), logits(strengthened, forget)
        teacher = z_m - rule.alpha * (z_s - z_m).relu()
        if rule.floor:
            teacher = torch.maximum(teacher, torch.minimum(z_m, z_m.mean(-1, keepdim=True)))
        if depths is not None:
            label = one_hot(forget["labels"][:, 1:].clamp(min=0), teacher.shape[-1]).bool()
            others = teacher.masked_fill(label, float("-inf"))
            p = (-depths).exp().unsqueeze(-1)
            deep = others.logsumexp(-1, keepdim=True) + (p / (1 - p)).log()
            deep = torch.minimum(deep, others.amax(-1, keepdim=True) - SECOND)
            teacher = torch.where(label & ~deep.isnan(), deep, teacher)
        ends = torch.isin(forget["labels"][:, 1:], torch.tensor(rule.end_ids, device=z_m.device))
        teacher = torch.where(ends.unsqueeze(-1), z_m, teacher)
        kept = logits(original, retain)
    found = logits(student, forget)
    labels = forget["labels"][:, 1:].clamp(min=0).unsqueeze(-1)
    ours, aim = (z.log_softmax(-1).gather(-1, labels).squeeze(-1) for z in (found, teacher))
    gap = torch.nn.functional.smooth_l1_loss(ours, aim, reduction="none")
    forgetting = kl(found, teacher) + level_weight * gap
    keeping = kl(kept, logits(student, retain))
    kept_loss = retain_weight * masked_mean(keeping, retain["labels"])
    return masked_mean(forgetting, forget["labels"]) + kept_loss


def logits(model: Any, tokens: Tokens) -> Tensor:
    """(batch, length - 1, vocab) in float32: what the model says comes next."""
    found = model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
    next_ones: Tensor = found.logits[:, :-1].float()
    return next_ones


def kl(p_logits: Tensor, q_logits: Tensor) -> Tensor:
    """KL(p || q) at each position."""
    p, q = p_logits.log_softmax(-1), q_logits.log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1)


def masked_mean(values: Tensor, labels: Tensor) -> Tensor:
    """The mean of (batch, length - 1) over the positions that predict a labelled token."""
    mask = labels[:, 1:] != -100
    return (values * mask).sum() / mask.sum()
