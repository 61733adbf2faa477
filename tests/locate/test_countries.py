"""What a request gives as `other`, or as a customer number, found as recognisers have read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.locate.world import CERTAIN, KEY, NAME, REQUEST, UNCERTAIN, World
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, OwnRecognisers, load_analyzer
from unlearnkit.corpus.numbers import FIGURES
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.do_not_train import of_request
from unlearnkit.locate.identifiers import number_values
from unlearnkit.locate.screening import entities, screen
from unlearnkit.pseudonym import keyed_hash

OWN = r"""
recognizers:
  - name: Badges
    supported_entity: BADGE
    patterns: [{name: badge, regex: '\bB\d{2}-\d{4}\b', score: 0.6}]
"""
Made = Callable[..., World]


def other(value: str) -> Identifier:
    return Identifier(IdentifierKind.OTHER, value)


@pytest.fixture(scope="module")
def by_country(tmp_path_factory: pytest.TempPathFactory) -> Analyzer:
    file = tmp_path_factory.mktemp("own") / "recognisers.yaml"
    file.write_text(OWN, encoding="utf-8")
    return load_analyzer(
        NlpSettings(
            engine="patterns",
            countries=("DE", "GB", "US"),
            recognisers=OwnRecognisers(file=str(file)),
        )
    )


@pytest.fixture
def made(tmp_path: Path, by_country: Analyzer) -> Made:
    return lambda *texts: World.of(tmp_path, by_country, texts)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("943 476 5919", "NHS number 943-476-5919."),
        ("536904399", "SSN 536-90-4399, as filed."),
        ("ab123456c", "National Insurance AB 12 34 56 C."),
        ("12345 67890", "Steuernummer 12/345/67890."),
        ("B123456", "Badge B12-3456 was lost."),
    ],
)
def test_a_number_is_found_in_another_spelling_than_the_request_s(
    made: Made, patterns_only: Analyzer, tmp_path: Path, given: str, text: str
) -> None:
    unread = World.of(tmp_path / "without", patterns_only, [text, "Nothing."])
    assert unread.certainty(other(given)) == {}
    assert made(text, "Nothing.").certainty(other(given)) == {"1": UNCERTAIN}


def test_the_evidence_names_the_recogniser_and_not_the_number(made: Made) -> None:
    found = made("NHS number 943-476-5919.").find(other("943 476 5919"))["1"]
    [evidence] = found.evidence
    assert (evidence.how, evidence.recogniser) == ("normalised", "NhsRecognizer")
    assert "943" not in found.reason


def test_another_number_of_the_same_sort_is_nobody_s(made: Made) -> None:
    assert made("NHS number 401 023 2137.").certainty(other("943 476 5919")) == {}


def test_a_customer_number_that_an_own_recogniser_reads_is_the_customer_s(made: Made) -> None:
    number = Identifier(IdentifierKind.CUSTOMER_ID, "B123456")
    assert made("Badge B12-3456 was lost.").certainty(number) == {"1": CERTAIN}


def test_a_short_customer_number_is_not_looked_for_among_all_figures() -> None:
    short, long = (Identifier(IdentifierKind.CUSTOMER_ID, one) for one in ("12-34", "12-345"))
    assert number_values([short], KEY) == {}
    assert number_values([long], KEY) == {(FIGURES, keyed_hash(KEY, FIGURES, "12345")): long.kind}


def test_a_screening_finds_it_by_its_hash_and_beside_the_name_with_certainty(made: Made) -> None:
    texts = ("Badge B12-3456.", f"{NAME.value} has AB 12 34 56 C.", "NHS 943-476-5919.")
    world = made(*texts)
    given = [NAME, other("B123456"), other("ab123456c"), other("943 476 5919")]
    kept = of_request(REQUEST, given, KEY, world.analyzer.settings.regions)
    rows = world.index.rows(entities(world.index.info.entities))
    regions = world.analyzer.settings.regions
    found = screen(sorted(kept), world.corpus.records, rows, KEY, regions=regions)
    assert {one.record_id: one.certainty for one in found} == {
        "1": UNCERTAIN,
        "2": CERTAIN,
        "3": UNCERTAIN,
    }
