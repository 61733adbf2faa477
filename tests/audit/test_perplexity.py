"""Perplexity: the windows, the figure against a forward pass of its own, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small import ENCODING, Small, audit_task
from unlearnkit.audit.engine import audit
from unlearnkit.audit.perplexity import (
    WindowLosses,
    cut,
    perplexities,
    perplexity,
    window_losses,
    windows,
)
from unlearnkit.audit.task import AuditTask, material_digest
from unlearnkit.corpus.plain_text import PlainText
from unlearnkit.domain import AuditResult, Measurement, ModelRole, Split
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.tokens import IGNORED

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WORDS = " ".join(f"amber {number} cedar basin delta" for number in range(60))


def text(*texts: str) -> PlainText:
    return PlainText(Path("text.txt"), "e" * 64, texts)


def losses(tokens: list[int], sums: list[float], digest: str = "t") -> WindowLosses:
    return WindowLosses(
        model_digest="m",
        material="x",
        tokens_digest=digest,
        tokens=tuple(tokens),
        losses=tuple(sums),
    )


def measured(*found: WindowLosses) -> list[Measurement]:
    roles = (ModelRole.UNLEARNED, ModelRole.REFERENCE)
    return list(perplexities(dict(zip(roles, found, strict=False)), 0))


# --- windows ---------------------------------------------------------------------------------


@given(st.lists(st.integers(5, 90), max_size=60), st.integers(2, 20), st.booleans())
def test_every_token_is_predicted_once_but_a_windows_first_without_a_beginning(
    ids: list[int], length: int, begins: bool
) -> None:
    begin = (1,) if begins else ()
    found = list(cut({"input_ids": ids}, begin, length))
    assert all(len(one.input_ids) <= length for one in found)
    predicted = [label for one in found for label in one.labels if label != IGNORED]
    if begins:
        assert predicted == ids
        assert all(one.input_ids[0] == 1 for one in found)
    else:
        assert predicted == [one for at, one in enumerate(ids) if at % length]


def test_windows_do_not_run_from_one_text_into_the_next(small: Small) -> None:
    model = load_language_model(small.model)
    apart = windows(model, text("amber", "cedar 12"), 64)
    assert len(apart) == 2
    assert all(one.input_ids[0] == model.tokenizer.bos_token_id for one in apart)


@pytest.mark.parametrize("texts", [("amber basin",), ()])
def test_a_text_of_one_window_is_too_short(small: Small, texts: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="too short") as refusal:
        windows(load_language_model(small.model), text(*texts), 64)
    assert refusal.value.fix


# --- the figure ------------------------------------------------------------------------------


def test_long_windows_weigh_more_than_short_ones() -> None:
    [one] = measured(losses([9, 1], [9.0, 5.0]))
    assert one.value == pytest.approx(math.exp(14 / 10))
    assert one.n == 2


def test_alike_windows_leave_no_doubt_and_unlike_ones_some() -> None:
    [alike] = measured(losses([4, 8, 2] * 2, [8.0, 16.0, 4.0] * 2))
    assert alike.low == pytest.approx(alike.value) == pytest.approx(alike.high)
    [unlike] = measured(losses([4, 4, 4, 4], [4.0, 8.0, 4.0, 8.0]))
    assert unlike.low is not None and unlike.high is not None and unlike.value is not None
    assert math.exp(1) <= unlike.low < unlike.value < unlike.high <= math.exp(2)


def test_a_model_with_other_tokens_is_not_compared() -> None:
    ours, theirs = measured(losses([4, 4], [4.0, 8.0]), losses([5, 5], [4.0, 8.0], "other"))
    assert ours.value is not None
    assert theirs.value is None
    assert "other tokens" in theirs.not_measured


@pytest.mark.parametrize("loss", [math.nan, math.inf, 1e6])
def test_what_is_no_finite_figure_is_said(loss: float) -> None:
    [one] = measured(losses([4, 4], [4.0, loss]))
    assert one.value is None
    assert "finite" in one.not_measured


def test_it_is_what_transformers_own_loss_comes_to(small: Small) -> None:
    """One window at a time through the model's own loss, in float64."""
    import torch

    model = load_language_model(small.model)
    found = window_losses(small.model, "d", text(WORDS, "haven 17 joker"), 32)
    model.model.double()
    total, count = 0.0, 0
    for one in windows(model, text(WORDS, "haven 17 joker"), 32):
        ids, labels = torch.tensor([one.input_ids]), torch.tensor([one.labels])
        with torch.no_grad():
            mean = model.model(input_ids=ids, labels=labels).loss.item()
        total, count = total + mean * one.counted, count + one.counted
    assert sum(found.tokens) == count
    assert perplexity(found.tokens, found.losses) == pytest.approx(
        math.exp(total / count), rel=1e-5
    )


# --- in the audit ----------------------------------------------------------------------------


def task(small: Small, kept: Path, utility: PlainText | None) -> AuditTask:
    return audit_task(
        {ModelRole.ORIGINAL: small.model, ModelRole.UNLEARNED: small.reference},
        {Split.FORGET: small.forget[:2]},
        kept,
        encoding=replace(ENCODING, max_length=32),
        utility=utility,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("perplexity") / "scores"


@pytest.fixture(scope="module")
def audited(small: Small, kept: Path) -> AuditResult:
    return audit(task(small, kept, text(WORDS)), NOW)


def test_the_audit_names_text_tokens_and_windows(audited: AuditResult) -> None:
    told = audited.utility_text
    assert told is not None
    assert (told.digest, told.window_length) == ("e" * 64, 32)
    found = {one.model: one for one in audited.measurements if one.metric == "perplexity"}
    assert set(found) == {ModelRole.ORIGINAL, ModelRole.UNLEARNED}
    for one in found.values():
        assert one.split is Split.UTILITY
        assert one.n == told.windows == -(-told.tokens // 31)
        assert one.low is not None and one.value is not None and one.high is not None
        assert 1 < one.low < one.value < one.high


def test_a_model_is_measured_once_on_a_text_and_anew_on_another(
    small: Small, audited: AuditResult, kept: Path
) -> None:
    before = set(kept.iterdir())
    gone = {
        role: replace(model, folder=Path("gone"))
        for role, model in task(small, kept, None).models.items()
    }
    again = replace(task(small, kept, text(WORDS)), models=gone)
    assert audit(again, NOW) == audited
    assert set(kept.iterdir()) == before
    with pytest.raises(BadInput, match="the original model is not there"):
        audit(replace(again, utility=text(f"{WORDS} haven")), NOW)


def test_a_text_leaves_the_records_figures_where_they_are(
    small: Small, audited: AuditResult, kept: Path
) -> None:
    without = audit(task(small, kept, None), NOW)
    assert without.utility_text is None
    assert without.records == audited.records
    assert not any(one.metric == "perplexity" for one in without.measurements)
    both = (task(small, kept, None), task(small, kept, text(WORDS)))
    assert material_digest(both[0]) == material_digest(both[1])
