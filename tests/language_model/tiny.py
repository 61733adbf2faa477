"""Random models of many architectures, so small that they are made in a moment, and adapters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    PhiConfig,
    PreTrainedConfig,
    Qwen3Config,
)

from unlearnkit.demo.training import train_tokenizer
from unlearnkit.language_model.folder import LanguageModel, save_language_model

KINDS = ("llama", "gpt2", "gpt_neox", "phi")
ALL_KINDS = (*KINDS, "mistral", "qwen3", "gemma3_text", "gemma2", "granite", "cohere")
VOCABULARY = 260
TEXTS = ("amber basin cedar", "delta ember fjord 12")


def config(kind: str, **changed: Any) -> PreTrainedConfig:
    """Hidden 32, two layers."""
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
    size = ends | {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "tie_word_embeddings": False,
    }
    gpt2 = ends | {
        "vocab_size": VOCABULARY,
        "n_embd": 32,
        "n_layer": 2,
        "n_head": 2,
        "n_positions": 64,
    }
    grouped = size | {"num_key_value_heads": 1, "head_dim": 16}
    made: dict[str, tuple[type[PreTrainedConfig], dict[str, Any]]] = {
        "llama": (LlamaConfig, size),
        "gpt2": (GPT2Config, gpt2),
        "gpt_neox": (GPTNeoXConfig, size),
        "phi": (PhiConfig, size),
        "mistral": (MistralConfig, grouped | {"sliding_window": 8}),
        "qwen3": (Qwen3Config, grouped),
        "gemma3_text": (Gemma3TextConfig, grouped | {"sliding_window": 8}),
        "gemma2": (Gemma2Config, grouped | {"final_logit_softcapping": 4.0}),
        "granite": (GraniteConfig, size | {"logits_scaling": 4.0}),
        "cohere": (CohereConfig, size | {"logit_scale": 0.25}),
    }
    of, given = made[kind]
    return of(**given | changed)


def tokenizer() -> Any:
    return train_tokenizer(TEXTS, VOCABULARY, 2)


def model(kind: str = "llama", seed: int = 0, **changed: Any) -> Any:
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(config(kind, **changed)).eval()


def saved_model(folder: Path, kind: str = "llama", *, dtype: Any = None, **changed: Any) -> Path:
    """A folder with a random model and a tokenizer."""
    save_language_model(LanguageModel(model(kind, **changed).to(dtype), tokenizer()), folder)
    return folder


def adapted(base: Any, seed: int = 1, **settings: Any) -> Any:
    """The base with a LoRA adapter whose every weight is random."""
    given = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}
    made = get_peft_model(base, LoraConfig(**given | settings)).eval()
    shake(made, seed)
    return made


def shake(peft_model: Any, seed: int) -> None:
    """Random weights in everything that can be trained: a new adapter alone changes nothing."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in peft_model.parameters():
            if parameter.requires_grad:
                parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.1)


def saved_adapter(folder: Path, base: Path, seed: int = 1, **settings: Any) -> Path:
    """What PEFT's own save_pretrained writes for an adapter of the model in `base`."""
    adapted(AutoModelForCausalLM.from_pretrained(base), seed, **settings).save_pretrained(folder)
    change(folder, base_model_name_or_path=str(base))
    return folder


def change(adapter: Path, **settings: Any) -> None:
    """Change the adapter's settings."""
    file = adapter / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def logits(model: Any) -> torch.Tensor:
    """What the model says after some tokens."""
    with torch.no_grad():
        found: torch.Tensor = model(torch.arange(3, 23).reshape(2, 10)).logits.float()
    return found
