"""LoRA adapters: put on, taken off, and written so that PEFT, and we, read the same model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from tests.language_model import tiny
from unlearnkit.artefacts import folder_digests
from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapters import check_extendable, save_adapter, unload, with_adapter
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    save_language_model,
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny.saved_model(tmp_path / "base")


def trained(original: LanguageModel, seed: int = 2, rank: int = 3, **given: Any) -> Any:
    """The original with a new adapter that training has changed."""
    made = with_adapter(original.model.float(), rank, 5.0, **given).eval()
    tiny.shake(made, seed)
    return made


def read_by_peft(adapter: Path) -> Any:
    """Base and adapter as PEFT puts them together, not merged."""
    settings = json.loads((adapter / "adapter_config.json").read_text())
    base = AutoModelForCausalLM.from_pretrained(
        settings["base_model_name_or_path"], dtype=torch.float32
    )
    return PeftModel.from_pretrained(base, adapter).eval()


def assert_same(one: Any, other: Any) -> None:
    assert torch.allclose(tiny.logits(one), tiny.logits(other), atol=1e-5)


# --- on and off --------------------------------------------------------------------------------


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", tiny.KINDS)
def test_an_adapter_lies_on_every_linear_layer_but_the_head(kind: str, tied: bool) -> None:
    model = tiny.model(kind, tie_word_embeddings=tied)
    linear = {
        name
        for name, module in model.named_modules()
        if type(module).__name__ in ("Linear", "Conv1D") and module.weight.ndim == 2
    }
    head = {name for name in linear if name in ("lm_head", "embed_out")}
    made = with_adapter(model, 4, 8.0)
    trainable = {name for name, one in made.named_parameters() if one.requires_grad}
    assert trainable == {
        f"base_model.model.{name}.lora_{which}.unlearning.weight"
        for name in linear - head
        for which in "AB"
    }
    assert len(head) == 1
    assert len(trainable) >= 16


def test_a_new_adapter_changes_nothing_and_is_trained_in_float32() -> None:
    plain = tiny.model().to(torch.bfloat16)
    before = tiny.logits(plain)
    made = with_adapter(plain, 4, 8.0)
    assert torch.equal(tiny.logits(made), before)
    for name, one in made.named_parameters():
        assert one.dtype == (torch.float32 if "lora" in name else torch.bfloat16)


def test_an_adapter_comes_from_its_seed_and_leaves_other_random_numbers_alone() -> None:
    def drawn(seed: int) -> torch.Tensor:
        made = with_adapter(tiny.model(), 4, 8.0, seed)
        return torch.cat([one.flatten() for one in made.parameters() if one.requires_grad])

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
    model = tiny.model()
    torch.manual_seed(5)
    undisturbed = torch.rand(3)
    torch.manual_seed(5)
    with_adapter(model, 4, 8.0)
    assert torch.equal(torch.rand(3), undisturbed)


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_taken_off_the_model_is_what_it_was_to_the_last_byte(kind: str, tmp_path: Path) -> None:
    original = LanguageModel(tiny.model(kind), tiny.tokenizer())
    save_language_model(original, tmp_path / "before")
    made = with_adapter(original.model, 4, 8.0)
    optimizer = torch.optim.SGD([one for one in made.parameters() if one.requires_grad], lr=1.0)
    ids = torch.arange(3, 13)[None]
    made(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    assert not torch.equal(tiny.logits(made), tiny.logits(tiny.model(kind)))
    assert unload(made) is original.model
    save_language_model(original, tmp_path / "after")
    assert folder_digests(tmp_path / "after") == folder_digests(tmp_path / "before")


# --- written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_a_written_adapter_and_its_base_are_the_model_it_came_from(
    kind: str, tmp_path: Path
) -> None:
    base = tiny.saved_model(tmp_path / "base", kind)
    original = load_language_model(base)
    made = trained(original)
    save_adapter(original, made, tmp_path / "out")
    assert_same(load_language_model(tmp_path / "out").model, made)
    assert_same(read_by_peft(tmp_path / "out"), made)
    assert load_language_model(tmp_path / "out").base == base
    assert not torch.allclose(tiny.logits(made), tiny.logits(tiny.model(kind)), atol=1e-2)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"r": 1, "target_modules": ["q_proj"]},
        {"layers_to_transform": [1], "target_modules": ["v_proj"], "init_lora_weights": "gaussian"},
        {"rank_pattern": {"q_proj": 7}, "alpha_pattern": {r"layers\.1\.self_attn\.v_proj": 3}},
        {"use_rslora": True},
    ],
    ids=["plain", "one-matrix", "one-layer", "patterns", "rank-stabilised"],
)
def test_an_adapter_on_an_adapter_is_written_as_one_that_holds_both(
    settings: dict[str, Any], base: Path, tmp_path: Path
) -> None:
    original = load_language_model(tiny.saved_adapter(tmp_path / "given", base, **settings))
    check_extendable(original)
    made = trained(original)
    save_adapter(original, made, tmp_path / "out")
    again = load_language_model(tmp_path / "out")
    assert again.base == base
    assert_same(again.model, made)
    assert_same(read_by_peft(tmp_path / "out"), made)


def test_both_are_held_for_transposed_layers_too(tmp_path: Path) -> None:
    base = tiny.saved_model(tmp_path / "base", "gpt2")
    original = load_language_model(tiny.saved_adapter(tmp_path / "given", base))
    made = trained(original)
    save_adapter(original, made, tmp_path / "out")
    assert_same(load_language_model(tmp_path / "out").model, made)


def test_on_a_half_precision_base_nothing_is_rounded(tmp_path: Path) -> None:
    base = tiny.saved_model(tmp_path / "base", dtype=torch.bfloat16)
    original = load_language_model(tiny.saved_adapter(tmp_path / "given", base))
    made = trained(original)
    save_adapter(original, made, tmp_path / "out")
    assert_same(load_language_model(tmp_path / "out").model, made)


def test_an_adapter_can_be_added_to_again(base: Path, tmp_path: Path) -> None:
    folder = base
    for round_ in range(3):
        original = load_language_model(folder)
        made = trained(original, seed=round_)
        folder = tmp_path / f"round-{round_}"
        save_adapter(original, made, folder)
        assert_same(load_language_model(folder).model, made)


def test_of_several_adapters_the_named_one_is_written(base: Path, tmp_path: Path) -> None:
    original = load_language_model(base)
    made = trained(original, name="student")
    made.add_adapter("teacher", made.peft_config["student"])
    save_adapter(original, made, tmp_path / "out", "student")
    assert_same(load_language_model(tmp_path / "out").model, made)
    save_adapter(original, made, tmp_path / "out", "teacher")
    assert_same(load_language_model(tmp_path / "out").model, tiny.model())


def test_the_folder_holds_adapter_and_tokenizer_and_replaces_what_was_there(
    base: Path, tmp_path: Path
) -> None:
    original = load_language_model(base)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "left-over.bin").touch()
    made = trained(original)
    save_adapter(original, made, tmp_path / "out")
    first = folder_digests(tmp_path / "out")
    assert set(first) == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    save_adapter(original, made, tmp_path / "out")
    assert folder_digests(tmp_path / "out") == first


def test_the_settings_are_the_same_text_each_time(base: Path, tmp_path: Path) -> None:
    """PEFT keeps the layers as a set, whose order changes from process to process."""
    original = load_language_model(base)
    save_adapter(original, trained(original), tmp_path / "out")
    settings = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert settings["target_modules"] == sorted(settings["target_modules"])
    assert settings["base_model_name_or_path"] == str(base)
    assert settings["r"] == settings["lora_alpha"] == 3


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"modules_to_save": ["lm_head"], "target_modules": ["q_proj"]}, "modules_to_save"),
        ({"target_modules": ["embed_tokens"]}, "weights besides LoRA's two matrices"),
        ({"target_modules": ["lm_head"]}, "weights besides LoRA's two matrices"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights"),
    ],
    ids=["dora", "whole-modules", "embedding", "head", "base-changed"],
)
def test_an_adapter_that_is_more_than_lora_is_refused_before_any_training(
    settings: dict[str, Any], told: str, base: Path, tmp_path: Path
) -> None:
    original = load_language_model(tiny.saved_adapter(tmp_path / "given", base, **settings))
    with pytest.raises(BadInput, match=f"more than plain LoRA .*{told}") as caught:
        check_extendable(original)
    assert "written whole" in caught.value.fix
    with pytest.raises(BadInput, match="more than plain LoRA"):
        save_adapter(original, trained(original), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_whole_model_can_always_be_extended(base: Path, tmp_path: Path) -> None:
    original = load_language_model(base)
    check_extendable(original)
    made = trained(original)
    save_adapter(original, made, tmp_path / "out")
    assert_same(read_by_peft(tmp_path / "out"), made)


def test_a_model_from_nowhere_has_no_base_to_name(tmp_path: Path) -> None:
    original = LanguageModel(tiny.model(), tiny.tokenizer())
    with pytest.raises(ValueError, match="names its base's folder"):
        save_adapter(original, trained(original), tmp_path / "out")
