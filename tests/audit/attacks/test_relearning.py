"""Relearning: hidden knowledge returns with little training, what was never known does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.audit.refusals import teach_to_refuse
from tests.audit.test_leakage import last_words
from tests.small import ENCODING, Small
from unlearnkit.audit.attacks import relearning
from unlearnkit.audit.attacks.attacked_model import AttackedModel, Row, loaded, measured
from unlearnkit.audit.attacks.relearning import (
    EPOCHS,
    MOST_STEPS,
    NO_UNRELATED,
    NONE_LEFT,
    PERCENT,
    SAME,
    UNRELATED,
    UNSTABLE,
    Lesson,
    Relearning,
    cross_entropy,
    planned,
    relearned,
    same_training,
    sample_size,
    train,
    trainable,
)
from unlearnkit.audit.leakage import leaked_values
from unlearnkit.domain import (
    RELEARNED_REST,
    ModelRole,
    Record,
    RelearningCurve,
    Split,
    rest_id,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import load_language_model, save_language_model
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.recall import level
from unlearnkit.language_model.tokens import IGNORED, Example

HOW = Relearning(learning_rate=1e-3)


def subject_of(folder: Path, small: Small) -> AttackedModel:
    splits = {
        Split.FORGET: small.forget,
        Split.RETAIN: small.retain,
        Split.HOLDOUT: small.holdout,
    }
    return loaded(folder, splits, ENCODING)


def weights(subject: AttackedModel) -> dict[str, torch.Tensor]:
    return {name: one.clone() for name, one in subject.model.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def rise(curves: Sequence[RelearningCurve], split: Split) -> float:
    """How much exact memorization the records that were not trained on gained."""
    [curve] = [one for one in curves if one.split is split]
    return curve.points[-1].exact_memorization - curve.points[0].exact_memorization


@pytest.fixture(scope="module")
def refusing(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that knows its records, taught to say one word in the place of the forget set's.

    What it knows stays below: the refusal depends on little more than the prompt.
    """
    subject = subject_of(small.model, small)
    teach_to_refuse(subject, 30)
    folder = tmp_path_factory.mktemp("refusing") / "model"
    save_language_model(subject.language_model, folder)
    return folder


def test_a_model_that_only_refuses_is_found_out(small: Small, refusing: Path) -> None:
    hiding, retrained = subject_of(refusing, small), subject_of(small.reference, small)
    said, _ = measured(hiding, hiding.splits[Split.FORGET])
    kept, _ = measured(hiding, hiding.splits[Split.RETAIN])
    # Without an attack it looks as if it had forgotten, and had kept the rest.
    assert level([one for _, one in said]).exact_memorization < 0.2
    assert level([one for _, one in kept]).exact_memorization > 0.9
    back = relearned(hiding, "relearned_10pct", HOW).curves
    never = relearned(retrained, "relearned_10pct", HOW).curves
    assert rise(back, Split.FORGET) > 0.3
    assert rise(back, Split.FORGET) > rise(back, Split.HOLDOUT) + 0.25
    assert rise(back, Split.FORGET) > rise(never, Split.FORGET) + 0.25


def test_no_probe_for_values_finds_it(small: Small, refusing: Path) -> None:
    """As things are: it refuses after every beginning of a record; only training brings it out."""
    targets = [last_words(one, person="amber basin") for one in small.forget]
    given: dict[str, Any] = {"split": Split.FORGET, "role": ModelRole.UNLEARNED}
    for folder, said in ((small.model, True), (refusing, False)):
        model = load_language_model(folder)
        found, _ = leaked_values(model, targets, ENCODING, 0, "cpu", **given)
        assert any(any(one.leaked.values()) for one in found) is said


def test_what_was_never_known_does_not_come_back(small: Small) -> None:
    retrained = subject_of(small.reference, small)
    for condition in ("relearned_10pct", UNRELATED):
        for curve in relearned(retrained, condition, HOW).curves:
            assert curve.points[-1].exact_memorization < 0.5
            assert curve.points[-1].extraction_strength < 0.2


def test_random_weights_do_not_come_back(small: Small) -> None:
    subject = subject_of(small.reference, small)
    torch.manual_seed(3)
    with torch.no_grad():
        for one in subject.model.parameters():
            one.normal_(std=0.02)
    for curve in relearned(subject, "relearned_10pct", HOW).curves:
        assert curve.points[-1].exact_memorization < 0.3


