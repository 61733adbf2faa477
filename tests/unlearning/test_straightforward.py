"""The engine's step is the step one would write from the formulas, to rounding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.contenders import RULE, Job, Shape, depths_at, lessons_of, prepare, tokens_of
from benchmarks.straightforward import rklu_loss
from unlearnkit.language_model.headed import Headed
from unlearnkit.unlearning.distillation import lesson_of, piece_loss

SHAPE = Shape(
    hidden=16,
    layers=2,
    heads=2,
    key_value_heads=1,
    intermediate=24,
    vocabulary=50,
    tied=False,
    lengths=(5, 12),
)


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {name: one.grad for name, one in model.named_parameters() if one.requires_grad}


@pytest.mark.parametrize("lora_rank", [0, 2], ids=["full", "LoRA"])
def test_loss_and_gradients_are_those_of_the_straightforward_step(
    lora_rank: int, tmp_path: Path
) -> None:
    job = Job(SHAPE, tmp_path, lora_rank)
    prepare(job)
    bench, mine, other = job.bench(), job.student(), job.student()
    lessons = lessons_of(job, mine)
    moved = torch.Generator().manual_seed(3)
    for one, twin in zip(mine.parameters(), other.parameters(), strict=True):
        if one.requires_grad:  # a student on its way, so that no gradient is zero
            one.data += 0.3 * torch.randn(one.shape, generator=moved)
            twin.data.copy_(one.data)

    forget, retain = list(range(len(job.forget))), list(range(len(job.retain)))
    found = piece_loss(
        Headed(mine),
        bench,
        lesson_of(bench, lessons, lessons.forget, forget, forget),
        lesson_of(bench, lessons, lessons.retain, retain, retain),
    )
    found.backward()
    frozen = job.original(), job.strengthened()
    rows = tokens_of(job.forget, "cpu"), tokens_of(job.retain, "cpu")
    depths = depths_at(rows[0]["labels"][:, 1:])
    assert depths.isfinite().any() and depths.isnan().any()
    expected = rklu_loss(other, *frozen, *rows, rule=RULE, depths=depths)
    expected.backward()

    assert found.item() > 0.01
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    slopes = gradients(other)
    assert slopes
    for name, slope in gradients(mine).items():
        assert slope.abs().max() > 1e-5, name
        assert torch.allclose(slope, slopes[name], rtol=1e-4, atol=1e-6), name
