"""Records forgotten in part: the passage goes, and the rest of the same record stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.small import ENCODING, Small
from unlearnkit.domain import Record
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import Level, level, recall
from unlearnkit.language_model.tokens import encode_record
from unlearnkit.locate.passages import rest
from unlearnkit.unlearning.distillation import INSIDE
from unlearnkit.unlearning.engine import unlearn
from unlearnkit.unlearning.material import Task, encoded
from unlearnkit.unlearning.settings import Settings

SETTINGS = Settings(
    learning_rate=1e-3, batch_size=4, max_passes=60, tolerance=0.2, retain_tolerance=0.1
)
"""Twice the usual band: of six tokens a record one is a sixth."""


def parted(record: Record) -> tuple[Record, Record]:
    """Its fourth to ninth word, and what stands beside them."""
    words = record.text.split(" ")
    start, end = len(" ".join(words[:3])), len(" ".join(words[:9]))
    part = ((start, end),)
    others = rest(record.text, part)
    return replace(record, loss_on=part), replace(record, id=f"rest-{record.id}", loss_on=others)


def parts(small: Small) -> tuple[list[Record], dict[str, Record]]:
    """The forget set as parts, and the rests by the records' ids."""
    pairs = [parted(one) for one in small.forget]
    return [one for one, _ in pairs], {one.id: other for one, other in pairs}


def recalled(model: Path, records: Sequence[Record]) -> Level:
    loaded = load_language_model(model)
    examples = [encode_record(one, loaded.tokenizer, ENCODING) for one in records]
    return level(recall(Headed(loaded.model), examples, loaded.tokenizer.pad_token_id, "cpu"))


def task(small: Small, folder: Path, **changed: object) -> Task:
    forget, rests = parts(small)
    given = {
        "model": small.model,
        "forget": forget,
        "retain": small.retain,
        "holdout": small.holdout,
        "encoding": ENCODING,
        "out": folder / "out",
        "work": folder / "work",
        "key": b"k" * 32,
        "rest": rests,
    }
    return Task(**{**given, **changed})  # type: ignore[arg-type]


def test_the_passage_is_forgotten_and_the_rest_of_its_record_is_not(
    small: Small, tmp_path: Path
) -> None:
    forget, rests = parts(small)
    before = [recalled(small.model, some) for some in (forget, [*rests.values()])]
    assert [one.exact_memorization for one in before] == pytest.approx([1.0, 1.0], abs=0.02)
    outcome = unlearn(task(small, tmp_path), SETTINGS)
    assert outcome.passes[-1].state == INSIDE
    passage, beside = (recalled(tmp_path / "out", some) for some in (forget, [*rests.values()]))
    unseen = recalled(tmp_path / "out", small.holdout)
    assert passage.distance(unseen) <= SETTINGS.tolerance
    assert beside.exact_memorization > 0.9
    assert beside.probability > 0.7


def test_the_rest_stays_because_it_is_trained_beside_its_passage(
    small: Small, tmp_path: Path
) -> None:
    """Without it the passage takes the words around it along."""
    unlearn(task(small, tmp_path, rest={}), SETTINGS)
    rests = parts(small)[1]
    assert recalled(tmp_path / "out", [*rests.values()]).exact_memorization < 0.8


def test_a_token_is_forgotten_or_kept_and_never_both(small: Small, tmp_path: Path) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    material = encoded(task(small, tmp_path), tokenizer, SETTINGS)
    assert list(material.rest) == list(range(len(small.forget)))
    for at, beside in material.rest.items():
        part, kept = material.forget[at], material.pool[beside]
        whole = encode_record(small.forget[at], tokenizer, ENCODING)
        assert part.input_ids == kept.input_ids == whole.input_ids
        assert part.counted + kept.counted == whole.counted
        assert {max(pair) for pair in zip(part.labels, kept.labels, strict=True)} == set(
            whole.labels
        )


def test_where_nothing_is_retained_no_rest_is(small: Small, tmp_path: Path) -> None:
    tokenizer = load_language_model(small.model).tokenizer
    material = encoded(task(small, tmp_path), tokenizer, replace(SETTINGS, retain_ratio=0))
    assert (list(material.pool), dict(material.rest)) == ([], {})
