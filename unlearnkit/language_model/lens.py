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
from unlearnkit.language_model.recall import batched
from unlearnkit.language_model.tokens import IGNORED, Example

if TYPE_CHECKING:
    from torch import Tensor

    from unlearnkit.language_model.headed import Headed

BATCH = 16
"""Texts of a forward pass."""


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
    lists, unlisted = _modules(body)
    stacks = [layers for layers in lists if len(layers) == config.num_hidden_layers]
    with torch.no_grad(), _watched([*(stack[-1] for stack in stacks), *unlisted]) as calls:
        ids = torch.arange(3, 9, device=body.device).reshape(1, 6) % config.vocab_size
        final = body(input_ids=ids, use_cache=False).last_hidden_state
    for stack in stacks:
        _, out_of_stack = calls.get(stack[-1], (None, None))
        for norm in unlisted:
            into_norm, out_of_norm = calls.get(norm, (None, None))
            if _same(into_norm, out_of_stack) and _same(out_of_norm, final):
                return Lens(headed, list(stack), norm)
    return None


def token_ranks(
    lens: Lens, texts: Sequence[tuple[Sequence[int], int]], device: Any
) -> list[list[list[int]]]:
    """Of each text, layer by layer: of how many other tokens each of its own is less likely there.

    A text is its tokens and the place from which on they are ranked: 1 at least, for nothing
    precedes the first token. 0: the token is the layer's first choice, alone or beside equal ones.
    """
    import torch

    body: Any = lens.headed.model.base_model
    found: dict[int, list[list[int]]] = {}
    examples = [Example(tuple(ids), (*([IGNORED] * start), *ids[start:])) for ids, start in texts]
    with torch.no_grad(), _watched(lens.layers) as calls:
        for rows, batch in batched(examples, 0, BATCH, device):
            body(**lens.headed.inputs(batch), use_cache=False)
            at, labels = batch.labels[:, 1:] != IGNORED, batch.counted_labels
            states = [calls[layer][1][:, :-1][at] for layer in lens.layers]
            ranks = [_ranks(lens, one, labels) for one in states]
            begin = 0
            for row in rows:
                end = begin + examples[row].counted
                found[row] = [one[begin:end] for one in ranks]
                begin = end
    return [found[at] for at in range(len(texts))]


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
