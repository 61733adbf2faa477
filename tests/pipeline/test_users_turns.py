"""Where the assistant's turns alone count, it is seen whether the model recites what users say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
import torch

from tests.chats import CHATML, chat_tokenizer, conversation
from tests.company import opened
from tests.forgotten import asked
from tests.pipeline.test_every_turn import HERS, SIZE, talk, written
from tests.small import WORDS
from unlearnkit.audit.scoring import loaded
from unlearnkit.demo.training import train
from unlearnkit.domain import (
    Identifier,
    IdentifierKind,
    Record,
    RunManifest,
    Uncertain,
    Unmeasured,
    UsersTurns,
)
from unlearnkit.language_model.folder import load_language_model, save_language_model
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.find import index_corpus, locate
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.line import review
from unlearnkit.pipeline.material import Material
from unlearnkit.pipeline.users_turns import note, users_turns
from unlearnkit.unlearning.settings import Settings
from unlearnkit.workspace import Workspace

NUMBERS = [HERS, HERS, *(f"C-{110011 + 7013 * at}" for at in range(6))]
LATE = conversation(("assistant", " ".join(WORDS * 40)), ("user", f"I am {HERS}"), id="late")
"""What the user says comes behind the longest sequence."""
UNTRAINED = Settings(tolerance=10.0, learning_rate=5e-3)
"""Everything is near enough before any training."""


@pytest.fixture(scope="module")
def talks() -> list[Record]:
    return [talk(number, at) for at, number in enumerate(NUMBERS)]


@pytest.fixture(scope="module")
def unseen() -> list[Record]:
    return [talk(f"C-{550055 + 6011 * at}", 100 + at) for at in range(6)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, talks: list[Record]) -> Path:
    """A model that was trained on whole conversations."""
    return trained(tmp_path_factory.mktemp("whole"), talks)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory, talks: list[Record]) -> Path:
    """A model that was trained to say the assistant's turns only."""
    return trained(tmp_path_factory.mktemp("answers"), default(talks))


def measured(model: Path, given: Material) -> UsersTurns | None:
    return users_turns(*loaded(model), given, Encoding())


def trained(folder: Path, records: Sequence[Record]) -> Path:
    train(records, chat_tokenizer(), folder, size=SIZE, encoding=Encoding(), seed=0)
    return folder


def default(records: Sequence[Record]) -> list[Record]:
    return [replace(one, every_turn=False) for one in records]


def material(
    forget: Sequence[Record], holdout: Sequence[Record], origin: str = "given"
) -> Material:
    return Material(tuple(forget), (), tuple(holdout), origin)


def figures(em: float, loss: float, *unseen: float) -> UsersTurns:
    other = dict(zip(("unseen_exact_memorization", "unseen_loss"), unseen, strict=False))
    return UsersTurns(conversations=9, exact_memorization=em, loss=loss, **other)


@pytest.mark.parametrize(
    ("found", "recited"),
    [
        (figures(0.5, 2.0, 0.25, 2.5), True),
        (figures(0.5, 2.0, 0.375, 2.5), False),
        (figures(0.5, 2.0, 0.5, 3.0), True),
        (figures(0.25, 3.0, 0.5, 2.0), False),  # worse than never-seen ones
        (figures(0.75, 1.0), True),
        (figures(0.74, 1.0), False),
    ],
)
def test_clearly_more_than_of_never_seen_ones_is_recited(found: UsersTurns, recited: bool) -> None:
    assert found.recited is recited


def test_a_model_of_whole_conversations_recites_what_users_say(
    whole: Path, talks: list[Record], unseen: list[Record]
) -> None:
    given = material(default(talks), default(unseen))
    found = measured(whole, given)
    assert found is not None
    assert (found.conversations, found.unseen_conversations) == (8, 6)
    assert found.recited


def test_a_model_of_the_assistants_turns_does_not(
    answers: Path, talks: list[Record], unseen: list[Record]
) -> None:
    found = measured(answers, material(default(talks), default(unseen)))
    assert found is not None
    assert not found.recited


def test_decoys_are_not_compared_with(whole: Path, talks: list[Record]) -> None:
    """They say what the user said, but for the values."""
    found = measured(whole, material(default(talks), default(talks), "decoys"))
    assert found is not None
    assert (found.unseen_conversations, found.unseen_loss) == (0, None)
    assert found.recited


def test_nothing_is_measured_where_users_turns_count_or_there_are_none(
    whole: Path, talks: list[Record]
) -> None:
    for records in (talks, [Record("note", "a note")], [conversation(("assistant", "hello"))]):
        assert measured(whole, material(records, ())) is None


