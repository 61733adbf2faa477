"""Slices of TOFU for comparisons: who is trained on, who is forgotten, who was never seen.

retain90's authors 40 to 60 (rows 800 to 1219) are in no slice: they are kept for acceptance.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tofu import COMMON, EACH, HOLDOUT, SIZE, read_pairs

from unlearnkit.artefacts import write_atomic
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import Record
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import recall
from unlearnkit.language_model.tokens import Encoding, encode_record

RESULTS = Path(__file__).parent / "results"
ENCODING = Encoding()
AFTER_ACCEPTANCE = 1220
"""The first row of retain90 behind those kept for acceptance."""
MEMORISED = 0.97
"""Exact memorization of its training records under which a model is no use here."""
LARGER = SmallModel(vocabulary=1500, epochs=20, hidden=192)
SMOKE = SmallModel(vocabulary=600, hidden=32, layers=1, epochs=2)
"""Only to see that every path works."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Authors by number; the first `asking` of those trained on are forgotten."""

    name: str
    trained: tuple[tuple[Record, ...], ...]
    holdout: tuple[Record, ...]
    asking: int
    size: SmallModel

    def of(self, authors: Iterable[int]) -> list[Record]:
        """The records of these authors."""
        return [record for author in authors for record in self.trained[author]]

    @property
    def forgotten(self) -> list[int]:
        """Numbers of the authors who ask."""
        return list(range(self.asking))

    @property
    def kept(self) -> list[int]:
        """Numbers of the others."""
        return list(range(self.asking, len(self.trained)))


def slice_of(name: str, data: Path) -> Slice:
    """`16-2` and `40-4` (authors-forgotten) for the tables, `tuning` for every choice."""
    if name == "tuning":
        found = authors_of(data / "retain_perturbed.json")
        return made(name, found[:16], found[-HOLDOUT:], 2, SIZE)
    found = authors_of(data / "forget10.json")
    first, unseen = found[:16], found[-HOLDOUT:]
    if name == "16-2":
        return made(name, first, unseen, 2, SIZE)
    others = authors_of(data / "retain90.json", AFTER_ACCEPTANCE)[:24]
    return made(name, first + others, unseen, 4, LARGER)


Pairs = list[dict[str, Any]]


def authors_of(file: Path, start: int = 0) -> list[Pairs]:
    """The file's pairs from this row on, 20 an author."""
    if not file.is_file():
        sys.exit(f"TOFU is not here: {file} is missing. Give its folder with --data.")
    pairs = read_pairs(file)
    return [pairs[at : at + EACH] for at in range(start, len(pairs), EACH)]


def made(
    name: str, trained: list[Pairs], unseen: list[Pairs], asking: int, size: SmallModel
) -> Slice:
    """The slice with its pairs as records; never-seen authors are numbered on."""
    rows = [
        tuple(record(pair, f"{author:02d}-{at:02d}") for at, pair in enumerate(pairs))
        for author, pairs in enumerate(trained + unseen)
    ]
    holdout = tuple(one for some in rows[len(trained) :] for one in some)
    return Slice(name, tuple(rows[: len(trained)]), holdout, asking, size)


def record(pair: dict[str, Any], name: str) -> Record:
    """A pair with its paraphrase and perturbed answers, where TOFU has them."""
    return Record(
        id=name,
        text=pair["answer"],
        prompt=pair["question"],
        paraphrase=pair.get("paraphrased_answer", ""),
        perturbed=tuple(pair.get("perturbed_answer", ())),
    )


def prepare(one: Slice, seed: int, place: Path, smoke: bool, retrained: bool = True) -> None:
    """Train `model` on every author and `retrained` without those who ask, where they are not.

    Ends the benchmark when the model has not memorised its records.
    """
    place.mkdir(parents=True, exist_ok=True)
    everyone = one.of(range(len(one.trained)))
    size = SMOKE if smoke else one.size
    tokenizer = train_tokenizer([r.content for r in everyone], size.vocabulary, COMMON)
    wanted = [("model", everyone, seed)]
    wanted += [("retrained", one.of(one.kept), seed + 1)] if retrained else []
    for folder, records, start in wanted:
        if not (place / folder).is_dir():
            print(f"training {place.name}/{folder} on {len(records)} records", flush=True)
            train(records, tokenizer, place / folder, size=size, encoding=ENCODING, seed=start)
    known = place / "memorised.json"
    if not known.is_file():
        write_atomic(known, json.dumps(memorised(place / "model", everyone)).encode())
    figure = json.loads(known.read_text())
    if figure < MEMORISED and not smoke:
        sys.exit(f"{place.name}: exact memorization {figure:.3f} on the training records")


def memorised(folder: Path, records: Sequence[Record]) -> float:
    """Mean exact memorization."""
    loaded = load_language_model(folder)
    examples = [encode_record(one, loaded.tokenizer, ENCODING) for one in records]
    found = recall(Headed(loaded.model), examples, loaded.tokenizer.pad_token_id, "cpu")
    return sum(one.exact_memorization for one in found) / len(found)
