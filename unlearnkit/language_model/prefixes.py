"""Keys and values of what was read (the KV cache of transformers), kept for what follows it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def read(body: Any, inputs: dict[str, Tensor], kept: Any = None) -> tuple[Any, Any]:
    """What the module gives, and what it keeps, behind what was kept before."""
    given = {} if kept is None else {cache_name(body): kept}
    out = body(**inputs, **given, use_cache=True)
    return out, getattr(out, "cache", None) or getattr(out, "past_key_values", None)


def cache_name(module: Any) -> str:
    """The argument that takes what was kept: transformers 5.2x renamed it."""
    names = inspect.signature(module.forward).parameters
    return "cache" if "cache" in names else "past_key_values"


def can_repeat(kept: Any) -> bool:
    """Whether rows of it can be taken several times: not where a layer has a recurrent state."""
    layers = getattr(kept, "layers", None) or []
    return bool(layers) and all(
        hasattr(one, "batch_select_indices") and not hasattr(one, "update_recurrent_state")
        for one in layers
    )


def read_once(model: Any, inputs: dict[str, Tensor], copies: int) -> Any:
    """What is kept of each row's tokens but the last, each row so many times; equal rows read once.

    For `generate`, whose rows are padded on the left. None where that saves nothing or cannot be.
    """
    import torch

    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    rows = [*map(tuple, torch.cat([ids, mask], dim=1).tolist())]
    first = {row: at for at, row in reversed([*enumerate(rows)])}
    length = ids.shape[1] - 1
    if length == 0 or len(first) == len(rows) * copies:
        return None
    with torch.no_grad():
        some = {name: one[[*first.values()], :length] for name, one in inputs.items()}
        _, kept = read(model.base_model, some)
    if not can_repeat(kept):
        return None
    place = {row: at for at, row in enumerate(first)}
    wanted = [place[row] for row in rows for _ in range(copies)]
    kept.batch_select_indices(torch.tensor(wanted, device=ids.device))
    return kept
