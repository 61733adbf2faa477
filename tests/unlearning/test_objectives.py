from __future__ import annotations

import re

import pytest

from unlearnkit.cli.settings import OFFERED
from unlearnkit.errors import BadInput
from unlearnkit.unlearning.objectives import (
    cross_entropy,
    objective,
    retain_kl,
    retain_term,
    retain_weight,
    suited_to,
)
from unlearnkit.unlearning.peers import peers
from unlearnkit.unlearning.settings import OBJECTIVES, ObjectiveName, RetainTerm, Settings


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_names_its_paper_with_the_year(name: str) -> None:
    paper = objective(name).paper
    assert re.search(r"\b20\d\d\b", paper), f"{name}: paper '{paper}' needs its year"


def test_another_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput, match="no objective 'hope'") as refusal:
        objective("hope")
    assert "simnpo" in refusal.value.fix


def test_a_peers_own_file_gives_its_objective() -> None:
    from unlearnkit.unlearning.peers import weighted_ga

    assert objective("weighted-ga") is weighted_ga.OBJECTIVE


def test_the_objectives_there_are_are_listed_with_the_peers() -> None:
    with pytest.raises(BadInput) as refusal:
        objective("hope")
    assert refusal.value.fix == f"Known: {', '.join((*ObjectiveName, *peers()))}"


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


@pytest.mark.parametrize(
    ("name", "chosen", "before", "expected"),
    [
        (ObjectiveName.RKLU, RetainTerm.OWN, False, retain_kl),
        (ObjectiveName.RKLU, RetainTerm.OWN, True, cross_entropy),
        (ObjectiveName.RKLU, RetainTerm.KL, True, retain_kl),
        (ObjectiveName.RKLU, RetainTerm.NONE, True, None),
        (ObjectiveName.UNDIAL, RetainTerm.OWN, True, None),
    ],
)
def test_a_model_that_has_unlearned_before_is_held_by_cross_entropy_unless_another_is_chosen(
    name: ObjectiveName, chosen: RetainTerm, before: bool, expected: object
) -> None:
    settings = Settings(objective=name, retain_term=chosen)
    assert retain_term(suited_to(settings, before)) is expected


def test_the_command_line_says_which_objectives_have_a_beta() -> None:
    said = OFFERED["beta"].help
    assert [one for one in OBJECTIVES if objective(one).beta] == [
        one for one in OBJECTIVES if re.search(rf"(?<!-)\b{one}\b(?!-)", said)
    ]
