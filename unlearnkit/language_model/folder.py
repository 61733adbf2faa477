"""A model folder in Hugging Face format: loaded with checks, written whole or not at all."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import digest_of, folder_digests
from unlearnkit.errors import BadInput

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A causal language model and its tokenizer (transformers' own classes)."""

    model: Any
    tokenizer: Any


def check_folder(folder: Path) -> None:
    """Raise BadInput unless `folder` holds a config, safetensors weights and a tokenizer.

    Pickled weights are not read: unpickling runs code.
    """
    if not (folder / "config.json").is_file():
        raise BadInput(
            "not a model folder: config.json is missing",
            where=folder,
            fix="Give the folder that save_pretrained() wrote.",
        )
    if not any((folder / name).is_file() for name in WEIGHTS):
        raise BadInput(
            "the model's weights are missing (no model.safetensors or its index)",
            where=folder,
            fix="Save the model with save_pretrained(folder); pickled weights are not read.",
        )
    if not any((folder / name).is_file() for name in TOKENIZER):
        raise BadInput(
            "the model folder has no tokenizer",
            where=folder,
            fix="Save it beside the weights: tokenizer.save_pretrained(folder).",
        )


def quiet_transformers() -> Any:
    """The transformers module, without its own progress bars and warnings between ours."""
    import transformers

    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return transformers


def load_language_model(folder: Path) -> LanguageModel:
    """Load weights (their own dtype) and tokenizer from a local folder; the network is never asked.

    Raises BadInput when something is missing or does not fit, weights left uninitialised included.
    """
    check_folder(folder)
    transformers = quiet_transformers()
    # The loaders raise anything; the user gets one message.
    try:
        model, info = transformers.AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, output_loading_info=True, dtype="auto"
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:
        raise BadInput(
            f"the model cannot be loaded: {type(error).__name__}: {str(error).splitlines()[0]}",
            where=folder,
        ) from error
    if info["missing_keys"] or info["mismatched_keys"]:
        missing = sorted(info["missing_keys"]) + sorted(str(key) for key in info["mismatched_keys"])
        raise BadInput(
            f"{len(missing)} of the model's weights are missing or misshapen, first: {missing[0]}",
            where=folder,
            fix="The folder is incomplete; copy it again from where it was trained.",
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    model.eval()
    return LanguageModel(model, tokenizer)


def save_language_model(language_model: LanguageModel, folder: Path) -> None:
    """Write model and tokenizer to a folder beside `folder`, then rename: never a half model.

    Raises BadInput when the disk is full or cannot be written.
    """
    from safetensors import SafetensorError

    quiet_transformers()
    temporary = folder.with_name(f".{folder.name}.partial")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        language_model.model.save_pretrained(temporary)
        language_model.tokenizer.save_pretrained(temporary)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise BadInput(
            f"the model cannot be written: {error}",
            where=folder,
            fix="Free some disk space or choose another folder, then run the same command again.",
        ) from error


def model_digest(folder: Path) -> str:
    """One hex SHA-256 over every file of the model folder."""
    return digest_of(folder_digests(folder))
