"""The logit lens against a slow reading by hand, on every architecture, and where it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, OPTConfig

from tests.language_model import tiny
from unlearnkit.language_model import head as heads
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.lens import lens_of, token_ranks

IDS = (0, 17, 40, 33, 90, 12, 55)
NORMS = {"gpt2": "ln_f", "gpt_neox": "final_layer_norm", "phi": "final_layernorm"}
"""What the modules are called in transformers; elsewhere `norm`."""


def ranked_by_hand(model: Any, kind: str, start: int) -> list[list[int]]:
    """One prefix after another, by transformers' own hidden states and the norm by its name.

    Scales and caps of logits are left out: they change no order.
    """
    norm, head = getattr(model.base_model, NORMS.get(kind, "norm")), model.get_output_embeddings()
    found: list[list[int]] = [[] for _ in range(model.config.num_hidden_layers)]
    for at in range(start, len(IDS)):
        given = torch.tensor([IDS[:at]])
        with torch.no_grad():
            states = model(input_ids=given, output_hidden_states=True).hidden_states[1:]
            for layer, state in enumerate(states):
                last = layer == len(states) - 1  # transformers gives this one behind the norm
                logits = head(state[0, -1] if last else norm(state[0, -1])).tolist()
                found[layer].append(sum(one > logits[IDS[at]] for one in logits))
    return found


@pytest.mark.parametrize("kind", tiny.ALL_KINDS)
def test_each_layer_ranks_the_true_token_as_a_reading_by_hand_does(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "ELEMENTS", 2 * tiny.VOCABULARY)
    model = tiny.model(kind)
    with torch.no_grad():  # a norm that does something: its weights are all alike in a new model
        for name, one in model.named_parameters():
            if "norm" in name or "ln_" in name:
                one.add_(torch.randn(one.shape, generator=torch.Generator().manual_seed(4)))
    lens = lens_of(Headed(model))
    assert lens is not None
    [found] = token_ranks(lens, [(IDS, 2)], "cpu")
    assert found == ranked_by_hand(model, kind, 2)
    assert len(found) == 2 and len(found[0]) == len(IDS) - 2
    assert found[0] != found[1]


def test_the_last_layer_is_what_the_model_says() -> None:
    model = tiny.model("llama")
    lens = lens_of(Headed(model))
    assert lens is not None
    with torch.no_grad():
        choices = model(torch.tensor([IDS])).logits[0, :-1].argmax(-1).tolist()
    ids = (IDS[0], *choices)
    for at in range(1, len(ids)):
        last = token_ranks(lens, [((*IDS[:at], choices[at - 1]), at)], "cpu")[0][-1]
        assert last == [0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_the_norm_is_found_in_the_precision_a_model_is_stored_in(dtype: torch.dtype) -> None:
    lens = lens_of(Headed(tiny.model("llama").to(dtype)))
    assert lens is not None
    assert type(lens.norm).__name__ == "LlamaRMSNorm"


class Doubled(torch.nn.Module):
    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return 2 * states


def test_all_that_stands_between_the_layers_and_the_end_is_taken_together() -> None:
    model = tiny.model("llama")
    model.base_model.norm = torch.nn.Sequential(Doubled(), model.base_model.norm)
    lens = lens_of(Headed(model))
    assert lens is not None and isinstance(lens.norm, torch.nn.Sequential)


def test_a_model_in_which_no_single_module_leads_to_the_end_is_not_read() -> None:
    model = tiny.model("llama")
    model.base_model.register_forward_hook(lambda *given: doubled(given[2]))
    headed = Headed(model)
    assert headed.known
    assert lens_of(headed) is None


def test_a_model_without_a_final_norm_is_not_read() -> None:
    """OPT's early form has its norms within the layers, and none behind them."""
    size = {"hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    given = size | {"vocab_size": 260, "max_position_embeddings": 64, "word_embed_proj_dim": 32}
    model = AutoModelForCausalLM.from_config(OPTConfig(**given, do_layer_norm_before=False)).eval()
    headed = Headed(model)
    assert headed.known
    assert lens_of(headed) is None


def doubled(out: Any) -> Any:
    out.last_hidden_state = 2 * out.last_hidden_state
    return out


def test_a_model_with_an_unknown_head_is_not_read() -> None:
    model = tiny.model("llama")
    headed = Headed(model)
    headed.known = False
    assert lens_of(headed) is None


def test_nothing_is_left_on_the_model() -> None:
    model = tiny.model("llama")
    before = tiny.logits(model)
    lens = lens_of(Headed(model))
    assert lens is not None
    token_ranks(lens, [(IDS, 1)], "cpu")
    assert not any(one._forward_hooks for one in model.modules())
    assert torch.equal(tiny.logits(model), before)
