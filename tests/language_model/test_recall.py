from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.language_model import tiny
from tests.small import ENCODING, Small
from unlearnkit.language_model import head as heads
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import (
    LARGEST_LOSS,
    Level,
    Recall,
    batched,
    by_record,
    columns,
    extraction_strength,
    level,
    recall,
    token_figures,
)
from unlearnkit.language_model.tokens import Example, encode_record


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_extraction_strength_is_the_longest_recited_tail(hits: list[bool]) -> None:
    """1 - k/T with k the smallest prefix after which everything is right, by trying every k."""
    total = len(hits)
    tried = [k for k in range(total) if all(hits[k:])]
    expected = 1 - min(tried) / total if tried else 0.0
    assert extraction_strength(hits) == pytest.approx(expected)


def test_token_figures_by_hand() -> None:
    logits = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]))
    hits, losses = token_figures(torch.tensor([0, 1]), logits, Head(None))
    assert hits == [True, False]
    assert losses == pytest.approx([-math.log(0.7), -math.log(0.1)])


def test_positions_are_put_together_record_by_record() -> None:
    first, second = by_record(([True, False, True], [0.0, 2.0, 1.0]), [2, 1])
    assert (first.exact_memorization, first.extraction_strength) == (0.5, 0.0)
    assert first.probability == pytest.approx(math.exp(-1))
    assert (second.exact_memorization, second.extraction_strength) == (1.0, 1.0)


def test_batched_figures_equal_those_of_one_record_at_a_time_in_float64(small: Small) -> None:
    language_model = load_language_model(small.model)
    tokenizer = language_model.tokenizer
    examples = [encode_record(one, tokenizer, ENCODING) for one in small.forget + small.holdout]
    together = recall(
        Headed(language_model.model), examples, tokenizer.pad_token_id, "cpu", batch_size=5
    )
    model = language_model.model.double()
    for example, figures in zip(examples, together, strict=True):
        logits = model(torch.tensor([example.input_ids])).logits[0].log_softmax(-1)
        pairs = [(at - 1, label) for at, label in enumerate(example.labels) if label != -100]
        loss = -sum(logits[at, label].item() for at, label in pairs) / len(pairs)
        hits = [int(logits[at].argmax()) == label for at, label in pairs]
        assert figures.probability == pytest.approx(math.exp(-loss), abs=1e-5)
        assert figures.exact_memorization == sum(hits) / len(hits)


def example(length: int, ignored: int) -> Example:
    """`length` tokens, the first `ignored` without loss."""
    ids = tuple(3 + (7 * at + length) % 200 for at in range(length))
    return Example(ids, (-100,) * ignored + ids[ignored:])


EXAMPLES = [example(9, 1), example(4, 2), example(12, 5), example(5, 1), example(8, 7)]


def test_rows_of_alike_lengths_are_batched_and_each_is_there_once() -> None:
    made = batched(EXAMPLES, 2, 2, "cpu")
    assert [rows for rows, _ in made] == [[1, 3], [4, 0], [2]]
    assert [tuple(batch.input_ids.shape) for _, batch in made] == [(2, 5), (2, 9), (1, 12)]
    assert made[0][1].input_ids[0].tolist() == [*EXAMPLES[1].input_ids, 2]


def test_what_is_asked_of_positions_comes_back_record_by_record_in_their_order() -> None:
    def labels_of(labels: torch.Tensor, hidden: torch.Tensor, head: Head) -> tuple[list[int], ...]:
        return labels.tolist(), [len(hidden)] * len(labels)

    found = columns(Headed(tiny.model()), EXAMPLES, 2, "cpu", labels_of, batch_size=2)
    assert [one[0] for one in found] == [
        [label for label in each.labels if label != -100] for each in EXAMPLES
    ]
    assert [one[1][0] for one in found] == [8 + 1, 2 + 4, 7, 2 + 4, 8 + 1]


@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_padding_and_neighbours_change_no_figure(batch_size: int) -> None:
    model = tiny.model()
    found = recall(Headed(model), EXAMPLES, 2, "cpu", batch_size)
    with torch.no_grad():
        for one, figures in zip(EXAMPLES, found, strict=True):
            logits = model(torch.tensor([one.input_ids])).logits[0].double().log_softmax(-1)
            own = [(at - 1, label) for at, label in enumerate(one.labels) if label != -100]
            losses = [-logits[at, label].item() for at, label in own]
            assert figures.loss == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_a_probability_that_underflowed_is_the_largest_loss() -> None:
    assert Recall(0.0, 0.0, 0.0).loss == LARGEST_LOSS == pytest.approx(-math.log(1e-300))
    assert Recall(0.0, 0.0, math.exp(-2)).loss == pytest.approx(2)


def test_a_level_is_the_mean_of_each_figure() -> None:
    found = level([Recall(0.2, 0.1, math.exp(-1)), Recall(0.4, 0.5, math.exp(-3))])
    assert (found.exact_memorization, found.extraction_strength) == pytest.approx((0.3, 0.3))
    assert found.probability == pytest.approx((math.exp(-1) + math.exp(-3)) / 2)
    assert found.loss == pytest.approx(2)


BASE = Level(0.5, 0.5, 0.5, 2.0)


@pytest.mark.parametrize(
    ("other", "above", "below"),
    [
        (BASE, 0.0, 0.0),
        (Level(0.4, 0.5, 0.5, 2.0), 0.1, 0.0),
        (Level(0.5, 0.3, 0.5, 2.0), 0.2, 0.0),
        (Level(0.5, 0.5, 0.8, 2.0), 0.0, 0.3),
        (Level(0.5, 0.5, 0.5, 6.0), 0.05 * 4, 0.0),
        (Level(0.4, 0.7, 0.5, 1.0), 0.1, 0.2),
        (Level(0.6, 0.7, 0.8, 1.0), 0.0, 0.3),
    ],
)
def test_a_level_lies_above_another_by_its_largest_figure(
    other: Level, above: float, below: float
) -> None:
    assert BASE.above(other) == pytest.approx(above)
    assert other.above(BASE) == pytest.approx(below)
    assert BASE.distance(other) == other.distance(BASE) == pytest.approx(max(above, below))


def test_figures_come_the_same_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.randn(7, 11, generator=torch.Generator().manual_seed(3))
    labels = torch.tensor([0, 3, 10, 5, 5, 1, 9])
    whole = token_figures(labels, logits, Head(None))
    monkeypatch.setattr(heads, "ELEMENTS", 2 * 11)
    hits, losses = token_figures(labels, logits, Head(None))
    assert (
        hits
        == whole[0]
        == [int(row.argmax()) == at for row, at in zip(logits, labels, strict=True)]
    )
    assert losses == pytest.approx(whole[1])
