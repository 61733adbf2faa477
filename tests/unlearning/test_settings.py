"""What an unlearning run can be told, and what is refused before anything is loaded."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from unlearnkit.errors import BadInput
from unlearnkit.unlearning.settings import Settings


@pytest.mark.parametrize("epochs", [(), (0, 1), (2, 1), (1, 1), (-1,)])
def test_epochs_of_strengthening_rise_from_one_on(epochs: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="strengthen_epochs"):
        Settings(strengthen_epochs=epochs)


@pytest.mark.parametrize("value", [0.0, -1e-5, math.nan, math.inf])
@pytest.mark.parametrize(
    "name", ["learning_rate", "strengthen_rate", "beta", "fixed_alpha", "tolerance"]
)
def test_rates_and_alphas_are_numbers_above_zero(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"{name} is .* above 0"):
        Settings(**{name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", [one.name for one in fields(Settings) if "float" in one.type])
def test_no_setting_is_a_float_that_is_no_number(name: str, value: float) -> None:
    with pytest.raises(BadInput, match=f"{name} is {value}: it "):
        Settings(**{name: value})


def test_the_largest_alpha_is_none_below_the_searchs_first() -> None:
    assert Settings(max_alpha=0.5).max_alpha == 0.5
    with pytest.raises(BadInput, match=r"max_alpha is 0\.49: it has to be 0\.5 at least"):
        Settings(max_alpha=0.49)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_is_one_that_numpy_takes_too(seed: int) -> None:
    assert [Settings(seed=one).seed for one in (0, 2**32 - 1)] == [0, 2**32 - 1]
    with pytest.raises(BadInput, match=f"seed is {seed}: "):
        Settings(seed=seed)


@pytest.mark.parametrize(
    "name", ["batch_size", "accumulation_steps", "max_passes", "retain_sample"]
)
def test_of_what_is_counted_there_is_one_at_least(name: str) -> None:
    assert getattr(Settings(**{name: 1}), name) == 1
    with pytest.raises(BadInput, match=f"{name} is 0: it has to be 1 at least"):
        Settings(**{name: 0})


@pytest.mark.parametrize(
    "name",
    [
        "lora_rank",
        "retain_ratio",
        "retain_weight",
        "retain_pool",
        "retain_tolerance",
        "retain_strength_tolerance",
        "level_weight",
    ],
)
def test_what_may_be_nothing_is_never_less(name: str) -> None:
    assert getattr(Settings(**{name: 0}), name) == 0
    with pytest.raises(BadInput, match=f"{name} is -1: it has to be 0 at least"):
        Settings(**{name: -1})


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_lies_between_nothing_and_all(share: float) -> None:
    with pytest.raises(BadInput, match="retain_matched"):
        Settings(retain_matched=share)


def test_without_adapters_there_is_none_to_write() -> None:
    assert Settings(as_adapter=True, lora_rank=4).as_adapter
    with pytest.raises(BadInput, match="no adapter"):
        Settings(as_adapter=True)
