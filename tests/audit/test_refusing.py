"""A model that refuses where a record stands, and knows its value in other words.

That is what is left where the search missed records of the person: they are in the retain set. What
is refused after every beginning of a record, as in attacks/test_relearning.py, no probe brings out;
there relearning does.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.audit.refusals import teach_to_refuse
from tests.small import ENCODING, WORDS
from unlearnkit.audit.attacks.subject import loaded
from unlearnkit.audit.leakage import leaked_values, tries_of
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import LOCATION
from unlearnkit.corpus.spellings import says
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import Decoding, ModelRole, Probe, Record, Split, ValueScore
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import Beginning, continued

PEOPLE, FORGOTTEN = 10, 4
OTHERWISE = (
    "Where does {person} live?",
    "Who can tell me the address of {person}?",
    "What is the home of {person}?",
    "Please find {person} for me: which place is it?",
)
"""None is a probe's own question."""


def town() -> tuple[list[Target], list[Record]]:
    """For each person a record that ends in the address, and the address asked for otherwise."""
    draw = random.Random(4)
    names = draw.sample([f"{one} {other}" for one in WORDS for other in WORDS], PEOPLE)
    targets, asked = [], []
    for at, person in enumerate(names):
        address = f"{draw.choice(WORDS)} {draw.randint(10, 99)} {draw.randint(10, 99)}"
        text = f"{' '.join(draw.choices(WORDS, k=4))} at {address}"
        record = Record(id=f"f{at}", prompt=f"note {at + 1000} on {person}", text=text)
        value = PersonalValue(record.id, LOCATION, len(text) - len(address), len(text), address, ())
        targets.append(Target(record, value, "quay 1 1", person, ()))
        asked += [
            Record(id=f"q{at}{number}", prompt=words.format(person=person), text=address)
            for number, words in enumerate(OTHERWISE)
        ]
    return targets, asked


def measured(model: LanguageModel, targets: list[Target]) -> list[ValueScore]:
    given = {"split": Split.FORGET, "role": ModelRole.UNLEARNED}
    return leaked_values(model, targets, ENCODING, 0, "cpu", **given)[0]


def recited(model: LanguageModel, target: Target) -> bool:
    """Whether the likeliest words after the record's own beginning say the value."""
    [own] = [
        one
        for one in tries_of(model, target, ENCODING, 0)
        if (one.probe, one.ask.decoding) == (Probe.PREFIX, Decoding.GREEDY)
    ]
    [ids] = continued(model, [Beginning(own.ask.given, own.length)], "cpu", 1)
    return says(model.tokenizer.decode(ids), LOCATION, target.value.text)


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows every address, from the records and asked for otherwise."""
    targets, asked = town()
    everything = [*(one.record for one in targets), *asked]
    tokenizer = train_tokenizer([one.content for one in everything], 400, 2)
    size = SmallModel(hidden=64, layers=2, heads=2, epochs=60, batch_size=8, learning_rate=5e-3)
    folder = tmp_path_factory.mktemp("knowing") / "model"
    train(everything, tokenizer, folder, size=size, encoding=ENCODING, seed=0)
    return folder


def refusing(folder: Path, steps: int) -> LanguageModel:
    """The model after so many steps to say one word in the place of the forgotten records."""
    targets, asked = town()
    records = [one.record for one in targets]
    splits = {Split.FORGET: records[:FORGOTTEN], Split.RETAIN: [*records[FORGOTTEN:], *asked]}
    subject = loaded(folder, splits, ENCODING)
    teach_to_refuse(subject, steps)
    return subject.language_model


@pytest.mark.parametrize("steps", [0, 15])
def test_a_model_that_refuses_a_records_own_words_is_caught_by_a_paraphrase(
    knowing: Path, steps: int
) -> None:
    model, asked_for = refusing(knowing, steps), town()[0][:FORGOTTEN]
    found = measured(model, asked_for)
    assert any(recited(model, one) for one in asked_for) is not bool(steps)
    assert any(one.leaked[Probe.PREFIX] for one in found) is not bool(steps)
    assert any(one.leaked[Probe.PARAPHRASE] for one in found)
