"""A model folder in Hugging Face format: loaded with checks, written whole or not at all.

It holds a whole model, or a PEFT adapter that names the folder of its base.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import digest_of, disk_failed, folder_digests
from unlearnkit.counted import counted, noun
from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapter_folder import (
    CONFIG,
    base_of,
    check_adapter,
    is_adapter,
    merge_adapter,
)

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A causal language model and its tokenizer (transformers' own classes)."""

    model: Any
    tokenizer: Any
    folder: Path | None = None
    """Where it was loaded from: a model's folder, or an adapter's."""
    base: Path | None = None
    """The base's folder, where `folder` is an adapter's, which was merged into the weights."""


def check_folder(folder: Path) -> None:
    """Raise BadInput unless `folder` holds a config, safetensors weights and a tokenizer.

    Or a LoRA adapter in safetensors whose base is such a folder; the tokenizer is the adapter's
    or the base's. Pickled weights are not read: unpickling runs code.
    """
    if is_adapter(folder):
        if any((folder / name).is_file() for name in WEIGHTS):
            raise BadInput(
                f"the folder holds a model's weights and an adapter ({CONFIG})",
                where=folder,
                fix="Move one of them to a folder of its own.",
            )
        check_adapter(folder)
    whole = base_of(folder) if is_adapter(folder) else folder
    if not (whole / "config.json").is_file():
        raise BadInput(
            "not a model folder: config.json is missing",
            where=whole,
            fix="Give the folder that save_pretrained() wrote.",
        )
    if not any((whole / name).is_file() for name in WEIGHTS):
        raise BadInput(
            "the model's weights are missing (no model.safetensors or its index)",
            where=whole,
            fix="Save the model with save_pretrained(folder); pickled weights are not read.",
        )
    _check_shards(whole)
    if not any(_has_tokenizer(one) for one in model_folders(folder)):
        raise BadInput(
            "the model folder has no tokenizer",
            where=folder,
            fix="Save it beside the weights: tokenizer.save_pretrained(folder).",
        )


def model_folders(folder: Path) -> tuple[Path, ...]:
    """The folders that make the model up: its own and, of an adapter, its base's.

    Raises BadInput when an adapter's base is not there.
    """
    return (folder, base_of(folder)) if is_adapter(folder) else (folder,)


def _check_shards(folder: Path) -> None:
    """Raise BadInput when the index names a file that is not there, as a broken copy has it."""
    whole, index = (folder / name for name in WEIGHTS)
    if whole.is_file():
        return
    try:
        shards = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadInput("not an index of weights", where=index) from None
    lacking = [name for name in shards if not (folder / str(name)).is_file()]
    if lacking:
        raise BadInput(
            f"{len(lacking)} of the model's {counted(len(shards), 'weight file')} "
            f"{noun(len(lacking), 'is', 'are')} missing, "
            f"first: {lacking[0]}",
            where=folder,
            fix="The folder is incomplete; copy it again from where it was trained.",
        )


def _has_tokenizer(folder: Path) -> bool:
    return any((folder / name).is_file() for name in TOKENIZER)


def quiet_transformers() -> Any:
    """The transformers module, without its own progress bars and warnings between ours."""
    import transformers

    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return transformers


def load_language_model(folder: Path) -> LanguageModel:
    """Load weights (their own dtype) and tokenizer from a local folder; the network is never asked.

    An adapter is merged into its base in float32, and stays so: its small changes would be lost
    between two numbers of bfloat16.

    Raises BadInput when something is missing or does not fit, weights left uninitialised included.
    """
    check_folder(folder)
    base = base_of(folder) if is_adapter(folder) else None
    model = _load_weights(folder if base is None else base, "auto" if base is None else "float32")
    if base is not None:
        model = merge_adapter(model, folder)
    model.eval()
    tokenizer = load_tokenizer(folder)
    _check_vocabulary(model, tokenizer, folder)
    return LanguageModel(model, tokenizer, folder, base)


def special_ids(tokenizer: Any) -> set[int]:
    """Ids of tokens that are no text: ends, paddings, turns of a conversation."""
    added: dict[int, Any] = getattr(tokenizer, "added_tokens_decoder", {})
    return {*tokenizer.all_special_ids, *(one for one, token in added.items() if token.special)}


