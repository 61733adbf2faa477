"""One beginning is read once, and its branches are as likely as they are without that."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, MambaConfig

from tests.language_model import tiny
from unlearnkit.language_model.branches import branching, log_likelihoods
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.tokens import IGNORED, Example

BEGINNING = [3, 9, 4, 8, 7, 5, 6, 9, 3, 3]
BRANCHES = [[5, 6, 7, 4], [8], [5, 6], [], [9, 9, 9]]


@pytest.fixture(params=(*tiny.ALL_KINDS, "mamba"))
def model(request: pytest.FixtureRequest) -> Any:
    if request.param != "mamba":
        return tiny.model(request.param).eval()
    torch.manual_seed(0)  # without keys and values to keep
    small = MambaConfig(vocab_size=50, hidden_size=16, state_size=4, num_hidden_layers=2)
    return AutoModelForCausalLM.from_config(small).eval()


def one_by_one(model: Any, beginning: list[int], branch: list[int]) -> float:
    ids = torch.tensor([[*beginning, *branch]])
    with torch.no_grad():
        log_p = model(input_ids=ids, use_cache=False).logits[0].double().log_softmax(-1)
    places = range(len(beginning) - 1, len(beginning) - 1 + len(branch))
    return sum(log_p[at, one].item() for at, one in zip(places, branch, strict=True))


def texts(beginning: list[int], branches: list[list[int]]) -> list[Example]:
    """The branches behind the beginning; their own tokens count."""
    before = (IGNORED,) * len(beginning)
    return [Example((*beginning, *one), (*before, *one)) for one in branches]


def sums(model: Any, *groups: list[Example]) -> list[list[float]]:
    return log_likelihoods(Headed(model), groups, 2, "cpu")


def test_texts_that_begin_alike_are_as_likely_as_each_by_itself(model: Any) -> None:
    """Beginnings and branches of many lengths side by side, one of them with a single text."""
    cases = [(BEGINNING, BRANCHES), ([4], BRANCHES), ([3, 9, 8], [[7, 7]]), (BEGINNING[:5], [[6]])]
    found = sums(model, *(texts(*one) for one in cases))
    for one, (beginning, branches) in zip(found, cases, strict=True):
        expected = [one_by_one(model, beginning, branch) for branch in branches]
        assert one == pytest.approx(expected, abs=1e-4)
    assert len(set(found[0])) == len(BRANCHES)


def test_counted_tokens_that_all_begin_with_are_counted_for_each(model: Any) -> None:
    begun = [Example((3, 9, 4, *one), (IGNORED, 9, 4, *one)) for one in ((8, 7), (8,), (5,))]
    [found] = sums(model, begun)
    expected = [one_by_one(model, [3], [9, 4, *one]) for one in ((8, 7), (8,), (5,))]
    assert found == pytest.approx(expected, abs=1e-4)


def test_texts_that_do_not_begin_alike_are_read_each_by_itself(model: Any) -> None:
    apart = [Example((3, 9), (IGNORED, 9)), Example((4, 9), (IGNORED, 9))]
    assert branching(apart).beginning.input_ids == ()
    [found] = sums(model, apart)
    expected = [one_by_one(model, [3], [9]), one_by_one(model, [4], [9])]
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_token_that_counts_in_one_text_alone_is_where_they_part() -> None:
    cut = branching([Example((3, 9, 4), (IGNORED, 9, 4)), Example((3, 9, 4), (IGNORED, -100, 4))])
    assert cut.beginning.input_ids == (3,)
    assert [one.labels for one in cut.branches] == [(9, 4), (IGNORED, 4)]


def test_many_tokens_are_read_in_several_passes(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [texts(BEGINNING[:size], BRANCHES) for size in (2, 5, 9)]
    together = sums(model, *groups)
    monkeypatch.setattr("unlearnkit.language_model.branches.TOKENS", 24)
    for one, other in zip(sums(model, *groups), together, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_nothing_to_read_is_no_figure(model: Any) -> None:
    assert sums(model) == []
    assert sums(model, texts([4], [[], []])) == [[0.0, 0.0]]
