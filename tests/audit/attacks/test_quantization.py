from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.attacks.quantization import rounded

sizes = st.tuples(st.integers(1, 4), st.integers(1, 9))
settings = st.sampled_from([(8, None), (8, 3), (4, None), (4, 2), (4, 128)])


def drawn(size: tuple[int, int], seed: int) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


def test_four_bits_of_a_row_by_hand() -> None:
    """The step is 0.7 / 7 = 0.1; 0.25 / 0.1 = 2.5 goes to the even 2."""
    found = rounded(torch.tensor([[0.7, 0.25, -0.26, 0.04]]), 4)
    assert found.flatten().tolist() == pytest.approx([0.7, 0.2, -0.3, 0.0])


def test_a_group_has_a_step_of_its_own_and_the_last_may_be_shorter() -> None:
    found = rounded(torch.tensor([[7.0, 0.4, 0.07, 0.034, 0.0012]]), 4, group=2)
    assert found.flatten().tolist() == pytest.approx([7.0, 0.0, 0.07, 0.03, 0.0012])


def test_a_row_does_not_change_another_rows_step() -> None:
    found = rounded(torch.tensor([[7.0, 0.6], [0.7, 0.6]]), 4)
    assert found.flatten().tolist() == pytest.approx([7.0, 1.0, 0.7, 0.6])


def test_zeros_stay_zeros() -> None:
    assert rounded(torch.zeros(2, 3), 4).tolist() == [[0.0] * 3] * 2


def test_the_dtype_stays() -> None:
    assert rounded(torch.ones(2, 2, dtype=torch.bfloat16), 8).dtype is torch.bfloat16


@given(sizes, st.integers(0, 99), settings)
def test_nothing_moves_further_than_half_a_step(
    size: tuple[int, int], seed: int, how: tuple[int, int | None]
) -> None:
    bits, group = how
    weight = drawn(size, seed)
    found = rounded(weight, bits, group)
    step = weight.abs().amax(dim=-1, keepdim=True) / (2 ** (bits - 1) - 1)
    assert bool(((found - weight).abs() <= step / 2 + 1e-6).all())
    assert bool((found * weight >= 0).all())


@given(sizes, st.integers(0, 99), settings)
def test_a_group_holds_at_most_so_many_values(
    size: tuple[int, int], seed: int, how: tuple[int, int | None]
) -> None:
    bits, group = how
    weight = drawn((size[0], 64), seed)
    for row in rounded(weight, bits, group).split(group or 64, dim=1):
        for one in row:
            assert len(set(one.tolist())) <= 2**bits - 1


@given(sizes, st.integers(0, 99), settings)
def test_what_is_rounded_already_stays(
    size: tuple[int, int], seed: int, how: tuple[int, int | None]
) -> None:
    once = rounded(drawn(size, seed), *how)
    assert torch.allclose(rounded(once, *how), once, atol=1e-6)
