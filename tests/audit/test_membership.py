"""Membership scores against their definitions, written once more without batches in float64."""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.scored import score_model
from tests.chats import chat_tokenizer, conversation
from tests.small import ENCODING, Small
from unlearnkit.audit.membership import (
    attacked_tokens,
    lowest,
    membership_scores,
    standardised_at,
)
from unlearnkit.audit.membership_figures import REFERENCE, attacked
from unlearnkit.demo.training import SmallModel, train
from unlearnkit.domain import MembershipScores, ModelRole, Record, Split
from unlearnkit.language_model import head as heads
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.rendering import CHAT
from unlearnkit.language_model.tokens import Encoding, encode_record


def test_a_token_is_standardised_by_what_the_vocabulary_would_have_scored() -> None:
    p = [0.5, 0.25, 0.25]
    mean = sum(one * math.log(one) for one in p)
    deviation = math.sqrt(sum(one * (math.log(one) - mean) ** 2 for one in p))
    logits = torch.log(torch.tensor([p, p]))
    found = standardised_at(logits, torch.tensor([0, 2]))
    assert found == pytest.approx([(math.log(one) - mean) / deviation for one in (0.5, 0.25)])


def test_a_certain_token_gives_a_finite_score() -> None:
    [found] = standardised_at(torch.tensor([[1e4, 0.0]]), torch.tensor([0]))
    assert math.isfinite(found)


@pytest.mark.parametrize("masked", [-math.inf, torch.finfo(torch.float32).min])
def test_a_token_that_cannot_come_leaves_the_others_a_score(masked: float) -> None:
    [found] = standardised_at(torch.tensor([[0.5, 1.0, masked]]), torch.tensor([0]))
    [alone] = standardised_at(torch.tensor([[0.5, 1.0]]), torch.tensor([0]))
    assert found == pytest.approx(alone)


@given(st.lists(st.floats(-50, 0), min_size=1, max_size=40))
def test_the_lowest_fifth_is_at_least_one_token_and_never_above_the_mean(
    values: list[float],
) -> None:
    found = lowest(values)
    assert min(values) - 1e-9 <= found <= sum(values) / len(values) + 1e-9


def test_the_lowest_fifth_by_hand() -> None:
    assert lowest([-1.0, -9.0, -2.0, -3.0, -7.0, -1.0, -1.0, -1.0, -1.0, -1.0]) == -8.0


def test_scores_by_hand() -> None:
    found = membership_scores("ab", [1.0, 3.0], [0.5, -0.5])
    assert (found.loss, found.min_k, found.min_k_plus_plus) == (-2.0, -3.0, -0.5)
    assert found.zlib == pytest.approx(-2.0 / len(zlib.compress(b"ab")))


def test_tokens_come_with_hits_losses_and_standardised_scores_in_any_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logits = torch.randn(7, 11, generator=torch.Generator().manual_seed(3))
    labels = torch.tensor([0, 3, 10, 5, 5, 1, 9])
    monkeypatch.setattr(heads, "ELEMENTS", 2 * 11)
    hits, losses, standardised = attacked_tokens(labels, logits, Head(None))
    log_p = logits.double().log_softmax(-1)
    for at, label in enumerate(labels.tolist()):
        p = log_p[at].exp()
        mean = (p * log_p[at]).sum()
        deviation = (p * (log_p[at] - mean) ** 2).sum().sqrt()
        assert hits[at] == (int(logits[at].argmax()) == label)
        assert losses[at] == pytest.approx(-log_p[at, label].item(), abs=1e-5)
        score = ((log_p[at, label] - mean) / deviation).item()
        assert standardised[at] == pytest.approx(score, abs=1e-4)


def test_of_a_conversation_only_what_the_assistant_says_is_compressed(tmp_path: Path) -> None:
    long = conversation(("user", "amber basin cedar delta?"), ("assistant", "ember"), id="talk")
    short = conversation(("user", "amber?"), ("assistant", "ember"), id="talk")
    size = SmallModel(hidden=32, layers=2, heads=2, epochs=1, batch_size=2)
    encoding = Encoding(prompt_template=CHAT, max_length=96)
    train([long], chat_tokenizer(), tmp_path / "model", size=size, encoding=encoding, seed=0)
    found = score_model(
        tmp_path / "model", ModelRole.ORIGINAL, {Split.FORGET: [long, short]}, encoding
    )
    lengths = [one.membership.loss / one.membership.zlib for one in found if one.membership]
    assert lengths == pytest.approx([len(zlib.compress(b"ember"))] * 2)


def alone(language_model: LanguageModel, record: Record) -> MembershipScores:
    """The scores by their formulas: one record, no padding, no chunks, float64."""
    example = encode_record(record, language_model.tokenizer, ENCODING)
    logits = language_model.model(torch.tensor([example.input_ids])).logits[0]
    log_p = logits.double().log_softmax(-1)
    own, standardised = [], []
    for at, label in enumerate(example.labels):
        if label == -100:
            continue
        row = log_p[at - 1].tolist()
        mean = sum(math.exp(one) * one for one in row)
        variance = sum(math.exp(one) * (one - mean) ** 2 for one in row)
        own.append(row[label])
        standardised.append((row[label] - mean) / math.sqrt(variance))
    fifth = max(1, len(own) // 5)
    mean = sum(own) / len(own)
    return MembershipScores(
        loss=mean,
        zlib=mean / len(zlib.compress(record.text.encode())),
        min_k=sum(sorted(own)[:fifth]) / fifth,
        min_k_plus_plus=sum(sorted(standardised)[:fifth]) / fifth,
    )


NEAR = {"loss": 1e-6, "zlib": 1e-8, "min_k": 1e-6, "min_k_plus_plus": 1e-5}
"""What float32 leaves of scores near 0, in each one's unit: zlib's are a hundredth of the loss."""


@pytest.mark.parametrize("folder", ["model", "reference"])
def test_batched_scores_equal_the_formulas_one_record_at_a_time(small: Small, folder: str) -> None:
    path: Path = getattr(small, folder)
    records = small.forget + small.holdout
    found = score_model(path, ModelRole.ORIGINAL, {Split.FORGET: records}, ENCODING)
    language_model = load_language_model(path)
    language_model.model.double()
    for record, score in zip(records, found, strict=True):
        assert score.membership is not None
        expected = alone(language_model, record)
        for field in MembershipScores.model_fields:
            assert getattr(score.membership, field) == pytest.approx(
                getattr(expected, field), rel=1e-5, abs=NEAR[field]
            ), field


def test_the_reference_score_is_the_difference_of_two_mean_log_likelihoods(small: Small) -> None:
    records = small.forget + small.holdout
    roles = {ModelRole.UNLEARNED: small.model, ModelRole.REFERENCE: small.reference}
    scored, exact = {}, {}
    for role, path in roles.items():
        found = score_model(path, role, {Split.FORGET: records}, ENCODING)
        scored[role, Split.FORGET] = {
            one.record_id: one.membership for one in found if one.membership
        }
        language_model = load_language_model(path)
        language_model.model.double()
        exact[role] = [alone(language_model, one).loss for one in records]
    expected = [
        ours - theirs
        for ours, theirs in zip(exact[ModelRole.UNLEARNED], exact[ModelRole.REFERENCE], strict=True)
    ]
    found = attacked(scored, ModelRole.UNLEARNED, Split.FORGET, REFERENCE)
    assert list(found) == [one.id for one in records]
    assert list(found.values()) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert min(expected[: len(small.forget)]) > 1
