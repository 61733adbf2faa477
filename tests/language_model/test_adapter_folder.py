"""Loading a PEFT adapter's folder, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import IA3Config, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

from tests.company import WATCH
from tests.language_model import tiny
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import (
    check_folder,
    load_language_model,
    model_digest,
    model_files,
    save_language_model,
)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny.saved_model(tmp_path / "base")


@pytest.fixture
def adapter(tmp_path: Path, base: Path) -> Path:
    return tiny.saved_adapter(tmp_path / "adapter", base)


def refusal(folder: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load_language_model(folder)
    return caught.value


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_an_adapter_is_merged_into_its_base(kind: str, tmp_path: Path) -> None:
    base = tiny.saved_model(tmp_path / "base", kind)
    adapter = tiny.saved_adapter(tmp_path / "adapter", base)
    apart = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter).eval()
    loaded = load_language_model(adapter)
    assert (loaded.folder, loaded.base) == (adapter, base)
    assert not any("lora" in name for name, _ in loaded.model.named_modules())
    assert torch.allclose(tiny.logits(loaded.model), tiny.logits(apart), atol=1e-5)
    assert not torch.allclose(tiny.logits(loaded.model), tiny.logits(tiny.model(kind)), atol=1e-2)


@pytest.mark.parametrize(
    "settings",
    [
        {"use_dora": True},
        {"use_rslora": True, "rank_pattern": {"q_proj": 7}, "alpha_pattern": {"v_proj": 3}},
        {"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]},
        {"target_modules": ["q_proj", "embed_tokens"], "bias": "none"},
    ],
    ids=["dora", "rank-stabilised", "whole-modules", "embedding"],
)
def test_what_else_peft_merges_is_merged(
    settings: dict[str, object], base: Path, tmp_path: Path
) -> None:
    adapter = tiny.saved_adapter(tmp_path / "adapter", base, **settings)
    apart = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), adapter).eval()
    merged = load_language_model(adapter).model
    assert torch.allclose(tiny.logits(merged), tiny.logits(apart), atol=1e-5)


def test_the_sum_of_a_half_precision_base_and_an_adapter_is_not_rounded(tmp_path: Path) -> None:
    base = tiny.saved_model(tmp_path / "base", dtype=torch.bfloat16)
    adapter = tiny.saved_adapter(tmp_path / "adapter", base)
    whole = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    apart = PeftModel.from_pretrained(whole, adapter).eval()
    loaded = load_language_model(adapter).model
    assert loaded.dtype == torch.float32
    assert torch.allclose(tiny.logits(loaded), tiny.logits(apart), atol=1e-5)
    assert load_language_model(base).model.dtype == torch.bfloat16


def test_a_merged_model_is_saved_as_a_model_of_its_own(adapter: Path, tmp_path: Path) -> None:
    loaded = load_language_model(adapter)
    save_language_model(loaded, tmp_path / "out")
    again = load_language_model(tmp_path / "out")
    assert again.base is None
    assert torch.equal(tiny.logits(again.model), tiny.logits(loaded.model))


def test_the_base_may_be_named_from_the_adapters_folder(adapter: Path, base: Path) -> None:
    tiny.change(adapter, base_model_name_or_path="../base")
    assert load_language_model(adapter).base == base


def test_the_tokenizer_is_the_adapters_where_it_has_one(adapter: Path) -> None:
    assert load_language_model(adapter).tokenizer.chat_template is None
    own = tiny.tokenizer()
    own.chat_template = "{{ messages }}"
    own.save_pretrained(adapter)
    assert load_language_model(adapter).tokenizer.chat_template == "{{ messages }}"


@pytest.mark.parametrize("named", ["someone/a-model-elsewhere", "/nowhere/model", "", None])
def test_a_base_that_is_not_here_is_never_fetched(adapter: Path, named: str | None) -> None:
    tiny.change(adapter, base_model_name_or_path=named)
    said = refusal(adapter)
    assert "the adapter's base model is not here" in said.what
    assert "set base_model_name_or_path in this file to its folder" in said.fix


def test_a_base_that_is_no_whole_model_is_refused(adapter: Path, base: Path) -> None:
    (base / "model.safetensors").unlink()
    said = refusal(adapter)
    assert "the model's weights are missing" in said.what
    assert said.where == str(base)


def test_an_adapter_of_an_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    outer = Path(shutil.copytree(adapter, tmp_path / "outer"))
    tiny.change(outer, base_model_name_or_path=str(adapter))
    assert "the adapter's base is an adapter itself" in refusal(outer).what


def test_an_adapter_beside_a_models_weights_is_refused(adapter: Path, base: Path) -> None:
    shutil.copy(base / "model.safetensors", adapter)
    assert "a model's weights and an adapter" in refusal(adapter).what


def test_pickled_and_missing_weights_are_told_apart(adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").rename(adapter / "adapter_model.bin")
    assert "the adapter's weights are pickled" in refusal(adapter).what
    (adapter / "adapter_model.bin").unlink()
    assert "the adapter's weights are missing" in refusal(adapter).what


def test_torn_weights_are_refused(adapter: Path) -> None:
    weights = adapter / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "cannot be" in refusal(adapter).what


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_settings_that_are_none_are_refused(adapter: Path, content: str) -> None:
    (adapter / "adapter_config.json").write_text(content)
    assert refusal(adapter).where == str(adapter / "adapter_config.json")


def test_another_kind_of_adapter_is_refused(base: Path, tmp_path: Path) -> None:
    settings = IA3Config(task_type="CAUSAL_LM", target_modules=["q_proj"], feedforward_modules=[])
    get_peft_model(tiny.model(), settings).save_pretrained(tmp_path / "ia3")
    tiny.change(tmp_path / "ia3", base_model_name_or_path=str(base))
    said = refusal(tmp_path / "ia3")
    assert "an adapter of the kind IA3 cannot be used" in said.what
    assert "Merge it into its base" in said.fix


@pytest.mark.parametrize(
    ("kind", "changed"),
    [("llama", {"hidden_size": 16}), ("llama", {"num_hidden_layers": 1}), ("phi", {})],
    ids=["narrower", "shallower", "another-architecture"],
)
def test_an_adapter_of_another_model_is_refused(
    adapter: Path, kind: str, changed: dict[str, int], tmp_path: Path
) -> None:
    other = tiny.saved_model(tmp_path / "other", kind, **changed)
    tiny.change(adapter, base_model_name_or_path=str(other))
    said = refusal(adapter)
    assert "the adapter cannot be merged" in said.what or "does not fit its base" in said.what
    assert "the model it was trained on" in said.fix


def test_weights_that_lack_a_layer_are_refused(adapter: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(adapter / "adapter_model.safetensors")
    weights.pop(next(iter(weights)))
    save_file(weights, adapter / "adapter_model.safetensors")
    assert "the adapter does not fit its base: 1 weight," in refusal(adapter).what


def test_a_setting_that_peft_would_leave_out_is_refused(adapter: Path) -> None:
    tiny.change(adapter, use_next_years_lora=True, harmless=None)
    assert "does not know the adapter's use_next_years_lora" in refusal(adapter).what


@pytest.mark.parametrize(
    "settings",
    [{"target_modules": ["lm_head"]}, {"target_modules": ["embed_tokens"]}],
    ids=["head", "embedding"],
)
def test_a_changed_head_is_refused_where_it_is_the_embedding(
    settings: dict[str, object], tmp_path: Path
) -> None:
    base = tiny.saved_model(tmp_path / "base", tie_word_embeddings=True)
    adapter = tiny.saved_adapter(tmp_path / "adapter", base, **settings)
    assert "one matrix in its base" in refusal(adapter).what


def test_the_digest_follows_the_adapter_and_its_base(adapter: Path, base: Path) -> None:
    check_folder(adapter)
    first = model_digest(adapter)
    assert set(model_files(adapter)) >= {"adapter_model.safetensors", "base//model.safetensors"}
    for file in (base / "model.safetensors", adapter / "adapter_model.safetensors"):
        whole = bytearray(file.read_bytes())
        file.write_bytes(bytes(whole[:-1]) + bytes([whole[-1] ^ 1]))
        assert model_digest(adapter) != first
        file.write_bytes(bytes(whole))
    assert model_digest(adapter) == first


def test_a_file_inside_the_adapter_cannot_pass_for_one_of_the_base(
    adapter: Path, base: Path
) -> None:
    before = model_files(adapter)
    (adapter / "base").mkdir()
    (adapter / "base" / "config.json").write_text("{}")
    assert model_files(adapter).items() > before.items()


def test_neither_loading_nor_a_refusal_reaches_for_the_network(adapter: Path) -> None:
    """In a fresh interpreter without HF_HUB_OFFLINE: nothing is left to a variable."""
    script = f"""{WATCH}
from pathlib import Path
from tests.language_model.tiny import change
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import load_language_model
folder = Path(sys.argv[1])
load_language_model(folder)
change(folder, base_model_name_or_path="gpt2")
try:
    load_language_model(folder)
except BadInput:
    print(calls)
"""
    online = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", script, str(adapter)],
        env=online,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