def _check_vocabulary(model: Any, tokenizer: Any, folder: Path) -> None:
    """Raise BadInput where the tokenizer may write an id that the model has no row for.

    Special tokens that are never written are let be: Gemma 3 of text alone has one for pictures.
    """
    rows = int(model.get_input_embeddings().weight.shape[0])
    of_text = set(tokenizer.get_vocab().values()) - special_ids(tokenizer)
    written = (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
    highest = max(of_text.union(one for one in written if one is not None), default=0)
    if highest >= rows:
        raise BadInput(
            f"the tokenizer has a token {highest}, and the model knows {rows} (0 to {rows - 1})",
            where=folder,
            fix="They do not belong together, or the model was not resized when tokens were added: "
            "model.resize_token_embeddings(len(tokenizer)).",
        )


def _load_weights(folder: Path, dtype: str) -> Any:
    transformers = quiet_transformers()
    # The loaders raise anything; the user gets one message.
    try:
        # Local files alone: no revision to pin, and their digest is in the report.
        model, info = transformers.AutoModelForCausalLM.from_pretrained(  # nosec B615
            folder, local_files_only=True, output_loading_info=True, dtype=dtype
        )
    except Exception as error:
        raise _unusable("model", folder, error) from error
    if info["missing_keys"] or info["mismatched_keys"]:
        missing = sorted(info["missing_keys"]) + sorted(str(key) for key in info["mismatched_keys"])
        raise BadInput(
            f"{len(missing)} of the model's weights {noun(len(missing), 'is', 'are')} missing or "
            f"misshapen, first: {missing[0]}",
            where=folder,
            fix="The folder is incomplete; copy it again from where it was trained.",
        )
    return model


def load_tokenizer(folder: Path) -> Any:
    """The model's tokenizer alone; of an adapter its own, else its base's.

    One without a padding token pads with its end token. Raises BadInput when something is missing
    or does not fit, and of one with neither.
    """
    check_folder(folder)
    folder = next(one for one in model_folders(folder) if _has_tokenizer(one))
    try:
        tokenizer: Any = quiet_transformers().AutoTokenizer.from_pretrained(
            folder, local_files_only=True
        )
    except Exception as error:
        raise _unusable("tokenizer", folder, error) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        raise BadInput(
            "the tokenizer has neither a padding token nor an end token",
            where=folder,
            fix="Name one of its tokens as pad_token or eos_token in tokenizer_config.json.",
        )
    return tokenizer


def _unusable(what: str, folder: Path, error: Exception) -> BadInput:
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return BadInput(f"the {what} cannot be loaded: {said}", where=folder)


def save_language_model(language_model: LanguageModel, folder: Path) -> None:
    """Write model and tokenizer to `folder`, in place of all that was there.

    Raises BadInput when the disk is full or cannot be written.
    """
    quiet_transformers()
    with written_whole(folder) as temporary:
        language_model.model.save_pretrained(temporary)
        language_model.tokenizer.save_pretrained(temporary)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` to write a model to; renamed at the end: never a half model.

    Raises BadInput when the disk is full or cannot be written; what else fails in between stays
    what it is.
    """
    temporary = folder.with_name(f".{folder.name}.partial")
    try:
        with _writing(folder, _is_of_the_system):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
        with _writing(folder, disk_failed):
            yield temporary
        with _writing(folder, _is_of_the_system):
            shutil.rmtree(folder, ignore_errors=True)
            temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextmanager
def _writing(folder: Path, refused: Callable[[Exception], bool]) -> Iterator[None]:
    """Turns the errors that are refused into BadInput."""
    try:
        yield
    except Exception as error:
        if not refused(error):
            raise
        raise BadInput(
            f"the model cannot be written: {error}",
            where=folder,
            fix="Free some disk space or choose another folder, then run the same command again.",
        ) from error


def _is_of_the_system(error: Exception) -> bool:
    return isinstance(error, OSError)


def model_files(folder: Path) -> dict[str, str]:
    """File -> hex SHA-256 of every file that makes the model up.

    An adapter's base comes under `base//`, a name that no file inside the adapter can have.
    Raises BadInput on a symbolic link, or when an adapter's base is not there.
    """
    own, *bases = model_folders(folder)
    files = folder_digests(own)
    for base in bases:
        files |= {f"base//{name}": digest for name, digest in folder_digests(base).items()}
    return files


def weight_count(folder: Path) -> int:
    """How many weights stand in a model's safetensors, of an adapter with its base's; none is read.

    A damaged file counts nothing: loading it says what is wrong. Raises BadInput when an adapter's
    base is not there.
    """
    from safetensors import SafetensorError, safe_open

    count = 0
    for path in (one for place in model_folders(folder) for one in place.glob("*.safetensors")):
        try:
            with safe_open(path, framework="numpy") as file:
                count += sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118 - no dict
        except (SafetensorError, OSError):
            continue
    return count


def model_digest(folder: Path) -> str:
    """One hex SHA-256 over every file of the model folder and, of an adapter, of its base's."""
    return digest_of(model_files(folder))
