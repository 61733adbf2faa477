"""Attacks as a part of the audit: on the tiny model that knows its records by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from tests.small import ENCODING, Small, audit_task
from unlearnkit.audit.attacks import engine
from unlearnkit.audit.attacks.altering import NO_LINEAR, altered
from unlearnkit.audit.attacks.attacked_model import EncodedRecord, loaded, spread
from unlearnkit.audit.attacks.relearning import SAME, Relearning
from unlearnkit.audit.engine import audit
from unlearnkit.audit.task import AuditTask
from unlearnkit.domain import (
    CONDITIONS,
    RELEARNED_REST,
    Attack,
    AuditResult,
    ModelRole,
    Split,
    rest_id,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.tokens import Example

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WEIGHTS = (Attack.QUANTIZATION, Attack.PRUNING)
CHANGED = [name for name, attack in CONDITIONS.items() if attack in WEIGHTS]


def task(small: Small, kept: Path, attacks: Sequence[Attack] = WEIGHTS) -> AuditTask:
    """Unlearned is a model that was retrained without the records: nothing can come back."""
    models = {ModelRole.ORIGINAL: small.model, ModelRole.UNLEARNED: small.reference}
    splits = {
        Split.FORGET: small.forget,
        Split.RETAIN: small.retain,
        Split.HOLDOUT: small.holdout,
    }
    return audit_task(models, splits, kept, attacks=attacks)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacked") / "scores"


@pytest.fixture(scope="module")
def measured(small: Small, kept: Path) -> AuditResult:
    return audit(task(small, kept), NOW)


def test_every_condition_has_figures_of_every_model_and_split(measured: AuditResult) -> None:
    for under in CHANGED:
        for model in (ModelRole.ORIGINAL, ModelRole.UNLEARNED):
            for split in (Split.FORGET, Split.RETAIN, Split.HOLDOUT):
                for metric in ("exact_memorization", "extraction_strength", "probability"):
                    assert measured.value(metric, split, model, under) is not None


def test_eight_bits_change_almost_nothing_four_bits_more(measured: AuditResult) -> None:
    def apart(under: str) -> float:
        """How far the retained records' probability is from what it is without an attack."""
        place = ("probability", Split.RETAIN, ModelRole.ORIGINAL)
        plain, attacked = measured.value(*place), measured.value(*place, under)
        assert plain is not None and attacked is not None
        return abs(attacked - plain)

    assert 0 < 10 * apart("int8") < apart("int4")


def test_what_was_never_learned_does_not_come_back(measured: AuditResult) -> None:
    for under in CHANGED:
        for attacked in (under, ""):
            value = measured.value(
                "exact_memorization", Split.FORGET, ModelRole.UNLEARNED, attacked
            )
            assert value is not None and value < 0.5
    knows = measured.value("exact_memorization", Split.FORGET, ModelRole.ORIGINAL, "int8")
    assert knows is not None and knows > 0.9


def test_differences_are_between_figures_under_the_same_attack(measured: AuditResult) -> None:
    for to, split, model in (
        ("holdout", Split.HOLDOUT, ModelRole.UNLEARNED),
        ("original", Split.FORGET, ModelRole.ORIGINAL),
    ):
        found = measured.difference("exact_memorization", Split.FORGET, to, "int4")
        ours = measured.value("exact_memorization", Split.FORGET, ModelRole.UNLEARNED, under="int4")
        theirs = measured.value("exact_memorization", split, model, under="int4")
        assert found is not None and ours is not None and theirs is not None
        assert found.value == pytest.approx(ours - theirs)


def test_what_is_measured_without_an_attack_is_the_same_with_attacks(
    small: Small, kept: Path, measured: AuditResult
) -> None:
    plain = audit(task(small, kept, ()), NOW)
    assert plain.records == measured.records
    assert plain.measurements == tuple(one for one in measured.measurements if not one.under)
    assert plain.attacks == ()


def test_what_an_attack_took_is_told(measured: AuditResult) -> None:
    assert [(one.under, one.model) for one in measured.attacks] == [
        (under, model) for model in (ModelRole.ORIGINAL, ModelRole.UNLEARNED) for under in CHANGED
    ]
    for one in measured.attacks:
        assert one.steps == 0
        assert one.forward_passes == 4  # 6, 18 and 8 records, 16 at once
        assert one.tokens > 6 + 18 + 8
        assert 0.5 < one.reached < 1


def test_an_attack_is_made_once_and_a_stopped_audit_goes_on_with_the_next(
    small: Small, kept: Path, measured: AuditResult
) -> None:
    begun: list[tuple[str, int]] = []
    written = {file: file.stat().st_mtime_ns for file in kept.iterdir()}

    def progress(what: str, done: int, _: int) -> None:
        if "attacking" in what:
            begun.append((what, done))

    for attacks in (WEIGHTS, ()):
        again = audit(task(small, kept, attacks), NOW, progress)
        assert again == measured if attacks else not again.attacks
    assert begun == []
    deleted = set(kept.glob("*-int4.json"))
    for file in deleted:
        file.unlink()
    assert audit(task(small, kept), NOW, progress) == measured
    assert begun == [
        (f"attacking the {role} model (attack)", at)
        for role in ("original", "unlearned")
        for at in (CHANGED.index("int4"), len(CHANGED))
    ]
    anew = {file for file in kept.iterdir() if file.stat().st_mtime_ns != written.get(file)}
    assert anew == deleted
    assert len(deleted) == 2


