from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.language_model import tiny
from tests.small import Small
from unlearnkit.artefacts import folder_digests
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import (
    check_folder,
    load_language_model,
    load_tokenizer,
    model_digest,
    save_language_model,
    weight_count,
)


@pytest.fixture
def copy(small: Small, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small.model, tmp_path / "copy"))


def test_a_folder_without_a_tokenizer_is_refused(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    with pytest.raises(BadInput, match="no tokenizer"):
        load_language_model(copy)


def _without(folder: Path, *tokens: str) -> None:
    """Take these special tokens from the tokenizer's configuration."""
    file = folder / "tokenizer_config.json"
    kept = {name: one for name, one in json.loads(file.read_text()).items() if name not in tokens}
    file.write_text(json.dumps(kept))


def test_a_tokenizer_without_a_padding_token_pads_with_its_end_token(copy: Path) -> None:
    _without(copy, "pad_token")
    tokenizer = load_tokenizer(copy)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id is not None


def test_a_tokenizer_with_neither_is_refused(copy: Path) -> None:
    _without(copy, "pad_token", "eos_token")
    with pytest.raises(BadInput, match="neither a padding token nor an end token"):
        load_tokenizer(copy)


def test_a_tokenizer_with_a_word_that_the_model_has_no_row_for_is_refused(copy: Path) -> None:
    loaded = load_language_model(copy)
    rows = loaded.model.get_input_embeddings().weight.shape[0]
    tokenizer = loaded.tokenizer
    spare = [f"<spare-{at}>" for at in range(max(0, rows - len(tokenizer)) + 1)]
    tokenizer.add_special_tokens({"additional_special_tokens": spare})
    tokenizer.save_pretrained(copy)
    assert load_language_model(copy)  # nothing writes these
    tokenizer.add_tokens(["zoltana"])
    tokenizer.save_pretrained(copy)
    with pytest.raises(BadInput, match=f"the model knows {rows} "):
        load_language_model(copy)


def test_a_folder_without_weights_is_refused(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="weights are missing"):
        load_language_model(copy)


def test_weights_that_lack_a_tensor_are_refused(copy: Path) -> None:
    weights = load_file(copy / "model.safetensors")
    weights.pop("model.norm.weight")
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match=r"1 of the model's weights.*model.norm.weight"):
        load_language_model(copy)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """A model in many files, as large models are."""
    tiny.model().save_pretrained(tmp_path / "shards", max_shard_size="20kB")
    tiny.tokenizer().save_pretrained(tmp_path / "shards")
    assert len(list((tmp_path / "shards").glob("model-*.safetensors"))) > 2
    return tmp_path / "shards"


def test_the_weights_are_counted_in_every_file_and_none_twice(shards: Path) -> None:
    assert weight_count(shards) == sum(one.numel() for one in tiny.model().parameters())


def test_weights_in_many_files_are_one_model(shards: Path) -> None:
    loaded = load_language_model(shards)
    assert torch.equal(tiny.logits(loaded.model), tiny.logits(tiny.model()))


def test_a_missing_weight_file_is_named(shards: Path) -> None:
    lacking = sorted(shards.glob("model-*.safetensors"))[1]
    lacking.unlink()
    with pytest.raises(BadInput, match=f"1 of .* weight files is missing.*{lacking.name}"):
        check_folder(shards)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"weight_map": 1}'])
def test_an_index_that_is_none_is_refused(shards: Path, content: str) -> None:
    (shards / "model.safetensors.index.json").write_text(content)
    with pytest.raises(BadInput, match="not an index of weights"):
        check_folder(shards)


def test_a_weight_file_that_lacks_a_tensor_is_refused(shards: Path) -> None:
    shard = min(shards.glob("model-*.safetensors"))
    weights = load_file(shard)
    lacking = weights.popitem()[0]
    save_file(weights, shard, metadata={"format": "pt"})
    with pytest.raises(BadInput, match=f"1 of the model's weights.*{lacking}"):
        load_language_model(shards)


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


def test_how_a_model_is_generated_from_and_talked_to_survives(tmp_path: Path) -> None:
    """Also a temperature without sampling, which transformers warns of: it is the user's."""
    given = tiny.saved_model(tmp_path / "given")
    generation = {"temperature": 0.6, "do_sample": False, "max_new_tokens": 7, "eos_token_id": [1]}
    (given / "generation_config.json").write_text(json.dumps(generation))
    (given / "chat_template.jinja").write_text("{{ messages[0].content }}!")
    save_language_model(load_language_model(given), tmp_path / "saved")
    kept = json.loads((tmp_path / "saved" / "generation_config.json").read_text())
    assert kept.items() >= generation.items()
    tokenizer = load_language_model(tmp_path / "saved").tokenizer
    messages = [{"role": "user", "content": "amber"}]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == "amber!"


def test_a_write_that_fails_leaves_what_was_there(
    small: Small, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder_digests(copy)

    def no_space(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    loaded = load_language_model(small.model)
    monkeypatch.setattr(loaded.tokenizer, "save_pretrained", no_space)
    with pytest.raises(BadInput, match="No space left"):
        save_language_model(loaded, copy)
    assert folder_digests(copy) == before
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "gone"), RuntimeError("NCCL")])
def test_what_else_fails_beside_a_write_is_no_want_of_disk(
    small: Small, copy: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    model = load_language_model(small.model)
    before = folder_digests(copy)
    monkeypatch.setattr(model.tokenizer, "save_pretrained", failing)
    with pytest.raises(type(error)) as raised:
        save_language_model(model, copy)
    assert raised.value is error
    assert folder_digests(copy) == before
    assert [one.name for one in copy.parent.iterdir()] == [copy.name]
