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
from unlearnkit.audit.attacks.attacked_model import AttackedModel, loaded, measured
from unlearnkit.audit.attacks.relearning import (
    EPOCHS,
    MOST_STEPS,
    UNRELATED,
    UNSTABLE,
    Relearning,
    Training,
    planned,
    relearned,
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
from unlearnkit.language_model.recall import level

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
    training = Training(rows, {Split.FORGET: subject.splits[Split.FORGET]})
    with trainable(subject.model, HOW):
        done = train(subject, training, HOW)
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
    training, *_ = planned(subject.splits, "relearned_10pct", HOW.seed)[0]
    with trainable(subject.model, HOW):
        before = weights(subject)
        hook = next(subject.model.parameters()).register_hook(lambda slope: slope * math.inf)
        done = train(subject, training, HOW)
        hook.remove()
        assert same(weights(subject), before)
    assert (done.points, done.last, done.work.steps) == ({}, {}, 1)


def test_too_little_memory_says_what_to_leave_out(small: Small) -> None:
    """It is enough to measure the model, and not to train it."""

    def full(*_: object) -> None:
        if torch.is_grad_enabled():
            raise torch.OutOfMemoryError

    subject = subject_of(small.reference, small)
    before = weights(subject)
    subject.model.base_model.register_forward_pre_hook(full)
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