def test_other_records_are_attacked_anew(small: Small, kept: Path, measured: AuditResult) -> None:
    fewer = replace(task(small, kept), splits={Split.FORGET: small.forget[:3]})
    found = audit(fewer, NOW)
    assert {one.n for one in found.measurements if one.under} == {3}


def test_a_model_that_is_gone_and_was_not_attacked_before_is_named(
    small: Small, kept: Path, measured: AuditResult, tmp_path: Path
) -> None:
    gone = task(small, kept)
    models = {
        ModelRole.UNLEARNED: replace(gone.models[ModelRole.UNLEARNED], folder=tmp_path / "no")
    }
    again = audit(replace(gone, models=models), NOW)
    assert again.value("probability", Split.FORGET, ModelRole.UNLEARNED, "int4") is not None
    for file in kept.glob("*-int4.json"):
        file.unlink()
    with pytest.raises(BadInput, match="was not attacked on these records before") as refusal:
        audit(replace(gone, models=models), NOW)
    assert refusal.value.fix is not None and "--attacks none" in refusal.value.fix


class OwnLayer(torch.nn.Module):
    """A linear layer of somebody's own making, as a quantised model has them."""

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = linear.weight, linear.bias

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(given, self.weight, self.bias)


def test_a_model_without_a_layer_that_the_attack_knows_has_no_figures(small: Small) -> None:
    """Figures of the model as it is would look as if nothing came back."""
    subject = loaded(small.reference, {Split.FORGET: small.forget}, ENCODING)
    assert altered(subject, "int4").recalls
    for name, layer in list(subject.model.named_modules()):
        if isinstance(layer, torch.nn.Linear):
            subject.model.set_submodule(name, OwnLayer(layer))
    found = altered(subject, "int4")
    assert found.recalls == {}
    assert set(found.missing.values()) == {NO_LINEAR}


def test_relearning_is_part_of_the_audit_and_not_of_the_original(
    small: Small, tmp_path: Path
) -> None:
    given = task(small, tmp_path / "scores", (Attack.RELEARNING,))
    given = replace(given, relearning=Relearning(learning_rate=1e-3))
    found = audit(given, NOW)
    assert {one.model for one in found.attacks} == {ModelRole.UNLEARNED}
    # Of six records 1, 5 and 10 % are one: one training, and that is said.
    assert {one.under for one in found.curves} == {"relearned_10pct", "relearned_unrelated"}
    left = [one for one in found.measurements if one.under in ("relearned_1pct", "relearned_5pct")]
    assert {one.not_measured for one in left} == {SAME.format("relearned_10pct")}
    assert {one.split for one in left} == {Split.FORGET, Split.HOLDOUT}
    for curve in found.curves:
        place = (curve.split, ModelRole.UNLEARNED, curve.under)
        assert curve.model is ModelRole.UNLEARNED
        assert found.value("probability", *place) == pytest.approx(curve.points[-1].probability)
    steps = {one.under: one.steps for one in found.attacks}
    assert steps.pop("relearned_1pct") == steps.pop("relearned_5pct") == 0 < min(steps.values())
    assert found.difference("probability", Split.FORGET, "holdout", "relearned_10pct") is not None
    assert audit(given, NOW) == found
    other = replace(given, relearning=Relearning(learning_rate=2e-3))
    assert audit(other, NOW).curves != found.curves


def test_what_is_kept_of_records_is_relearned_only_where_there_is_some(
    small: Small, tmp_path: Path
) -> None:
    whole = task(small, tmp_path / "scores", (Attack.RELEARNING,))
    rest = [replace(one, id=rest_id(one.id)) for one in small.forget[:3]]
    parted = replace(whole, splits={**whole.splits, Split.REST: rest})

    def conditions(given: AuditTask) -> list[str]:
        made = engine.AttackTask(
            attacks=given.attacks,
            splits=given.splits,
            encoding=ENCODING,
            material="m",
            relearning=given.relearning,
            kept=given.kept,
        )
        return made.conditions(ModelRole.UNLEARNED)

    assert conditions(parted) == [*conditions(whole), RELEARNED_REST]


@pytest.mark.parametrize(("count", "most", "left"), [(5, 200, 5), (200, 200, 200), (401, 200, 134)])
def test_many_records_are_spread_evenly(count: int, most: int, left: int) -> None:
    rows = [EncodedRecord(str(at), Example((1, 2), (-100, 2))) for at in range(count)]
    assert len(spread(rows, most)) == left
