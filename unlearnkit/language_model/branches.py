"""How likely a model finds several continuations of one beginning, which it reads once.

The beginning's keys and values are kept and repeated for every branch (the KV cache of
transformers). Where a model keeps none, or keeps them in a way that cannot be repeated, each branch
is read with the whole beginning before it; the figures are the same to rounding.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.head import Head, parts

if TYPE_CHECKING:
    from torch import Tensor

    from unlearnkit.language_model.headed import Headed

Ids = Sequence[int]


def branch_log_likelihoods(
    headed: Headed, beginning: Ids, branches: Sequence[Ids], device: Any
) -> list[float]:
    """Log p(branch | beginning) of each branch, in nats: the sum over its tokens.

    An empty branch has 0. Raises ValueError when the beginning is empty: nothing precedes the first
    token then.
    """
    import torch

    if not beginning:
        raise ValueError("a branch needs something before it")
    longest = max((len(one) for one in branches), default=0)
    if not longest:
        return [0.0] * len(branches)
    labels = _padded(branches, longest, fill=-1).to(device)
    with torch.no_grad():
        states = _states(headed, beginning, labels.clamp(min=0))
        at = labels >= 0
        gained = torch.zeros(labels.shape, device=device)
        gained[at] = _log_p(states[at], labels[at], headed.head())
    found: list[float] = gained.sum(-1).tolist()
    return found


def _padded(branches: Sequence[Ids], longest: int, *, fill: int) -> Tensor:
    import torch

    return torch.tensor([[*one, *([fill] * (longest - len(one)))] for one in branches])


def _states(headed: Headed, beginning: Ids, branches: Tensor) -> Tensor:
    """The states that predict each token of the branches, (branches, length, hidden)."""
    import torch

    count, length = branches.shape
    start = torch.tensor([list(beginning)], device=branches.device)
    first, kept = _read(headed, start, cache=True)
    if length == 1:
        return first[:, -1:].expand(count, -1, -1)
    if not _repeatable(kept):
        whole = torch.cat([start.expand(count, -1), branches[:, :-1]], dim=1)
        return _read(headed, whole)[0][:, start.shape[1] - 1 :]
    kept.batch_repeat_interleave(count)
    # What pads a short branch stands after its tokens, which do not see it.
    rest, _ = _read(headed, branches[:, :-1], kept, cache=True)
    return torch.cat([first[:, -1:].expand(count, -1, -1), rest], dim=1)


def _repeatable(kept: Any) -> bool:
    """Whether every layer keeps something that can be repeated: a recurrent state cannot."""
    layers = getattr(kept, "layers", None) or []
    return bool(layers) and all(hasattr(one, "batch_repeat_interleave") for one in layers)


def _read(
    headed: Headed, ids: Tensor, kept: Any = None, *, cache: bool = False
) -> tuple[Tensor, Any]:
    """The states (batch, length, hidden), and what is kept of them."""
    model: Any = headed.model
    body = model.base_model if headed.known else model
    given: dict[str, Any] = {"input_ids": ids, "use_cache": cache}
    if kept is not None:
        # transformers 5.2x calls `cache` what it called `past_key_values` before.
        names = inspect.signature(body.forward).parameters
        given["cache" if "cache" in names else "past_key_values"] = kept
    out = body(**given)
    states = out.last_hidden_state if headed.known else out.logits
    return states, getattr(out, "cache", None) or getattr(out, "past_key_values", None)


def _log_p(states: Tensor, labels: Tensor, head: Head) -> Tensor:
    """Log p of each label, (positions,), a chunk of logits at a time."""
    import torch

    found = []
    for part in parts(len(labels), head.vocabulary(states)):
        logits = head.logits(states[part])
        own = logits.gather(-1, labels[part].unsqueeze(-1)).squeeze(-1)
        found.append(own - logits.logsumexp(-1))
    return torch.cat(found)
