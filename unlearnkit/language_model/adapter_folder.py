"""A PEFT adapter's folder: which base it belongs to, whether it can be used, and its merging."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from unlearnkit.counted import counted
from unlearnkit.errors import BadInput

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
PICKLED = "adapter_model.bin"
FIT = "Check that its base_model_name_or_path is the model it was trained on."


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds a PEFT adapter, of whatever kind and in whatever state."""
    return (folder / CONFIG).is_file()


def base_of(adapter: Path) -> Path:
    """The folder of the model that the adapter belongs to.

    Raises BadInput when adapter_config.json cannot be read or names no local folder: nothing is
    ever downloaded.
    """
    named = adapter_settings(adapter).get("base_model_name_or_path")
    if not isinstance(named, str) or not named or not (adapter / named).is_dir():
        raise BadInput(
            f"the adapter's base model is not here: {named or 'none is named'}",
            where=adapter / CONFIG,
            fix="Download the base model, and set base_model_name_or_path in this file to its "
            "folder (absolute, or relative to the adapter's). It is never fetched from a network.",
        )
    return (adapter / named).resolve()


def adapter_settings(adapter: Path) -> dict[str, Any]:
    """adapter_config.json as it stands. Raises BadInput when it is no JSON object."""
    path = adapter / CONFIG
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot be read: {error}", where=path) from None
    if not isinstance(found, dict):
        raise BadInput("not the settings of an adapter: no JSON object", where=path)
    return found


def check_adapter(folder: Path) -> None:
    """Raise BadInput unless this is a LoRA adapter in safetensors whose base is a local folder."""
    kind = adapter_settings(folder).get("peft_type")
    if kind != "LORA":
        raise BadInput(
            f"an adapter of the kind {kind} cannot be used, only LoRA",
            where=folder / CONFIG,
            fix="Merge it into its base with PEFT, save the merged model, and give that folder.",
        )
    if not (folder / WEIGHTS).is_file():
        pickled = (folder / PICKLED).is_file()
        raise BadInput(
            f"the adapter's weights are {'pickled' if pickled else 'missing'} (no {WEIGHTS})",
            where=folder,
            fix="Save the adapter with PEFT's save_pretrained(folder); pickled weights are not "
            "read: unpickling runs code.",
        )
    base = base_of(folder)
    if is_adapter(base):
        raise BadInput(
            "the adapter's base is an adapter itself",
            where=base,
            fix="Merge the two adapters, or the inner one into its base.",
        )


def merge_adapter(model: Any, folder: Path) -> Any:
    """The base `model` (on the CPU) with the adapter's changes added to its weights, in place.

    Raises BadInput when the adapter does not fit this model or cannot be merged.
    """
    from peft import LoraConfig, PeftModel

    _refuse_unknown_settings(folder)
    _refuse_tied_layers(model, folder)
    # PEFT raises anything; the user gets one message.
    try:
        with without_warnings():
            adapted: Any = PeftModel(model, LoraConfig.from_pretrained(str(folder)))
            result = adapted.load_adapter(str(folder), "default", torch_device="cpu")
            wrong = sorted(result.missing_keys) + sorted(result.unexpected_keys)
            merged: Any = None if wrong else adapted.merge_and_unload(safe_merge=True)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BadInput(f"the adapter cannot be merged: {said}", where=folder, fix=FIT) from error
    if wrong:
        raise BadInput(
            f"the adapter does not fit its base: {counted(len(wrong), 'weight')}, "
            f"first: {wrong[0]}",
            where=folder,
            fix=FIT,
        )
    return merged.requires_grad_(True)


@contextmanager
def without_warnings() -> Iterator[None]:
    """Python's warnings off: PEFT tells of things it has itself put right."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def weight_names(adapter: Path) -> list[str]:
    """The names of the adapter's tensors. Raises BadInput when the file is torn."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(adapter / WEIGHTS, framework="pt") as file:
            return list(file.keys())
    except (OSError, SafetensorError) as error:
        raise BadInput(
            f"the adapter's weights cannot be read: {error}", where=adapter / WEIGHTS
        ) from None


def _refuse_unknown_settings(folder: Path) -> None:
    """PEFT leaves out what it does not know, and the model would be another one."""
    from peft import LoraConfig

    settings = adapter_settings(folder)
    unknown = settings.keys() - {one.name for one in fields(LoraConfig)}
    switched_on = [
        name
        for name in unknown
        if settings[name] is True or (isinstance(settings[name], dict) and settings[name])
    ]
    if switched_on:
        raise BadInput(
            f"this version of PEFT does not know the adapter's {', '.join(sorted(switched_on))}",
            where=folder / CONFIG,
            fix="Update peft, or merge the adapter with the version that made it.",
        )


def _refuse_tied_layers(model: Any, folder: Path) -> None:
    """A change of the head would, once merged, change the embedding too, and the other way."""
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    if head is None or head.weight is not embedding.weight:
        return
    tied = [name for name, module in model.named_modules() if module in (embedding, head)]
    touched = [one for one in weight_names(folder) if any(f".{name}." in one for name in tied)]
    if touched:
        raise BadInput(
            "the adapter changes the head or the embedding, which are one matrix in its base: "
            f"{touched[0]}",
            where=folder,
            fix="Merge it with PEFT into a model whose head is not tied, and give that folder.",
        )
