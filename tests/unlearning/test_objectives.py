from __future__ import annotations

import pytest

from unlearnkit.unlearning.objectives import (
    OBJECTIVES,
    cross_entropy,
    retain_kl,
    retain_term,
    retain_weight,
)
from unlearnkit.unlearning.settings import ObjectiveName, RetainTerm, Settings


@pytest.mark.parametrize("name", ObjectiveName)
def test_every_objective_names_its_paper(name: ObjectiveName) -> None:
    assert any(year in OBJECTIVES[name].paper for year in ("2022", "2023", "2024", "2025"))


def test_the_retain_weight_is_the_objectives_own_unless_one_is_chosen() -> None:
    simnpo = Settings(objective=ObjectiveName.SIMNPO)
    assert retain_weight(simnpo) == 8
    assert retain_weight(Settings(objective=ObjectiveName.SIMNPO, retain_weight=0.5)) == 0.5
    assert simnpo.recorded()["retain_weight"] == "the objective's own"


@pytest.mark.parametrize(
    ("name", "chosen", "expected"),
    [
        (ObjectiveName.RKLU, RetainTerm.OWN, retain_kl),
        (ObjectiveName.NPO, RetainTerm.OWN, cross_entropy),
        (ObjectiveName.UNDIAL, RetainTerm.OWN, None),
        (ObjectiveName.UNDIAL, RetainTerm.KL, retain_kl),
        (ObjectiveName.RKLU, RetainTerm.NONE, None),
    ],
)
def test_the_retain_term_is_the_objectives_own_unless_one_is_chosen(
    name: ObjectiveName, chosen: RetainTerm, expected: object
) -> None:
    assert retain_term(Settings(objective=name, retain_term=chosen)) is expected
