"""The audit's figures, computed once more from their papers: float64, one text at a time, no reuse.

Nothing here is imported from the audit but what is under test.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise
from math import comb

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.scored import score_model
from tests.small import ENCODING, Small, records
from unlearnkit.audit.forget_quality import forget_quality
from unlearnkit.audit.scoring import score_records
from unlearnkit.audit.summary import summarise
from unlearnkit.domain import ModelRole, Record, RecordScore, Split
from unlearnkit.language_model import recall
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.tokens import collate

TOLERANCE = 1e-5


class Paper:
    """One model's figures of one text, by the definitions."""

    def __init__(self, language_model: LanguageModel) -> None:
        self.tokenizer = language_model.tokenizer
        self.model = language_model.model.double()

    def tokens(self, record: Record) -> tuple[list[int], int]:
        """[BOS] prompt, newline, text [EOS], and where the text begins."""
        bos, eos = self.tokenizer.bos_token_id, self.tokenizer.eos_token_id
        before = f"{record.prompt}\n" if record.prompt else ""
        prompt = self.tokenizer(before, add_special_tokens=False)["input_ids"]
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

    @torch.no_grad()
    def rouge_l(self, record: Record) -> float:
        """Lin 2004, recall: the record's words that its greedy continuation has, in their order."""
        ids, begin = self.tokens(record)
        if not record.prompt:  # nothing is asked: the first half is given
            begin += (len(ids) - begin) // 2
        made: list[int] = []
        while len(made) < len(ids) - begin and self.tokenizer.eos_token_id not in made:
            given = torch.tensor([[*ids[:begin], *made]])
            made.append(int(self.model(given).logits[0, -1].argmax()))
        wanted, found = (
            re.findall(r"[^\W_]+", self.tokenizer.decode(some, skip_special_tokens=True).lower())
            for some in (ids[begin:], made)
        )
        return common(wanted, found) / len(wanted)

    @torch.no_grad()
    def standardised(self, record: Record) -> list[float]:
        """Zhang 2025: log-likelihoods, standardised by what the model would draw there."""
        ids, begin = self.tokens(record)
        found = []
        for at in range(begin, len(ids)):
            row = self.model(torch.tensor([ids[:at]])).logits[0, -1].log_softmax(-1).tolist()
            mean = sum(math.exp(one) * one for one in row)
            squares = sum(math.exp(one) * one * one for one in row)
            found.append((row[ids[at]] - mean) / math.sqrt(squares - mean**2))
        return found

    def scores(self, record: Record) -> dict[str, float]:
        """What membership is inferred from: Yeom 2018, Carlini 2021, Shi 2024, Zhang 2025."""
        _, likely = self.predictions(record)
        fifth = max(1, len(likely) // 5)
        mean = sum(likely) / len(likely)
        return {
            "loss": mean,
            "zlib": mean / len(zlib.compress(record.text.encode())),
            "min_k": sum(sorted(likely)[:fifth]) / fifth,
            "min_k_plus_plus": sum(sorted(self.standardised(record))[:fifth]) / fifth,
        }


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence, by its recursion."""

    @cache
    def longest(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return 0
        if one[i - 1] == other[j - 1]:
            return longest(i - 1, j - 1) + 1
        return max(longest(i - 1, j), longest(i, j - 1))

    return longest(len(one), len(other))


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
    found = score_model(path, ModelRole.UNLEARNED, splits, ENCODING)
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
        one for role, path in roles.items() for one in score_model(path, role, splits, ENCODING)
    ]
    measured = {(one.metric, one.model): one.value for one in summarise(scores, seed=0)}
    reference = [paper.truth_ratio(one) for one in forget]
    aggregate = sum(min(one, 1 / one) for one in reference) / len(reference)
    found = measured["truth_ratio", ModelRole.REFERENCE]
    assert found == pytest.approx(aggregate, abs=TOLERANCE)
    ratios = [Paper(load_language_model(small.model)).truth_ratio(one) for one in forget]
    found = measured["forget_quality", ModelRole.UNLEARNED]
    assert found == pytest.approx(p_value(ratios, reference), abs=TOLERANCE)


# --- continuations, utility and membership, from the model to the figure ------------------------


@pytest.fixture(scope="module")
def mixed(small: Small, forget: list[Record]) -> list[Record]:
    """Records of which the reference knows a half, each with false versions of it."""
    others = records(3, 10, "r")
    known = [
        replace(one, perturbed=(new.text,))
        for one, new in zip(small.retain[:3], others, strict=True)
    ]
    return [*forget[1:4], *known]


@pytest.mark.parametrize("folder", ["model", "reference"])
def test_continuations_have_the_papers_rouge(
    small: Small, mixed: list[Record], folder: str
) -> None:
    path = getattr(small, folder)
    asked = [*mixed, *(replace(one, prompt="") for one in mixed), *small.holdout[:2]]
    found = score_model(path, ModelRole.UNLEARNED, {Split.FORGET: asked}, ENCODING)
    paper = Paper(load_language_model(path))
    expected = [paper.rouge_l(one) for one in asked]
    assert [one.generated.rouge_l for one in found if one.generated] == pytest.approx(
        expected, abs=TOLERANCE
    )
    assert min(expected) < 0.5 and max(expected) == 1.0


def test_model_utility_is_the_harmonic_mean_of_the_papers_three(
    small: Small, mixed: list[Record]
) -> None:
    scores = score_model(small.reference, ModelRole.UNLEARNED, {Split.RETAIN: mixed}, ENCODING)
    paper = Paper(load_language_model(small.reference))
    means = [
        sum(part(one) for one in mixed) / len(mixed)
        for part in (
            lambda one: math.exp(-paper.loss(one)),
            paper.rouge_l,
            lambda one: max(0.0, 1 - paper.truth_ratio(one)),
        )
    ]
    [found] = [one for one in summarise(scores, seed=0) if one.metric == "model_utility"]
    assert found.n == len(mixed)
    assert found.value == pytest.approx(3 / sum(1 / one for one in means), abs=TOLERANCE)
    assert all(0.2 < one < 0.9 for one in means)


def test_membership_and_priv_leak_are_those_of_the_papers_scores(small: Small) -> None:
    """Of the members only half were trained on, so that no area is 1."""
    members = [*small.forget[:3], *records(4, 11, "s")]
    splits = {Split.FORGET: members, Split.HOLDOUT: small.holdout}
    roles = {ModelRole.UNLEARNED: small.model, ModelRole.REFERENCE: small.reference}
    papers = {role: Paper(load_language_model(path)) for role, path in roles.items()}
    scored = {
        (role, one.id): paper.scores(one)
        for role, paper in papers.items()
        for one in (*members, *small.holdout)
    }

    def area(role: ModelRole, attack: str) -> float:
        """Mann and Whitney 1947: how often a member scores higher; ties do not occur."""

        def score(record: Record) -> float:
            if attack == "reference":
                return (
                    scored[role, record.id]["loss"] - scored[ModelRole.REFERENCE, record.id]["loss"]
                )
            return scored[role, record.id][attack]

        wins = [score(one) > score(other) for one in members for other in small.holdout]
        return sum(wins) / len(wins)

    scores = [
        one for role, path in roles.items() for one in score_model(path, role, splits, ENCODING)
    ]
    measured = {(one.metric, one.model): one.value for one in summarise(scores, seed=0)}
    for one in scores:
        expected_scores = scored[one.model, one.record_id]
        assert one.membership is not None
        assert one.membership.model_dump() == pytest.approx(
            expected_scores, rel=TOLERANCE, abs=TOLERANCE
        )
    for attack in ("loss", "zlib", "min_k", "min_k_plus_plus", "reference"):
        expected = area(ModelRole.UNLEARNED, attack)
        assert 0 < expected < 1
        found = measured[f"membership_auc_{attack}", ModelRole.UNLEARNED]
        assert found == pytest.approx(expected, abs=TOLERANCE), attack
    ours, theirs = (1 - area(role, "min_k") for role in roles)
    leak = measured["priv_leak", ModelRole.UNLEARNED]
    assert leak == pytest.approx(100 * (ours - theirs) / theirs, rel=TOLERANCE)
    assert leak is not None and abs(leak) > 10


# --- how the records are put together does not count ---------------------------------------------


def scored(language_model: LanguageModel, some: list[Record]) -> list[RecordScore]:
    given = (language_model, {Split.FORGET: some}, ENCODING, "cpu")
    return score_records(*given, role=ModelRole.UNLEARNED, owners={})


def figures(score: RecordScore) -> dict[str, float]:
    """Every number of a record."""
    parts = (score, score.membership, score.generated)
    return {
        name: value
        for part in parts
        if part is not None
        for name, value in part.model_dump().items()
        if isinstance(value, float)
    }


@pytest.mark.parametrize("how", ["alone", "padded on the left", "by a tokenizer that pads left"])
def test_neither_batches_nor_the_side_of_padding_change_a_figure(
    small: Small, mixed: list[Record], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of several lengths, half of them known: as they come, and otherwise."""
    cut = [replace(one, text=one.text[: 20 + 9 * at]) for at, one in enumerate(mixed)]
    asked = [*mixed, *cut, *(replace(one, prompt="") for one in cut)]
    language_model = load_language_model(small.reference)
    usual = scored(language_model, asked)
    if how == "alone":
        changed = [score for one in asked for score in scored(language_model, [one])]
    elif how == "padded on the left":
        monkeypatch.setattr(recall, "collate", partial(collate, side="left"))
        changed = scored(language_model, asked)
    else:
        language_model.tokenizer.padding_side = "left"
        changed = scored(language_model, asked)
    assert len({len(one.text) for one in asked}) > 6
    for one, other in zip(usual, changed, strict=True):
        assert figures(one) == pytest.approx(figures(other), rel=TOLERANCE, abs=TOLERANCE)
    names = {name for one in usual for name in figures(one)}
    assert names >= {"exact_memorization", "extraction_strength", "probability", "truth_ratio"}
    assert names >= {"rouge_l", "loss", "zlib", "min_k", "min_k_plus_plus"}
