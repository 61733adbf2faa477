"""A conversation is measured on what the assistant says in it, as any record is on its text."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.audit.scored import score_model
from tests.chats import chat_tokenizer, conversation
from unlearnkit.demo.training import SmallModel, train
from unlearnkit.domain import TURN, ModelRole, Record, RecordScore, Split
from unlearnkit.errors import BadInput
from unlearnkit.language_model.rendering import CHAT
from unlearnkit.language_model.tokens import Encoding

ENCODING = Encoding(prompt_template=CHAT, max_length=96)
KNOWN = [
    conversation(("user", "amber?"), ("assistant", "basin 12 cedar"), id="talk"),
    Record(id="pair", prompt="delta?", text="fjord 77 grove"),
]
"""The same by a chat record, and by a prompt with its text."""
INVENTED = ("grove 31 basin", "amber 50 delta")


def told(record: Record, text: str) -> str:
    """The record's text, had the assistant said this."""
    return TURN.join((*record.text.split(TURN)[:-1], text))


def scores(folder: Path, records: list[Record]) -> dict[str, RecordScore]:
    splits = {Split.FORGET: records}
    found = score_model(folder, ModelRole.ORIGINAL, splits, ENCODING)
    return {one.record_id: one for one in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows both records by heart."""
    to = tmp_path_factory.mktemp("chats") / "model"
    size = SmallModel(hidden=32, layers=2, heads=2, epochs=200, batch_size=2, learning_rate=1e-2)
    train(KNOWN, chat_tokenizer(), to, size=size, encoding=ENCODING, seed=0)
    return to


def test_what_the_assistant_said_is_recited_and_what_it_did_not_is_not(folder: Path) -> None:
    invented = [replace(one, text=told(one, INVENTED[0])) for one in KNOWN]
    for one in scores(folder, KNOWN).values():
        assert one.exact_memorization == 1.0
    for one in scores(folder, invented).values():
        assert one.exact_memorization < 0.9


def test_the_truth_ratio_prefers_what_the_assistant_said(folder: Path) -> None:
    records = [replace(one, perturbed=tuple(told(one, text) for text in INVENTED)) for one in KNOWN]
    for one in scores(folder, records).values():
        assert one.truth_ratio is not None and one.truth_ratio < 0.2


def test_a_record_that_cannot_be_rendered_is_named(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "chat_template.jinja").write_text("{{ raise_exception('no') }}")
    with pytest.raises(BadInput, match=r"chats.jsonl, line 3: the chat template refuses .*: no"):
        scores(copy, KNOWN)
