"""A whole run, from a folder to a folder, on each architecture, with every weight and with LoRA."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.chats import CHATML, chat_tokenizer, conversation
from tests.unlearning.memorised import (
    FORGET,
    HOLDOUT,
    RETAIN,
    SETTINGS,
    forget_level,
    memorise,
    task,
)
from unlearnkit.domain import Record
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.unlearning.engine import unlearn

KINDS = ("llama", "qwen3", "gemma3_text", "phi", "gpt2", "gpt_neox", "mistral")
LORA = replace(SETTINGS, lora_rank=4, learning_rate=1e-2)


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return memorise(tmp_path_factory.mktemp(request.param) / "model", request.param)


def assert_a_model_like(old: Path, new: Path) -> None:
    """The same files, architecture, tokens and way to generate."""
    assert {one.name for one in new.iterdir()} == {one.name for one in old.iterdir()}
    for name in ("config.json", "generation_config.json", "tokenizer.json"):
        assert (new / name).read_bytes() == (old / name).read_bytes()


def test_a_model_forgets_and_stays_a_model(model: Path, tmp_path: Path) -> None:
    outcome = unlearn(task(model, tmp_path), SETTINGS)
    before, after = forget_level(model), forget_level(tmp_path / "out")

    assert [one.number for one in outcome.passes] == [1, 2]
    assert before.loss < 0.1
    assert after.loss > before.loss + 0.3
    assert after.loss == pytest.approx(outcome.passes[-1].forget_loss, rel=1e-3)
    assert not (tmp_path / "work").exists()
    assert_a_model_like(model, tmp_path / "out")


def test_with_lora_too_and_embeddings_and_head_stay_bit_for_bit(
    model: Path, tmp_path: Path
) -> None:
    outcome = unlearn(task(model, tmp_path), LORA)
    before, after = forget_level(model), forget_level(tmp_path / "out")

    assert after.loss > before.loss + 0.1
    assert after.loss == pytest.approx(outcome.passes[-1].forget_loss, rel=1e-3)
    assert_a_model_like(model, tmp_path / "out")
    old, new = (load_language_model(one).model for one in (model, tmp_path / "out"))
    for part in ("get_input_embeddings", "get_output_embeddings"):
        assert torch.equal(getattr(old, part)().weight, getattr(new, part)().weight)


@pytest.mark.parametrize("kind", KINDS)
def test_whether_the_head_is_the_embeddings_or_not(kind: str, tmp_path: Path) -> None:
    """The other way than above: GPT-2's are one by default, here the others' are."""
    tied = kind != "gpt2"
    model = memorise(tmp_path / "model", kind, tie_word_embeddings=tied)
    outcome = unlearn(task(model, tmp_path), replace(SETTINGS, max_passes=1))
    before, after = forget_level(model), forget_level(tmp_path / "out")

    assert before.loss < 0.2
    assert after.loss > before.loss + 0.2
    assert after.loss == pytest.approx(outcome.passes[-1].forget_loss, rel=1e-3)
    assert_a_model_like(model, tmp_path / "out")
    made = load_language_model(tmp_path / "out").model
    assert (made.get_input_embeddings().weight is made.get_output_embeddings().weight) is tied


def talk(record: Record) -> Record:
    """The record in two questions and answers."""
    words = record.text.split()
    first, second = " ".join(words[:6]), " ".join(words[6:])
    turns = (("user", record.prompt), ("assistant", first), ("user", "and?"), ("assistant", second))
    return conversation(*turns, id=record.id)


def test_conversations_are_forgotten_through_their_chat_template(tmp_path: Path) -> None:
    forget, retain, holdout = ([talk(one) for one in some] for some in (FORGET, RETAIN, HOLDOUT))
    longer = Encoding(max_length=192)
    model = memorise(
        tmp_path / "model",
        "llama",
        known=(*forget, *retain),
        tokenizer=chat_tokenizer(),
        encoding=longer,
        max_position_embeddings=192,
    )
    records = {"forget": forget, "retain": retain, "holdout": holdout}
    outcome = unlearn(task(model, tmp_path, encoding=longer, **records), SETTINGS)
    before, after = (forget_level(one, forget, longer) for one in (model, tmp_path / "out"))

    assert before.loss < 0.1
    assert after.loss > before.loss + 0.3
    assert after.loss == pytest.approx(outcome.passes[-1].forget_loss, rel=1e-3)
    assert forget_level(tmp_path / "out", retain, longer).loss < after.loss
    assert_a_model_like(model, tmp_path / "out")
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == CHATML


def test_the_adapter_alone_is_the_same_unlearned_model(tmp_path: Path) -> None:
    """GPT-2's layers keep their weights transposed; merged into bfloat16, a little is rounded."""
    model = memorise(tmp_path / "model", "gpt2", dtype=torch.bfloat16)
    unlearn(task(model, tmp_path / "merged"), LORA)
    unlearn(task(model, tmp_path / "alone"), replace(LORA, as_adapter=True))
    adapter = tmp_path / "alone" / "out"
    assert (adapter / "adapter_config.json").is_file()
    assert not (adapter / "model.safetensors").exists()
    merged = forget_level(tmp_path / "merged" / "out")
    assert forget_level(adapter).loss == pytest.approx(merged.loss, rel=0.02)