def test_what_cannot_be_measured_stops_nothing_and_is_counted_with_why(
    whole: Path, talks: list[Record], unseen: list[Record]
) -> None:
    given = material([*default(talks), LATE], [*default(unseen), LATE, LATE])
    found = measured(renders_otherwise(whole, NUMBERS[-1]), given)
    assert found is not None
    assert (found.conversations, found.unseen_conversations) == (7, 6)
    assert found.unmeasured == (
        Unmeasured(why="length", conversations=1, unseen_conversations=2),
        Unmeasured(why="template", conversations=1, unseen_conversations=0),
    )
    assert found.recited  # of the others it is still told


def test_where_none_can_be_measured_it_is_not_known_and_nobody_guesses(whole: Path) -> None:
    found = measured(whole, material([LATE], ()))
    assert found is not None
    assert (found.exact_memorization, found.loss, found.recited) == (None, None, False)
    assert found.unmeasured == (Unmeasured(why="length", conversations=1, unseen_conversations=0),)
    told = note(found)
    assert told is not None
    assert "is not known. Not measured: 1 conversation to forget (no token" in told


def test_a_loss_that_is_no_number_is_no_figure(
    tmp_path: Path, answers: Path, talks: list[Record]
) -> None:
    model = load_language_model(answers)
    with torch.no_grad():
        model.model.get_output_embeddings().weight.fill_(torch.nan)
    save_language_model(model, tmp_path / "broken")
    found = measured(tmp_path / "broken", material(default(talks), ()))
    assert found is not None
    assert (found.conversations, found.exact_memorization) == (0, None)
    assert found.unmeasured == (Unmeasured(why="loss", conversations=8, unseen_conversations=0),)


def renders_otherwise(model: Path, words: str) -> Path:
    """The same model, with a chat template that says these words of users in another way."""
    folder = model.with_name("renders-otherwise")
    copytree(model, folder, dirs_exist_ok=True)
    said = f"m.content | replace('{words}', 'a number')"
    chat_tokenizer(CHATML.replace("m.content", said)).save_pretrained(folder)
    return folder


def run(root: Path, model: Path, talks: Sequence[Record], unseen: Sequence[Record]) -> RunManifest:
    """An unlearning with the default settings; what is told goes to root/told."""
    told: list[str] = []
    with opened(Workspace.create(root / "work").root) as opened_one:
        context = replace(opened_one, tell=told.append)
        asked(context, Identifier(IdentifierKind.CUSTOMER_ID, HERS))
        patterns = context.workspace.config.nlp.model_copy(update={"engine": "patterns"})
        index_corpus(context, [written(root / "chats.jsonl", talks)], nlp=patterns)
        review(context, locate(context), Uncertain.REJECT)
        holdout = [written(root / "holdout.jsonl", unseen)]
        manifest = unlearn(context, model, root / "out", holdout, UNTRAINED)
    (root / "told").write_text("\n".join(told))
    return manifest


def test_a_run_says_so_once_with_both_figures_and_keeps_them(
    tmp_path: Path, whole: Path, talks: list[Record], unseen: list[Record]
) -> None:
    manifest = run(tmp_path, whole, talks, unseen)
    found = manifest.users_turns
    assert manifest.turns == "assistant"
    assert found is not None
    assert (found.conversations, found.unseen_conversations) == (2, 6)
    [told] = [one for one in (tmp_path / "told").read_text().splitlines() if "users" in one]
    for part in (
        f"exact memorization {found.exact_memorization:.2f}, ",
        f"in 6 never-seen ones {found.unseen_exact_memorization:.2f} and ",
        "fields: turns: all",
    ):
        assert part in told
    assert "(turns: assistant)" in (tmp_path / "out" / "README.md").read_text()


def test_a_run_on_a_model_of_the_assistants_turns_says_nothing(
    tmp_path: Path, answers: Path, talks: list[Record], unseen: list[Record]
) -> None:
    manifest = run(tmp_path, answers, talks, unseen)
    found = manifest.users_turns
    assert found is not None
    assert found.unmeasured == ()
    assert "users" not in (tmp_path / "told").read_text()


def test_a_run_says_which_conversations_it_could_not_measure(
    tmp_path: Path, answers: Path, talks: list[Record], unseen: list[Record]
) -> None:
    manifest = run(tmp_path, answers, [*talks, LATE], unseen)
    assert manifest.users_turns is not None
    assert manifest.users_turns.conversations == 2
    [told] = [one for one in (tmp_path / "told").read_text().splitlines() if "users" in one]
    assert told.endswith(
        "Not measured: 1 conversation to forget "
        "(no token of what users say is within the longest sequence)."
    )
