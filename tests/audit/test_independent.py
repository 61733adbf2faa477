"""The audit's figures, computed once more from their papers: float64, one text at a time, no reuse.

Nothing here is imported from the audit but what is under test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import comb

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.small import ENCODING, Small, records
from unlearnkit.audit.forget_quality import forget_quality
from unlearnkit.audit.scoring import score_model
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import ModelRole, Record, Split
from unlearnkit.language_model.folder import LanguageModel, load_language_model

TOLERANCE = 1e-5


class Paper:
    """One model's figures of one text, by the definitions."""

    def __init__(self, language_model: LanguageModel) -> None:
        self.tokenizer = language_model.tokenizer
        self.model = language_model.model.double()

    def tokens(self, record: Record) -> tuple[list[int], int]:
        """[BOS] prompt, newline, text [EOS], and where the text begins."""
        bos, eos = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        prompt = self.tokenizer(f"{record.prompt}\n", add_special_tokens=False)["input_ids"]
        text = self.tokenizer(record.text, add_special_tokens=False)["input_ids"]
        start = [*([] if bos is None else [bos]), *prompt]
        return [*start, *text, *([] if eos is None else [eos])], len(start)

    @torch.no_grad()
    def predictions(self, record: Record) -> tuple[list[int], list[float]]:
        """For every token of the text: the model's first choice, and the token's log-likelihood."""
        ids, begin = self.tokens(record)
        best, likely = [], []
        for at in range(begin, len(ids)):
            row = self.model(torch.tensor([ids[:at]])).logits[0, -1]
            assert row.dtype is torch.float64
            best.append(int(row.argmax()))
            likely.append(float(row[ids[at]] - row.logsumexp(0)))
        return best, likely

    def loss(self, record: Record) -> float:
        _, likely = self.predictions(record)
        return -sum(likely) / len(likely)

    def exact_memorization(self, record: Record) -> float:
        """Tirumala et al. 2022: the share of tokens that are the first choice."""
        ids, begin = self.tokens(record)
        best, _ = self.predictions(record)
        return sum(a == b for a, b in zip(best, ids[begin:], strict=True)) / len(best)

    def extraction_strength(self, record: Record) -> float:
        """Carlini et al. 2021: 1 - k/T, k the fewest tokens after which the rest is recited."""
        ids, begin = self.tokens(record)
        best, _ = self.predictions(record)
        wanted = ids[begin:]
        total = len(wanted)
        for k in range(total):
            if best[k:] == wanted[k:]:
                return 1 - k / total
        return 0.0

    def truth_ratio(self, record: Record) -> float:
        """TOFU: geometric mean likelihood of the perturbed over the likelihood of the truth."""
        truth = math.exp(-self.loss(replace(record, text=record.paraphrase or record.text)))
        wrong = [math.exp(-self.loss(replace(record, text=one))) for one in record.perturbed]
        return math.prod(wrong) ** (1 / len(wrong)) / truth


@pytest.fixture(scope="module")
def forget(small: Small) -> list[Record]:
    """The forget set with false versions of each record; one has a paraphrase."""
    strangers = records(12, 9, "f")
    made = [
        replace(one, perturbed=(strangers[2 * at].text, strangers[2 * at + 1].text))
        for at, one in enumerate(small.forget)
    ]
    return [replace(made[0], paraphrase=strangers[5].text), *made[1:]]


@pytest.mark.parametrize("folder", ["model", "reference"])
def test_every_record_has_the_papers_figures(
    small: Small, forget: list[Record], folder: str
) -> None:
    path = getattr(small, folder)
    paper = Paper(load_language_model(path))
    splits = {Split.FORGET: forget, Split.HOLDOUT: small.holdout}
    found = score_model(path, ModelRole.UNLEARNED, splits, {}, ENCODING)
    for record, score in zip([*forget, *small.holdout], found, strict=True):
        expected = [paper.exact_memorization(record), paper.extraction_strength(record)]
        assert [score.exact_memorization, score.extraction_strength] == pytest.approx(expected)
        assert score.probability == pytest.approx(math.exp(-paper.loss(record)), abs=TOLERANCE)
        if record.perturbed:
            assert score.truth_ratio == pytest.approx(paper.truth_ratio(record), rel=TOLERANCE)
        else:
            assert score.truth_ratio is None


def p_value(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided two-sample Kolmogorov-Smirnov test, exact, without ties (Hodges 1958, section 4).

    Of all orders in which two samples of these sizes can interleave, the share whose distribution
    functions are at some point at least as far apart as those of the given samples.
    """
    n, m = len(one), len(other)

    def apart(i: int, j: int) -> int:
        return abs(i * m - j * n)

    i = j = most = 0
    for _, first in sorted([(x, True) for x in one] + [(x, False) for x in other]):
        i, j = (i + 1, j) if first else (i, j + 1)
        most = max(most, apart(i, j))

    @cache
    def nearer(i: int, j: int) -> int:
        """Orders up to here whose distance was always smaller."""
        if apart(i, j) >= most:
            return 0
        if (i, j) == (0, 0):
            return 1
        return (nearer(i - 1, j) if i else 0) + (nearer(i, j - 1) if j else 0)

    return 1 - nearer(n, m) / comb(n + m, n)


@settings(deadline=None)  # the first call imports SciPy
@given(
    st.lists(st.floats(0, 2), min_size=4, max_size=14, unique=True).filter(
        lambda values: all(b - a > 1e-9 for a, b in pairwise(sorted(values)))
    ),
    st.integers(1, 3),
)
def test_forget_quality_is_the_exact_p_value(values: list[float], cut: int) -> None:
    one, other = values[:cut], values[cut:]
    assert forget_quality(one, other) == pytest.approx(p_value(one, other), abs=TOLERANCE)


def test_the_means_of_the_audit_are_those_of_the_papers_figures(
    small: Small, forget: list[Record]
) -> None:
    paper = Paper(load_language_model(small.reference))
    splits = {Split.FORGET: forget}
    roles = {ModelRole.UNLEARNED: small.model, ModelRole.REFERENCE: small.reference}
    scores = [
        one for role, path in roles.items() for one in score_model(path, role, splits, {}, ENCODING)
    ]
    measured = {(one.metric, one.model): one.value for one in summarise(scores, seed=0)}
    reference = [paper.truth_ratio(one) for one in forget]
    aggregate = sum(min(one, 1 / one) for one in reference) / len(reference)
    found = measured["truth_ratio", ModelRole.REFERENCE]
    assert found == pytest.approx(aggregate, abs=TOLERANCE)
    ratios = [Paper(load_language_model(small.model)).truth_ratio(one) for one in forget]
    found = measured["forget_quality", ModelRole.UNLEARNED]
    assert found == pytest.approx(p_value(ratios, reference), abs=TOLERANCE)