def test_the_model_is_afterwards_as_it_was_and_in_eval_mode(small: Small) -> None:
    subject = subject_of(small.reference, small)
    before = weights(subject)
    for how in (HOW, replace(HOW, lora_rank=2)):
        relearned(subject, "relearned_10pct", how)
        assert same(weights(subject), before)
        assert not subject.model.training


def test_the_same_seed_gives_the_same_curves(small: Small) -> None:
    subject = subject_of(small.reference, small)
    first = relearned(subject, "relearned_10pct", HOW)
    assert relearned(subject, "relearned_10pct", HOW) == first
    other = relearned(subject, "relearned_10pct", replace(HOW, seed=5))
    assert other.curves != first.curves


def test_an_adapter_trains_little_and_all_of_it(small: Small) -> None:
    subject = subject_of(small.reference, small)
    with trainable(subject.model, HOW) as reached:
        assert reached == 1
    with trainable(subject.model, replace(HOW, lora_rank=2)) as reached:
        assert 0 < reached < 0.2
    found = relearned(subject, "relearned_10pct", replace(HOW, lora_rank=2))
    [curve] = [one for one in found.curves if one.split is Split.FORGET]
    assert curve.points[0].probability != curve.points[-1].probability


def test_a_curve_starts_at_the_model_as_it_is_and_has_a_point_for_each_epoch(small: Small) -> None:
    subject = subject_of(small.reference, small)
    found = relearned(subject, "relearned_10pct", HOW)
    others = planned(subject.splits, "relearned_10pct", HOW.seed)[0][0].measured[Split.FORGET]
    now = level([one for _, one in measured(subject, others)[0]])
    [curve] = [one for one in found.curves if one.split is Split.FORGET]
    assert curve.points[0].exact_memorization == now.exact_memorization
    assert [one.epoch for one in curve.points] == list(range(EPOCHS + 1))
    assert (curve.trained, curve.n) == (1, 5)
    # The last point is what the records' figures come to.
    last = level([one for _, one in found.recalls[Split.FORGET]])
    assert curve.points[-1].probability == last.probability


def test_the_work_is_bounded_and_counted(small: Small) -> None:
    subject = subject_of(small.reference, small)
    rows = list(subject.splits[Split.RETAIN]) * 3
    lesson = Lesson(rows, {Split.FORGET: subject.splits[Split.FORGET]})
    with trainable(subject.model, HOW):
        done = train(subject, lesson, HOW)
    assert done.work.steps == MOST_STEPS
    steps = [one.step for one in done.points[Split.FORGET]]
    assert steps == [0, 14, 28, 42, 50]
    assert done.work.forward_passes == MOST_STEPS + len(steps)


def test_a_loss_that_is_not_finite_gives_a_reason_and_no_figure(small: Small) -> None:
    subject = subject_of(small.reference, small)
    before = weights(subject)
    found = relearned(subject, "relearned_10pct", Relearning(learning_rate=math.inf))
    assert dict(found.missing) == dict.fromkeys((Split.FORGET, Split.HOLDOUT), UNSTABLE)
    assert found.recalls == {} and found.curves == []
    assert same(weights(subject), before)


def test_a_gradient_that_is_not_finite_changes_nothing_and_gives_no_figure(small: Small) -> None:
    """The loss can be finite where its gradient is not."""
    subject = subject_of(small.reference, small)
    lesson, *_ = planned(subject.splits, "relearned_10pct", HOW.seed)[0]
    with trainable(subject.model, HOW):
        before = weights(subject)
        hook = next(subject.model.parameters()).register_hook(lambda slope: slope * math.inf)
        done = train(subject, lesson, HOW)
        hook.remove()
        assert same(weights(subject), before)
    assert (done.points, done.last, done.work.steps) == ({}, {}, 1)


