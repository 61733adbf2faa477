from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.small import Small
from unlearnkit.artefacts import folder_digests
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import (
    load_language_model,
    model_digest,
    save_language_model,
)


@pytest.fixture
def copy(small: Small, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small.model, tmp_path / "copy"))


def test_a_folder_without_a_tokenizer_is_refused(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(BadInput, match="no tokenizer"):
        load_language_model(copy)


def test_a_folder_without_weights_is_refused(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="weights are missing"):
        load_language_model(copy)


def test_weights_that_lack_a_tensor_are_refused(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    weights.pop("model.norm.weight")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match=r"1 of the model's weights.*model.norm.weight"):
        load_language_model(copy)


def test_torn_weights_are_refused(copy: Path) -> None:
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(BadInput, match="cannot be loaded"):
        load_language_model(copy)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"config\.json is missing"):
        load_language_model(tmp_path)


def test_the_digest_follows_every_byte(copy: Path) -> None:
    before = model_digest(copy)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config))
    assert model_digest(copy) != before


def test_saving_replaces_the_whole_folder(small: Small, copy: Path) -> None:
    (copy / "left-over.bin").write_bytes(b"x")
    save_language_model(load_language_model(small.model), copy)
    assert set(folder_digests(copy)) == set(folder_digests(small.model))
