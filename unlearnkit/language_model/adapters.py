"""LoRA adapters to train on a model, to take off again, and to write as a PEFT adapter folder."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapter_folder import (
    CONFIG,
    WEIGHTS,
    adapter_settings,
    without_warnings,
)
from unlearnkit.language_model.folder import LanguageModel, quiet_transformers, written_whole

NAME = "unlearning"
PREFIX = "base_model.model."
A, B = ".lora_A.weight", ".lora_B.weight"
INDIFFERENT = frozenset(
    {
        "peft_type",
        "task_type",
        "auto_mapping",
        "base_model_name_or_path",
        "revision",
        "inference_mode",
        "peft_version",
        "r",
        "lora_alpha",
        "lora_dropout",
        "use_rslora",
        "rank_pattern",
        "alpha_pattern",
        "fan_in_fan_out",
        "init_lora_weights",
        "eva_config",
        "target_modules",
        "exclude_modules",
        "layers_to_transform",
        "layers_pattern",
    }
)
"""Settings that may be anything: the change an adapter makes is still B A times a number."""
PLAIN_BEGINNINGS = (True, False, "gaussian", "orthogonal", "eva")
"""Values of init_lora_weights that leave the base's own weights as they are."""

Pair = tuple[Any, Any]
"""A layer's two matrices, A (rank x in) and B (out x rank), in float32 and scaled: B A is added."""


def with_adapter(model: Any, rank: int, alpha: float, seed: int = 0, name: str = NAME) -> Any:
    """The model as a PeftModel with a new LoRA adapter on every linear layer but the head.

    Only the adapter can be trained, in float32 and without dropout; the model's own weights are
    frozen. B is zero, so nothing is changed yet; A is drawn from the seed, and torch's own random
    numbers go on as if nothing was drawn.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    settings = LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices), without_warnings():
        torch.manual_seed(seed)
        return get_peft_model(model, settings, adapter_name=name)


def unload(adapted: Any) -> Any:
    """The model that `with_adapter` was given, bit for bit, without adapters; it stays frozen."""
    return adapted.unload()


def check_extendable(original: LanguageModel) -> None:
    """Raise BadInput when `original` is an adapter that `save_adapter` could not add to.

    To be called before any training. What PEFT can merge may be more than a product of two
    matrices (DoRA, whole layers, embeddings); such a sum is no LoRA adapter.
    """
    if original.base is None or original.folder is None:
        return
    from peft import LoraConfig

    defaults: dict[str, Any] = LoraConfig().to_dict()  # type: ignore[no-untyped-call]
    settings = adapter_settings(original.folder)
    more = {
        name
        for name, default in defaults.items()
        if name not in INDIFFERENT and settings.get(name, default) != default
    }
    if settings.get("init_lora_weights", True) not in PLAIN_BEGINNINGS:
        more.add("init_lora_weights")
    if not more and _has_other_weights(original.folder):
        more.add("weights besides LoRA's two matrices")
    if more:
        raise BadInput(
            f"the adapter is more than plain LoRA ({', '.join(sorted(more))}), "
            "so no adapter can hold it and a new one",
            where=original.folder,
            fix="Have the unlearned model written whole (merged), not as an adapter.",
        )


def save_adapter(original: LanguageModel, adapted: Any, folder: Path, name: str = NAME) -> None:
    """Write the adapter `name` of `adapted`, a PeftModel on `original`'s model, with tokenizer.

    The folder is PEFT's: it names the original's folder as its base or, where the original was an
    adapter itself, that adapter's base; then it holds both, one matrix beside the other, and the
    sum is exact. Written whole or not at all.

    Raises BadInput when the disk is full, or what `check_extendable` raises; ValueError when the
    original was not loaded from a folder.
    """
    from safetensors.torch import save_file

    base = original.base or original.folder
    if base is None:
        raise ValueError("an adapter names its base's folder, and this model has none")
    check_extendable(original)
    pairs = _pairs_of(adapted, name)
    if original.base is not None and original.folder is not None:
        pairs = _stacked(_pairs_in(original.folder), pairs)
    tensors = {
        f"{PREFIX}{layer}{suffix}": matrix.contiguous()
        for layer, pair in pairs.items()
        for suffix, matrix in zip((A, B), pair, strict=True)
    }
    quiet_transformers()
    with written_whole(folder) as temporary:
        save_file(tensors, temporary / WEIGHTS, metadata={"format": "pt"})
        settings = _settings(pairs, base, fan_in_fan_out=_any_transposed(adapted, name))
        (temporary / CONFIG).write_text(settings, encoding="utf-8")
        original.tokenizer.save_pretrained(temporary)


def _settings(pairs: dict[str, Pair], base: Path, *, fan_in_fan_out: bool) -> str:
    """adapter_config.json, the same text each time: PEFT writes its sets in any order.

    Every alpha is its layer's rank, so that the scaling is 1: it is in the matrices.
    """
    from peft import LoraConfig

    ranks = {layer: int(pair[0].shape[0]) for layer, pair in pairs.items()}
    most = max(ranks.values())
    others = {layer: rank for layer, rank in ranks.items() if rank != most}
    settings: Any = LoraConfig(
        base_model_name_or_path=str(base.resolve()),
        task_type="CAUSAL_LM",
        inference_mode=True,
        target_modules=list(ranks),
        r=most,
        lora_alpha=most,
        rank_pattern=others,
        alpha_pattern=others,
        fan_in_fan_out=fan_in_fan_out,
    )
    return json.dumps(settings.to_dict(), indent=2, sort_keys=True, default=sorted) + "\n"


def _layers(adapted: Any, name: str) -> dict[str, Any]:
    """The LoRA layers that have the adapter, by their names in the base."""
    from peft.tuners.lora import LoraLayer

    return {
        layer: module
        for layer, module in adapted.base_model.model.named_modules()
        if isinstance(module, LoraLayer) and name in module.lora_A
    }


def _any_transposed(adapted: Any, name: str) -> bool:
    """Whether the layers keep their weights transposed, as GPT-2's do: PEFT wants to be told."""
    return any(getattr(one, "fan_in_fan_out", False) for one in _layers(adapted, name).values())


