"""One beginning is read once, and its branches are as likely as they are without that."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, MambaConfig

from tests.language_model import tiny
from unlearnkit.language_model.branches import branch_log_likelihoods
from unlearnkit.language_model.headed import Headed

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


def test_branches_are_as_likely_as_each_by_itself(model: Any) -> None:
    found = branch_log_likelihoods(Headed(model), BEGINNING, BRANCHES, "cpu")
    expected = [one_by_one(model, BEGINNING, one) for one in BRANCHES]
    assert found == pytest.approx(expected, abs=1e-4)
    assert len(set(found)) == len(BRANCHES)


def test_one_token_is_enough_of_a_beginning(model: Any) -> None:
    found = branch_log_likelihoods(Headed(model), [4], BRANCHES, "cpu")
    assert found == pytest.approx([one_by_one(model, [4], one) for one in BRANCHES], abs=1e-4)


def test_without_anything_before_it_there_is_no_likelihood(model: Any) -> None:
    with pytest.raises(ValueError, match="before"):
        branch_log_likelihoods(Headed(model), [], BRANCHES, "cpu")


def test_branches_that_are_all_empty_are_certain(model: Any) -> None:
    assert branch_log_likelihoods(Headed(model), [4], [[], []], "cpu") == [0.0, 0.0]
