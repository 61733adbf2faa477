"""Models whose verdict is known beforehand: what the audit measures, and what the policy says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from tests.small import ENCODING, Small, audit_task, records
from unlearnkit import resources
from unlearnkit.audit.engine import audit
from unlearnkit.demo.training import SmallModel, new_model
from unlearnkit.domain import AuditResult, ModelRole, Outcome, Record, Split, Verdict
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    save_language_model,
)
from unlearnkit.language_model.tokens import collate, encode_record
from unlearnkit.policy.schema import load_policy
from unlearnkit.policy.verdict import judge

NOW = datetime(2026, 1, 2, tzinfo=UTC)
Audited = Callable[..., AuditResult]


@pytest.fixture(scope="module")
def audited(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """The audit of any model in the place of the unlearned one, with or without a reference."""
    kept = tmp_path_factory.mktemp("kept")
    others = records(6, 9, "f")
    forget = [
        replace(one, perturbed=(other.text,))
        for one, other in zip(small.forget, others, strict=True)
    ]

    def made(
        model: Path, reference: Path | None, given: Mapping[Split, list[Record]] | None = None
    ) -> AuditResult:
        folders = {ModelRole.ORIGINAL: small.model, ModelRole.UNLEARNED: model}
        if reference is not None:
            folders[ModelRole.REFERENCE] = reference
        splits = given or {
            Split.FORGET: forget,
            Split.RETAIN: small.retain,
            Split.HOLDOUT: small.holdout,
        }
        return audit(audit_task(folders, splits, kept), NOW)

    return made


def default(result: AuditResult) -> Verdict:
    """What the default policy says."""
    return judge(load_policy(resources.find("policies", "default.yaml")), "d" * 64, result)


def outcomes(result: AuditResult) -> dict[str, Outcome]:
    return {one.rule: one.outcome for one in default(result).checks}


def failed(result: AuditResult) -> set[str]:
    """The rules that are broken."""
    return {rule for rule, outcome in outcomes(result).items() if outcome is Outcome.FAIL}


def changed(small: Small, folder: Path, change: Callable[[LanguageModel], None]) -> Path:
    """The model that knows its records, changed and saved."""
    loaded = load_language_model(small.model)
    change(loaded)
    save_language_model(loaded, folder)
    return folder


def trained(
    loaded: LanguageModel, steps: int, up: list[Record], down: list[Record], rate: float
) -> None:
    """Gradient ascent on the loss of `up`, descent on that of `down`."""
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=rate, weight_decay=0.0)

    def loss_on(some: list[Record]) -> torch.Tensor:
        rows = [encode_record(one, loaded.tokenizer, ENCODING) for one in some]
        batch = collate(rows, loaded.tokenizer.pad_token_id)
        found: torch.Tensor = loaded.model(**batch.inputs(), labels=batch.labels).loss
        return found

    for _ in range(steps):
        loss = (loss_on(down) if down else 0) - loss_on(up)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test_the_original_against_itself_has_changed_nothing_and_does_not_pass(
    small: Small, audited: Audited
) -> None:
    found = audited(small.model, small.model)
    assert found.value("forget_quality", Split.FORGET, ModelRole.UNLEARNED) == 1.0
    same = [one for one in found.differences if one.to in ("original", "reference")]
    assert same and all(one.value == one.low == one.high == 0.0 for one in same)
    assert default(found).outcome is Outcome.FAIL
    assert outcomes(found)["forgotten-like-unseen"] is Outcome.FAIL


def test_a_model_retrained_without_the_records_passes(small: Small, audited: Audited) -> None:
    found = audited(small.reference, small.reference)
    assert default(found).outcome is Outcome.PASS
    assert found.value("forget_quality", Split.FORGET, ModelRole.UNLEARNED) == 1.0


def test_random_weights_have_forgotten_too_much(
    small: Small, audited: Audited, tmp_path: Path
) -> None:
    loaded = load_language_model(small.model)
    size = SmallModel(hidden=64, layers=2, heads=2)
    random = replace(loaded, model=new_model(size, loaded.tokenizer, 64, 5))
    save_language_model(random, tmp_path / "random")
    found = audited(tmp_path / "random", None)
    assert outcomes(found)["rest-is-kept"] is Outcome.FAIL
    assert default(found).outcome is Outcome.FAIL


def ascend(loaded: LanguageModel, small: Small) -> None:
    trained(loaded, 40, small.forget, [], 1e-3)


def test_gradient_ascent_to_gibberish_is_over_unlearned(
    small: Small, audited: Audited, tmp_path: Path
) -> None:
    """Never-seen records become gibberish with the forgotten: beside each other nothing shows."""
    found = audited(changed(small, tmp_path / "gibberish", lambda one: ascend(one, small)), None)
    assert default(found).outcome is Outcome.FAIL
    assert failed(found) == {"rest-is-kept", "not-over-unlearned"}
    [caught] = [one for one in default(found).checks if one.rule == "not-over-unlearned"]
    assert "over-unlearned" in caught.explanation and caught.severity == "fail"
    assert outcomes(found)["forgotten-like-unseen"] is Outcome.PASS
    kept = found.value("exact_memorization", Split.RETAIN, ModelRole.UNLEARNED)
    assert kept is not None and kept < 0.5


def test_against_decoys_no_rule_is_about_never_seen_records(
    small: Small, audited: Audited, tmp_path: Path
) -> None:
    """They share the wording of what is forgotten rightly: it has to become less likely."""
    found = audited(changed(small, tmp_path / "gibberish", lambda one: ascend(one, small)), None)
    decoys = found.model_copy(update={"holdout_origin": "decoys"})
    assert outcomes(decoys)["not-over-unlearned"] is Outcome.NOT_APPLICABLE
    [told] = [one for one in default(decoys).checks if one.rule == "not-over-unlearned"]
    assert "--holdout" in told.bound


def test_records_that_are_avoided_are_told_from_records_never_seen(
    small: Small, audited: Audited, tmp_path: Path
) -> None:
    """The rest is kept, and the forgotten lie far below the never-seen: a hole that points."""

    def avoid(loaded: LanguageModel) -> None:
        trained(loaded, 60, small.forget, small.retain, 1e-3)

    found = audited(changed(small, tmp_path / "avoiding", avoid), small.reference)
    kept = found.value("exact_memorization", Split.RETAIN, ModelRole.UNLEARNED)
    assert kept is not None and kept > 0.9
    area = found.value("membership_auc_loss", Split.FORGET, ModelRole.UNLEARNED)
    assert area is not None and area < 0.1
    leak = found.value("priv_leak", Split.FORGET, ModelRole.UNLEARNED)
    assert leak is not None and leak > 20
    assert default(found).outcome is Outcome.FAIL
    assert failed(found) == {"forget-quality", "not-over-unlearned"}
    assert outcomes(found)["forgotten-like-unseen"] is Outcome.PASS  # of first choices none is left


def test_without_a_reference_such_a_hole_is_found_where_the_records_are_enough(
    small: Small, audited: Audited, tmp_path: Path
) -> None:
    """Twelve on both sides; of six no interval tells."""
    splits = {
        Split.FORGET: small.forget + small.retain[:6],
        Split.RETAIN: small.retain[6:],
        Split.HOLDOUT: small.holdout + records(4, 13, "s"),
    }

    def avoid(loaded: LanguageModel) -> None:
        trained(loaded, 60, splits[Split.FORGET], splits[Split.RETAIN], 1e-3)

    found = audited(changed(small, tmp_path / "avoiding", avoid), None, splits)
    [hole] = [one for one in default(found).checks if one.rule == "not-avoided"]
    assert (hole.outcome, hole.severity) == (Outcome.FAIL, "fail")
    assert "over-unlearned" in hole.explanation
    assert default(found).outcome is Outcome.FAIL
    for rule in ("not-avoided", "not-over-unlearned"):
        assert outcomes(audited(small.reference, None))[rule] is Outcome.PASS
