"""Every figure that a report shows is defined in the docstring of the file that computes it."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from unlearnkit.audit import (
    decoy_figures,
    decoy_tests,
    forget_quality,
    generated,
    harness,
    leakage_figures,
    logit_lens_figures,
    membership,
    membership_figures,
    model_utility,
    perplexity,
    roc,
    summary,
    truth_ratio,
)
from unlearnkit.domain import MembershipScores
from unlearnkit.language_model import recall
from unlearnkit.members import members
from unlearnkit.report.glossary import TERMS

DEFINED: dict[str, ModuleType] = {
    "exact_memorization": recall,
    "extraction_strength": recall,
    "probability": recall,
    "max_extraction_strength": summary,
    "truth_ratio": truth_ratio,
    "forget_quality": forget_quality,
    "rouge_l": generated,
    "repetition": generated,
    "degenerate": generated,
    "model_utility": model_utility,
    "perplexity": perplexity,
    "membership_auc": roc,
    "membership_tpr": roc,
    "priv_leak": roc,
    "pii_leakage": leakage_figures,
    "pii_leakage_chance": leakage_figures,
    "decoy_rank": decoy_figures,
    "decoy_exposure": decoy_figures,
    "decoy_first": decoy_figures,
    "decoy_last": decoy_figures,
    "decoy_uniform": decoy_tests,
    "decoy_auc": decoy_tests,
    "decoy_test": decoy_tests,
    "logit_lens_1": logit_lens_figures,
    "logit_lens_10": logit_lens_figures,
    "logit_lens_output_1": logit_lens_figures,
    "logit_lens_output_10": logit_lens_figures,
    "lm_eval": harness,
    **{one.METRIC.name: one for one in members("unlearnkit.metrics")},
}
CALLED = {"membership_auc": "AUC", "membership_tpr": "TPR", "priv_leak": "PrivLeak"}
FAMILY = re.compile(r"(membership_(?:auc|tpr))_.+")
RANGE = re.compile(r"\b0\s+to\s+(1|infinity|log2)|\b1\s+to\s+infinity|bounds|percent")
SOURCE = re.compile(r"arXiv|et al\.|\b[A-Z]\w+\s+(?:and\s+[A-Z]\w+\s+)?\d{4}|\bours\b|EleutherAI")
UNITS = {
    "decoy_exposure": "in bits",
    "priv_leak": "percent",
    "lm_eval": "in its own unit",
    "token_loss": "in nats",
}
NO_UNIT = r"\bshares?\b|without a unit|\bprobability that\b|\bp-value\b"
"""What a figure is that has none."""
OF_LOSSES = (
    "exact_memorization",
    "extraction_strength",
    "probability",
    "truth_ratio",
    "perplexity",
)
"""Files that speak of losses."""


def definition(metric: str) -> str:
    """What the docstring says of this figure: its own item of a list, else all of it."""
    told = DEFINED[metric].__doc__ or ""
    name = CALLED.get(metric, metric).replace("_", "[_ ]")
    items = [" ".join(one.split()) for one in re.findall(r"^- .+?(?=^- |^$|\Z)", told, re.M | re.S)]
    own = [one for one in items if re.match(rf"[^:=]*\b{name}\b[^:=]*[:=]", one, re.IGNORECASE)]
    return own[0] if own else " ".join(told.split())


def test_every_figure_of_a_report_has_its_file() -> None:
    assert {FAMILY.sub(r"\1", term.metric) for term in TERMS} == set(DEFINED)


@pytest.mark.parametrize("metric", DEFINED)
def test_the_files_docstring_names_the_figure_its_source_and_its_range(metric: str) -> None:
    told = " ".join((DEFINED[metric].__doc__ or "").split())
    name = CALLED.get(metric, metric)
    assert re.search(rf"\b{name}\b|\b{name.replace('_', ' ')}\b", told, re.IGNORECASE)
    assert RANGE.search(told)
    assert SOURCE.search(told)


@pytest.mark.parametrize("metric", DEFINED)
def test_a_figures_definition_names_its_unit_or_says_that_it_has_none(metric: str) -> None:
    assert re.search(UNITS.get(metric, NO_UNIT), definition(metric))
    if metric in OF_LOSSES:
        assert "nats" in (DEFINED[metric].__doc__ or "")


@pytest.mark.parametrize("attack", [*MembershipScores.model_fields, "reference"])
def test_every_attackers_score_has_its_formula_and_source(attack: str) -> None:
    module = membership_figures if attack == "reference" else membership
    told = " ".join((module.__doc__ or "").split())
    assert re.search(rf"(- {attack}: |`{attack}`).*?\((?:\w+ )+et al\. \d{{4}}", told)
    assert "nats" in told
