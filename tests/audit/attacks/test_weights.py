from __future__ import annotations

import pytest
import torch

from tests.language_model import tiny
from unlearnkit.audit.attacks.pruning import pruned
from unlearnkit.audit.attacks.weights import change_linear_weights, restored


def test_the_smallest_thirty_percent_become_zero_and_the_rest_stays() -> None:
    weight = torch.tensor([[0.1, -5.0, 3.0, 0.2, -0.3], [9.0, 8.0, -7.0, 6.0, 4.0]])
    assert pruned(weight).tolist() == [[0.0, -5.0, 3.0, 0.0, 0.0], [9.0, 8.0, -7.0, 6.0, 4.0]]


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_every_matrix_inside_the_layers_changes_and_nothing_else(kind: str) -> None:
    model = tiny.model(kind)
    before = {name: one.clone() for name, one in model.named_parameters()}
    reached = change_linear_weights(model, torch.zeros_like)
    changed = {name for name, one in model.named_parameters() if not torch.equal(one, before[name])}
    inside = {
        name
        for name, one in before.items()
        if one.ndim == 2 and not any(part in name for part in ("embed", "wte", "wpe", "head"))
    }
    assert changed == inside
    whole = sum(one.numel() for one in before.values())
    assert reached == pytest.approx(sum(before[name].numel() for name in inside) / whole)


def test_a_row_is_what_one_output_is_made_of_in_gpt2_too() -> None:
    """GPT-2's matrices lie on their side: what is given out keeps one step for each output."""
    model = tiny.model("gpt2")
    layer = model.transformer.h[0].mlp.c_fc
    seen: list[tuple[int, ...]] = []

    def look(weight: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(weight.shape))
        return weight * 2

    before = layer.weight.clone()
    change_linear_weights(model, look)
    assert (96, 32) in seen and (32, 96) not in seen
    assert torch.equal(layer.weight, before * 2)


def test_weights_dtypes_and_mode_are_put_back() -> None:
    model = tiny.model().to(torch.bfloat16)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    with pytest.raises(RuntimeError, match="stop"), restored(model):
        model.float().train()
        change_linear_weights(model, torch.zeros_like)
        raise RuntimeError("stop")
    assert not model.training
    for name, one in model.state_dict().items():
        assert one.dtype is before[name].dtype
        assert torch.equal(one, before[name])
