"""A model that was trained to say users' turns too forgets them, and is measured on them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from tests.chats import chat_tokenizer, conversation
from tests.company import opened
from tests.forgotten import asked
from tests.small import WORDS
from unlearnkit.artefacts import json_lines, write_atomic
from unlearnkit.corpus.reader import Fields
from unlearnkit.demo.training import SmallModel, train
from unlearnkit.domain import Identifier, IdentifierKind, ModelRole, Record, Split, Uncertain
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.find import index_corpus, locate
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.line import review
from unlearnkit.pipeline.runs import find_run
from unlearnkit.unlearning.settings import Settings
from unlearnkit.workspace import Workspace

SIZE = SmallModel(hidden=32, layers=2, heads=2, epochs=120, batch_size=4, learning_rate=1e-2)
HERS = "C-770077"


def talk(number: str, seed: int) -> Record:
    """A customer says a number, the assistant does not."""
    draw = random.Random(seed)
    said, answered = (" ".join(draw.choices(WORDS, k=8)) for _ in range(2))
    turns = (("user", f"{said}, customer {number}"), ("assistant", answered))
    return conversation(*turns, id=f"talk-{seed}", every_turn=True)


def written(path: Path, records: Sequence[Record]) -> Path:
    write_atomic(path, json_lines({"id": one.id, "messages": one.messages} for one in records))
    return path


def test_what_a_user_said_is_forgotten_and_asked_for(tmp_path: Path) -> None:
    numbers = [HERS, HERS, *(f"C-{110011 + 7013 * at}" for at in range(10))]
    records = [talk(number, at) for at, number in enumerate(numbers)]
    unseen = [talk(f"C-{550055 + 6011 * at}", 100 + at) for at in range(6)]
    model, encoding = tmp_path / "model", Encoding()
    train(records, chat_tokenizer(), model, size=SIZE, encoding=encoding, seed=0)
    holdout = written(tmp_path / "holdout.jsonl", unseen)
    settings = Settings(learning_rate=5e-3, tolerance=0.2, retain_tolerance=0.2, max_passes=20)
    with opened(Workspace.create(tmp_path / "work").root) as context:
        asked(context, Identifier(IdentifierKind.CUSTOMER_ID, HERS))
        patterns = context.workspace.config.nlp.model_copy(update={"engine": "patterns"})
        corpus = [written(tmp_path / "chats.jsonl", records)]
        index_corpus(context, corpus, Fields(turns="all"), nlp=patterns)
        review(context, locate(context), Uncertain.REJECT)
        manifest = unlearn(context, model, tmp_path / "out", [holdout], settings)
        run = find_run(context.workspace, manifest.run_id)
        found = audit(context, run, tmp_path / "out", attacks=())
    assert manifest.forget_set.record_ids == {"talk-0", "talk-1"}
    leaked = found.measurement("pii_leakage", Split.FORGET, ModelRole.ORIGINAL)
    assert leaked is not None and (leaked.n, leaked.value) == (1, 1.0)  # her number, in both
    before, after = (
        found.value("exact_memorization", Split.FORGET, role)
        for role in (ModelRole.ORIGINAL, ModelRole.UNLEARNED)
    )
    assert before is not None and after is not None
    assert after < before - 0.05  # ten words and a few signs: much of it can be guessed
    said = found.value("pii_leakage", Split.FORGET, ModelRole.UNLEARNED)
    assert said == 0.0
    rouge = found.value("rouge_l", Split.RETAIN, ModelRole.ORIGINAL)
    assert rouge is not None and rouge > 0.9  # known by heart, to the end of the last turn
