"""The logit lens: what each layer of a model would say if it were the last (nostalgebraist 2020).

The state that a layer leaves, z_l = head(norm(h_l)), with the model's own final norm and head. For
the last layer these are the model's logits. The norm is not known by name: it is the module outside
the layers that takes what the last layer leaves and gives the body's final state, bit for bit, as
seen in a pass over a few tokens. Where there is no such module nothing can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unlearnkit.language_model.head import parts

if TYPE_CHECKING:
    from torch import Tensor

    from unlearnkit.language_model.headed import Headed


@dataclass(frozen=True, slots=True)
class Lens:
    """A model with its layers and the norm behind them."""

    headed: Headed
    layers: Sequence[Any]
    norm: Any


def lens_of(headed: Headed) -> Lens | None:
    """The lens for this model; None where head, layers or norm are not found."""
    import torch

    if not headed.known:
        return None
    body: Any = headed.model.base_model
    config = headed.model.config.get_text_config()
    lists, others = _modules(body)
    stacks = [one for one in lists if len(one) == config.num_hidden_layers]
    with torch.no_grad(), _watched([*(one[-1] for one in stacks), *others]) as calls:
        ids = torch.arange(3, 9, device=body.device).reshape(1, 6) % config.vocab_size
        final = body(input_ids=ids, use_cache=False).last_hidden_state
    for stack in stacks:
        left = calls.get(stack[-1], (None, None))[1]
        for norm in others:
            taken, given = calls.get(norm, (None, None))
            if _same(taken, left) and _same(given, final):
                return Lens(headed, list(stack), norm)
    return None


def token_ranks(lens: Lens, ids: Sequence[int], start: int, device: Any) -> list[list[int]]:
    """Layer by layer: of how many other tokens each of `ids` from `start` on is less likely there.

    0: it is the layer's first choice, alone or beside equal ones. `start` is 1 at least, for
    nothing precedes the first token. One forward pass.
    """
    import torch

    body: Any = lens.headed.model.base_model
    given = torch.tensor([list(ids)], device=device)
    places = slice(start - 1, len(ids) - 1)
    with torch.no_grad(), _watched(lens.layers) as calls:
        body(input_ids=given, use_cache=False)
        states = [calls[layer][1][0, places] for layer in lens.layers]
        return [_ranks(lens, one, given[0, start:]) for one in states]


def _ranks(lens: Lens, states: Tensor, labels: Tensor) -> list[int]:
    """For states before the norm, (positions, hidden), and the true tokens, (positions,)."""
    head = lens.headed.head()
    found: list[int] = []
    for part in parts(len(labels), head.vocabulary(states)):
        logits = head.logits(lens.norm(states[part]))
        own = logits.gather(-1, labels[part].unsqueeze(-1))
        found += (logits > own).sum(-1).tolist()
    return found


def _modules(body: Any) -> tuple[list[Any], list[Any]]:
    """Every outermost list of modules, and the modules that stand in no list."""
    import torch

    lists, others, waiting = [], [], [body]
    while waiting:
        for one in waiting.pop().children():
            if isinstance(one, torch.nn.ModuleList):
                lists.append(one)
            else:
                others.append(one)
                waiting.append(one)
    return lists, others


@contextmanager
def _watched(modules: Sequence[Any]) -> Iterator[dict[Any, tuple[Any, Any]]]:
    """Module -> what it took and gave when it was last called; of tuples the first."""
    calls: dict[Any, tuple[Any, Any]] = {}

    def note(module: Any, taken: tuple[Any, ...], given: Any) -> None:
        given = given[0] if isinstance(given, tuple) else given
        calls[module] = (taken[0] if taken else None, given)

    hooks = [one.register_forward_hook(note) for one in modules]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def _same(one: Any, other: Any) -> bool:
    import torch

    tensors = isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)
    return tensors and torch.equal(one, other)
