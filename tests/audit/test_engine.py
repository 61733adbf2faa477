from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from transformers import OPTConfig, OPTForCausalLM

from tests.small import Small, audit_task, records
from unlearnkit.audit.engine import audit
from unlearnkit.audit.leakage_figures import NO_VALUES
from unlearnkit.audit.logit_lens import NO_LENS
from unlearnkit.audit.targets import Target
from unlearnkit.audit.task import AuditedModel, AuditTask, material_digest
from unlearnkit.corpus.nlp import LOCATION
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import AuditResult, ModelRole, Record, RecordScore, Split
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import (
    LanguageModel,
    load_language_model,
    save_language_model,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scores are kept."""
    return tmp_path_factory.mktemp("audit") / "scores"


@pytest.fixture(scope="module")
def measured(small: Small, kept: Path) -> AuditResult:
    """The original stands in for the unlearned model: a model that has forgotten nothing."""
    strangers = records(6, 9, "f")
    forget = [
        replace(one, perturbed=(other.text,))
        for one, other in zip(small.forget, strangers, strict=True)
    ]
    models = {
        ModelRole.ORIGINAL: small.model,
        ModelRole.UNLEARNED: small.model,
        ModelRole.REFERENCE: small.reference,
    }
    splits = {
        Split.FORGET: forget,
        Split.RETAIN: small.retain,
        Split.HOLDOUT: small.holdout,
    }
    owners = {one.id: ("request",) for one in forget}
    return audit(audit_task(models, splits, kept, owners=owners), NOW)


def test_a_model_is_measured_once_whatever_it_is_called(measured: AuditResult, kept: Path) -> None:
    assert len(list(kept.iterdir())) == 2  # three roles, two models


def test_the_original_still_recites_and_the_reference_does_not(measured: AuditResult) -> None:
    original = measured.value("exact_memorization", Split.FORGET, ModelRole.ORIGINAL)
    reference = measured.value("exact_memorization", Split.FORGET, ModelRole.REFERENCE)
    assert original is not None and original > 0.9
    assert reference is not None and reference < 0.5


def test_a_model_that_forgot_nothing_measures_as_the_original_does(measured: AuditResult) -> None:
    for metric in ("exact_memorization", "extraction_strength", "probability", "truth_ratio"):
        assert measured.value(metric, Split.FORGET, ModelRole.UNLEARNED) == measured.value(
            metric, Split.FORGET, ModelRole.ORIGINAL
        )


def test_forget_quality_tells_the_reciting_model_from_the_reference(measured: AuditResult) -> None:
    quality = measured.value("forget_quality", Split.FORGET, ModelRole.UNLEARNED)
    assert quality is not None and quality < 0.05
    assert measured.value("forget_quality", Split.FORGET, ModelRole.REFERENCE) == 1.0


def test_membership_inference_finds_what_is_recited_and_not_what_was_never_seen(
    measured: AuditResult,
) -> None:
    for attack in ("loss", "zlib", "min_k", "min_k_plus_plus"):
        metric = f"membership_auc_{attack}"
        known = measured.value(metric, Split.FORGET, ModelRole.UNLEARNED)
        unseen = measured.value(metric, Split.FORGET, ModelRole.REFERENCE)
        kept = measured.value(metric, Split.RETAIN, ModelRole.REFERENCE)
        assert known is not None and kept is not None and min(known, kept) > 0.95
        assert unseen is not None and unseen < 0.9
    leak = measured.value("priv_leak", Split.FORGET, ModelRole.UNLEARNED)
    assert leak is not None and leak < -50


def test_each_mean_lies_in_its_interval_and_says_its_n(measured: AuditResult) -> None:
    for one in measured.measurements:
        if one.low is not None and one.high is not None and one.value is not None:
            assert one.low <= one.value <= one.high
            assert one.n in (6, 18, 8)


def test_what_cannot_be_measured_is_said_not_defaulted(measured: AuditResult) -> None:
    [retain] = [
        one
        for one in measured.measurements
        if (one.metric, one.split, one.model) == ("truth_ratio", Split.RETAIN, ModelRole.UNLEARNED)
    ]
    assert retain.value is None
    assert "perturbed" in retain.not_measured


def test_every_record_is_listed_with_its_request(measured: AuditResult) -> None:
    forget = [
        one
        for one in measured.records
        if (one.split, one.model) == (Split.FORGET, ModelRole.UNLEARNED)
    ]
    assert len(forget) == 6
    assert all(one.request_ids == ("request",) for one in forget)


def test_kept_scores_of_an_earlier_version_are_not_taken_for_a_model_that_is_gone(
    small: Small, tmp_path: Path
) -> None:
    gone = {ModelRole.REFERENCE: AuditedModel(tmp_path / "gone", "d" * 64)}
    task = replace(audit_task({}, {Split.FORGET: small.forget}, tmp_path), models=gone)
    with pytest.raises(BadInput, match="the reference model is not there"):
        audit(task, NOW)


def test_what_is_no_finite_number_is_read_back_as_it_was(measured: AuditResult) -> None:
    odd = measured.records[0].model_copy(update={"probability": math.nan})
    again = RecordScore.model_validate_json(odd.model_dump_json())
    assert math.isnan(again.probability)
    assert again.model_dump(exclude={"probability"}) == odd.model_dump(exclude={"probability"})


def test_the_same_audit_gives_the_same_figures(small: Small, measured: AuditResult) -> None:
    assert AuditResult.model_validate_json(measured.model_dump_json()) == measured


# --- personal values -------------------------------------------------------------------------


def asking(task: AuditTask, *targets: Target) -> AuditTask:
    return replace(task, targets={Split.FORGET: targets})


def target(record: Record) -> Target:
    """The last words of a record."""
    start = record.text.rindex(" ", 0, len(record.text) - 8) + 1
    text = record.text[start:]
    return Target(record, PersonalValue(record.id, LOCATION, start, 0, text, ()), "amber 1 amber")


@pytest.fixture
def task(small: Small, tmp_path: Path) -> AuditTask:
    splits = {Split.FORGET: small.forget[:2]}
    return audit_task({ModelRole.ORIGINAL: small.model}, splits, tmp_path / "scores")


def test_values_that_come_out_are_counted_and_kept_without_a_word_of_them(
    task: AuditTask, small: Small
) -> None:
    asked = asking(task, target(small.forget[0]))
    found = audit(asked, NOW)
    assert found.value("pii_leakage", Split.FORGET, ModelRole.ORIGINAL) == 1.0
    assert [(one.leaked, one.values) for one in found.records] == [(1, 1), (None, None)]
    assert {one.entity for one in found.leakage} == {"", LOCATION}
    [scores] = task.kept.iterdir()
    assert small.forget[0].text[-8:] not in scores.read_text() + found.model_dump_json()
    assert audit(asked, NOW) == found


def test_the_layers_are_read_where_values_stand(task: AuditTask, small: Small) -> None:
    asked = replace(task, ranked={Split.FORGET: (target(small.forget[0]),)})
    found = audit(asked, NOW)
    for metric in ("logit_lens_1", "logit_lens_10", "logit_lens_output_1", "logit_lens_output_10"):
        assert found.value(metric, Split.FORGET, ModelRole.ORIGINAL) == 1.0
    [depths] = found.lens
    assert depths.n == 1 and len(depths.ten) == 2 and depths.ten[-1] == 1.0
    assert audit(asked, NOW) == found
    [scores] = task.kept.iterdir()
    assert small.forget[0].text[-8:] not in scores.read_text() + found.model_dump_json()


def test_a_model_whose_layers_cannot_be_read_says_so(small: Small, tmp_path: Path) -> None:
    """An OPT with its norms behind the layers has none before the head."""
    tokenizer = load_language_model(small.model).tokenizer
    config = OPTConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        word_embed_proj_dim=16,
        ffn_dim=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        do_layer_norm_before=False,
    )
    save_language_model(LanguageModel(OPTForCausalLM(config).eval(), tokenizer), tmp_path / "opt")
    splits = {Split.FORGET: small.forget[:2]}
    task = audit_task({ModelRole.ORIGINAL: tmp_path / "opt"}, splits, tmp_path / "scores")
    found = audit(replace(task, ranked={Split.FORGET: (target(small.forget[0]),)}), NOW)
    lens = [one for one in found.measurements if one.metric.startswith("logit_lens")]
    assert len(lens) == 8 and {one.not_measured for one in lens} == {NO_LENS}
    assert found.lens == ()


def test_an_audit_that_asks_for_nothing_says_why_there_is_no_figure(task: AuditTask) -> None:
    found = audit(task, NOW)
    leaks = [one for one in found.measurements if one.metric.startswith("pii_leakage")]
    assert {one.not_measured for one in leaks} == {NO_VALUES}
    assert found.leakage == ()


def test_other_questions_are_other_material(task: AuditTask, small: Small) -> None:
    one, two = target(small.forget[0]), target(small.forget[1])
    tasks = [task, asking(task, one), asking(task, two), asking(task, one, two)]
    tasks.append(replace(asking(task, one), seed=1))
    assert len({material_digest(some) for some in tasks}) == len(tasks)