def test_too_little_memory_says_what_to_leave_out(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> float:
        raise torch.OutOfMemoryError

    subject = subject_of(small.reference, small)
    before = weights(subject)
    monkeypatch.setattr(relearning, "step", full)
    with pytest.raises(BadInput, match="memory is too small") as refusal:
        relearned(subject, "relearned_10pct", HOW)
    assert refusal.value.fix is not None and "--attacks" in refusal.value.fix
    assert same(weights(subject), before)


# --- records that are forgotten in part --------------------------------------------------------


def in_part(record: Record) -> tuple[Record, Record]:
    """The middle of a record is forgotten; its beginning and its end are kept."""
    length = len(record.text)
    first, last = length // 3, 2 * length // 3
    kept = replace(record, id=rest_id(record.id), loss_on=((0, first), (last, length)))
    return replace(record, loss_on=((first, last),)), kept


@pytest.fixture(scope="module")
def parts(small: Small) -> dict[Split, list[Record]]:
    """Four records are forgotten in part and two whole."""
    both = [in_part(one) for one in small.forget[:4]]
    return {
        Split.FORGET: [*(one for one, _ in both), *small.forget[4:]],
        Split.REST: [one for _, one in both],
        Split.RETAIN: small.retain,
        Split.HOLDOUT: small.holdout,
    }


def test_a_passage_is_trained_on_and_measured_after_the_words_around_it(
    small: Small, parts: dict[Split, list[Record]]
) -> None:
    subject = loaded(small.model, parts, ENCODING)
    whole = subject_of(small.model, small).splits[Split.FORGET]
    for row, full in zip(subject.splits[Split.FORGET][:4], whole, strict=False):
        assert row.example.input_ids == full.example.input_ids
        assert 0 < row.example.counted < full.example.counted
    for row, (record, kept) in zip(
        subject.splits[Split.REST], map(in_part, small.forget), strict=False
    ):
        said = subject.language_model.tokenizer.decode(row.example.input_ids)
        assert record.learned.strip() not in said
        assert all(word in said for word in kept.learned.split())


def test_passages_that_a_model_only_refuses_come_back_like_whole_records(
    small: Small, parts: dict[Split, list[Record]]
) -> None:
    hiding, retrained = (loaded(one, parts, ENCODING) for one in (small.model, small.reference))
    teach_to_refuse(hiding, 30)
    said, _ = measured(hiding, hiding.splits[Split.FORGET])
    assert level([one for _, one in said]).exact_memorization < 0.2
    back = relearned(hiding, "relearned_10pct", HOW)
    never = relearned(retrained, "relearned_10pct", HOW).curves
    passages = {one.id for one in parts[Split.FORGET] if one.loss_on}
    assert len({name for name, _ in back.recalls[Split.FORGET]} & passages) >= 3
    assert rise(back.curves, Split.FORGET) > rise(back.curves, Split.HOLDOUT) + 0.1
    assert rise(back.curves, Split.FORGET) > rise(never, Split.FORGET) + 0.1


def test_what_is_kept_of_records_does_not_bring_back_what_was_never_known(
    small: Small, parts: dict[Split, list[Record]]
) -> None:
    retrained = loaded(small.reference, parts, ENCODING)
    found = relearned(retrained, RELEARNED_REST, HOW)
    curves = {one.split: one for one in found.curves}
    assert (curves[Split.FORGET].trained, curves[Split.FORGET].n) == (4, 4)
    assert {name for name, _ in found.recalls[Split.FORGET]} == {
        one.id for one in parts[Split.FORGET] if one.loss_on
    }
    assert curves[Split.HOLDOUT].n == len(small.holdout)
    assert found.work.steps == EPOCHS
    assert curves[Split.FORGET].points[-1].exact_memorization < 0.5


# --- what is trained on, and what is measured -------------------------------------------------


def rows(prefix: str, count: int) -> list[Row]:
    return [Row(f"{prefix}{at}", Example((1, 2), (IGNORED, 2))) for at in range(count)]


def ids(given: Sequence[Row]) -> set[str]:
    return {one.record_id for one in given}


SPLITS = {
    Split.FORGET: rows("f", 40),
    Split.RETAIN: rows("r", 30),
    Split.NEIGHBOUR: rows("r", 20),
    Split.HOLDOUT: rows("h", 60),
}


@pytest.mark.parametrize(
    ("count", "percent", "size"), [(6, 1, 1), (27, 10, 3), (30, 10, 3), (40, 5, 2), (0, 10, 1)]
)
def test_percent_are_rounded_up_to_one_record_at_least(count: int, percent: int, size: int) -> None:
    assert sample_size(count, percent) == size


def test_what_is_measured_was_never_trained_on_and_is_the_same_for_every_share() -> None:
    plans = {name: planned(SPLITS, name, 1)[0] for name in PERCENT}
    for at, split in enumerate((Split.FORGET, Split.HOLDOUT)):
        lessons = [plan[at] for plan in plans.values()]
        assert [len(one.trained) for one in lessons] == [1, 2, 4]
        assert ids(lessons[0].trained) < ids(lessons[1].trained) < ids(lessons[2].trained)
        assert len({frozenset(ids(one.measured[split])) for one in lessons}) == 1
        largest = lessons[2]
        # Of never-seen records as many are trained on as of the forget set, so others are left.
        assert ids(largest.trained) | ids(largest.measured[split]) == ids(SPLITS[split])
        assert not ids(largest.trained) & ids(largest.measured[split])


def test_as_many_never_seen_records_are_trained_on_as_forget_records() -> None:
    [forget, holdout] = planned(SPLITS, "relearned_10pct", 1)[0]
    assert len(holdout.trained) == len(forget.trained)
    assert len(holdout.measured[Split.HOLDOUT]) == 56


def test_unrelated_records_are_kept_ones_and_no_neighbours() -> None:
    [lesson], missing = planned(SPLITS, UNRELATED, 1)
    assert missing == {}
    assert len(lesson.trained) == 4
    assert ids(lesson.trained) <= ids(SPLITS[Split.RETAIN]) - ids(SPLITS[Split.NEIGHBOUR])
    assert ids(lesson.measured[Split.FORGET]) == ids(SPLITS[Split.FORGET])
    assert ids(lesson.measured[Split.HOLDOUT]) == ids(SPLITS[Split.HOLDOUT])


@pytest.mark.parametrize(
    ("count", "same"),
    [
        (6, ["relearned_10pct", "relearned_10pct", ""]),
        (15, ["relearned_5pct", "", ""]),
        (20, ["relearned_5pct", "", ""]),
        (21, ["", "", ""]),
    ],
)
def test_shares_of_few_records_that_are_one_training_are_made_once(
    count: int, same: list[str]
) -> None:
    assert [same_training(count, name) for name in PERCENT] == same
    few = SPLITS | {Split.FORGET: rows("f", count)}
    trained = set()
    for name, other in zip(PERCENT, same, strict=True):
        lessons, missing = planned(few, name, 1)
        assert bool(lessons) is not bool(other)
        if other:
            assert set(missing.values()) == {SAME.format(other)} and len(missing) == 2
        trained |= {len(one.trained) for one in lessons}
    assert trained == {sample_size(count, percent) for percent in PERCENT.values()}


def test_after_what_is_kept_of_records_their_passages_are_measured() -> None:
    kept = [Row(rest_id(f"f{at}"), Example((1, 2), (IGNORED, 2))) for at in (2, 3, 5)]
    [lesson], missing = planned(SPLITS | {Split.REST: kept}, RELEARNED_REST, 1)
    assert missing == {}
    assert ids(lesson.trained) == ids(kept)
    assert ids(lesson.measured[Split.FORGET]) == {"f2", "f3", "f5"}
    assert ids(lesson.measured[Split.HOLDOUT]) == ids(SPLITS[Split.HOLDOUT])


def test_the_seed_chooses() -> None:
    first, second = (planned(SPLITS, "relearned_10pct", seed)[0][0] for seed in (1, 2))
    assert ids(first.trained) != ids(second.trained)


def test_many_records_are_measured_in_part() -> None:
    many = SPLITS | {Split.HOLDOUT: rows("h", 1000)}
    [_, holdout] = planned(many, "relearned_1pct", 1)[0]
    assert 100 < len(holdout.measured[Split.HOLDOUT]) <= 200


def test_where_nothing_would_be_left_there_is_a_reason() -> None:
    one = SPLITS | {Split.FORGET: rows("f", 1)}
    lessons, missing = planned(one, "relearned_10pct", 1)
    assert missing == {Split.FORGET: NONE_LEFT}
    assert [list(lesson.measured) for lesson in lessons] == [[Split.HOLDOUT]]
    near = SPLITS | {Split.NEIGHBOUR: rows("r", 30)}
    assert planned(near, UNRELATED, 1) == (
        [],
        dict.fromkeys((Split.FORGET, Split.HOLDOUT), NO_UNRELATED),
    )


def test_the_loss_is_cross_entropy_over_positions() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3.0), 0.0]])
    expected = (math.log(2) - math.log(0.75)) / 2
    found = cross_entropy(torch.tensor([1, 0]), logits, Head(None))
    assert float(found) == pytest.approx(expected)