def _pairs_of(adapted: Any, name: str) -> dict[str, Pair]:
    """The matrices of a live adapter."""
    return {
        layer: (
            module.lora_A[name].weight.detach().float().cpu() * module.scaling[name],
            module.lora_B[name].weight.detach().float().cpu(),
        )
        for layer, module in _layers(adapted, name).items()
    }


def _pairs_in(adapter: Path) -> dict[str, Pair]:
    """The matrices of a plain LoRA adapter's folder."""
    from safetensors.torch import load_file

    weights = load_file(adapter / WEIGHTS)
    settings = adapter_settings(adapter)
    layers = [name.removeprefix(PREFIX).removesuffix(A) for name in weights if name.endswith(A)]
    return {
        layer: (
            weights[f"{PREFIX}{layer}{A}"].float() * _scaling(settings, layer),
            weights[f"{PREFIX}{layer}{B}"].float(),
        )
        for layer in layers
    }


def _scaling(settings: dict[str, Any], layer: str) -> float:
    """One layer's alpha / r, or alpha / sqrt(r), as PEFT finds it (LoraModel, LoraLayer)."""
    from peft.utils.other import get_pattern_key

    def of(patterns: dict[str, float], otherwise: float) -> float:
        return patterns.get(get_pattern_key(list(patterns), layer), otherwise)

    rank = of(settings.get("rank_pattern") or {}, settings.get("r", 8))
    alpha = of(settings.get("alpha_pattern") or {}, settings.get("lora_alpha", 8))
    return alpha / (math.sqrt(rank) if settings.get("use_rslora") else rank)


def _has_other_weights(adapter: Path) -> bool:
    """Whether there are tensors that are not one of a linear layer's two matrices."""
    from safetensors import safe_open

    with safe_open(adapter / WEIGHTS, framework="pt") as file:
        return any(
            not name.endswith((A, B)) or len(file.get_slice(name).get_shape()) != 2
            for name in file.keys()  # noqa: SIM118 - the file itself cannot be iterated over
        )


def _stacked(first: dict[str, Pair], second: dict[str, Pair]) -> dict[str, Pair]:
    """Both adapters as one: [B1 B2] [A1 over A2] = B1 A1 + B2 A2, layer by layer."""
    import torch

    both = first | second
    for layer in first.keys() & second.keys():
        (a1, b1), (a2, b2) = first[layer], second[layer]
        both[layer] = (torch.cat([a1, a2]), torch.cat([b1, b2], dim=1))
    return both
