"""Presidio's recognisers by country, on numbers whose check digit is right and wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.files import corpus_of
from unlearnkit.corpus.countries import by_country, check_countries, entities, recognisers_of
from unlearnkit.corpus.entities import EntityRow, entity_rows
from unlearnkit.corpus.index import Index, build_index, open_index
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, detect, load_analyzer, with_countries
from unlearnkit.corpus.numbers import NATIONAL, letters_and_digits, national
from unlearnkit.corpus.reader import Corpus, read_corpus
from unlearnkit.corpus.shards import fill
from unlearnkit.corpus.values import personal_values
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput

KEY = b"k" * 32
CHOSEN = ("DE", "ES", "GB", "PL", "SE", "US")


@pytest.fixture(scope="module")
def chosen() -> Analyzer:
    return load_analyzer(NlpSettings(engine="patterns", countries=CHOSEN))


def found(analyzer: Analyzer, text: str) -> set[tuple[str, str]]:
    """Entity and value of everything in a text."""
    (spans,) = detect(analyzer, [text])
    return {(one.entity, text[one.start : one.end]) for one in spans}


def rows(analyzer: Analyzer, text: str) -> dict[str, EntityRow]:
    return {one.entity: one for one in entity_rows([Record(id="a", text=text)], analyzer, KEY)}


RIGHT_AND_WRONG = [
    ("DE_TAX_ID", "86095742719", "86095742718"),
    ("ES_NIF", "12345678Z", "12345678A"),
    ("UK_NHS", "943 476 5919", "943 476 5918"),
    ("PL_PESEL", "44051401359", "44051401358"),
    ("SE_PERSONNUMMER", "811228-9874", "811228-9873"),
    ("ABA_ROUTING_NUMBER", "021000021", "021000022"),
]


@pytest.mark.parametrize(("entity", "right", "wrong"), RIGHT_AND_WRONG)
def test_it_is_found_where_its_check_digit_is_right(
    chosen: Analyzer, entity: str, right: str, wrong: str
) -> None:
    assert (entity, right) in found(chosen, f"Please see {right}, thanks.")
    assert entity not in {one for one, _ in found(chosen, f"Please see {wrong}, thanks.")}


def test_without_countries_none_of_them_is_looked_for(patterns_only: Analyzer) -> None:
    text = " and ".join(right for _, right, _ in RIGHT_AND_WRONG)
    assert not {one for one, _ in found(patterns_only, text)} & entities()


def test_what_has_no_check_digit_is_found_with_its_score(chosen: Analyzer) -> None:
    row = rows(chosen, "National Insurance AB 12 34 56 C.")["UK_NINO"]
    assert (row.recogniser, row.score) == ("UkNinoRecognizer", 0.5)


@pytest.mark.parametrize(
    ("entity", "one", "other"),
    [
        ("UK_NHS", "943 476 5919", "943-476-5919"),
        ("UK_NINO", "AB 12 34 56 C", "ab123456c"),
        ("SE_ORGANISATIONSNUMMER", "556703-7485", "5567037485"),
        ("US_SSN", "536-90-4399", "536904399"),
    ],
)
def test_one_number_has_one_hash_however_it_is_written(
    chosen: Analyzer, entity: str, one: str, other: str
) -> None:
    hashes = {rows(chosen, f"It is {text} indeed.")[entity].hash for text in (one, other)}
    assert len(hashes) == 1


def test_the_countries_phones_are_read_behind_those_of_the_regions() -> None:
    settings = NlpSettings(countries=("ZA", "DE"), regions=("GB", "DE"))
    assert settings.regions == ("GB", "DE", "ZA")
    assert NlpSettings.model_validate_json(settings.model_dump_json()) == settings
    analyzer = load_analyzer(settings.model_copy(update={"engine": "patterns"}))
    assert ("PHONE_NUMBER", "021 422 1222") in found(analyzer, "Call 021 422 1222 in Cape Town.")


def test_countries_are_chosen_in_any_case_and_britain_by_either_name() -> None:
    assert check_countries(["uk", "de", "GB"]) == ("GB", "DE")
    assert NlpSettings(countries=("uk",)).countries == ("GB",)
    assert with_countries(NlpSettings(countries=("ES",)), ["de"]).countries == ("DE",)


def test_of_another_country_it_is_said_which_there_are() -> None:
    with pytest.raises(BadInput, match="no recognisers of the country FR, GERMANY") as error:
        check_countries(["FR", "Germany", "DE"])
    assert "AU, CA, DE, ES, FI, GB" in error.value.fix
    with pytest.raises(BadInput, match="the country NO"):
        load_analyzer(NlpSettings(engine="patterns", countries=("NO",)))


def test_every_recogniser_reads_texts_in_any_language() -> None:
    made = recognisers_of(by_country(), "xx")
    assert {one.supported_language for one in made} == {"xx"}
    assert {entity for one in made for entity in one.supported_entities} == entities()
    assert set(NATIONAL) <= entities()


@given(st.sampled_from(sorted(NATIONAL)), st.text() | st.text("0123456789 -/.+ABXZ"))
def test_no_text_is_too_strange_and_what_is_spelt_stays(entity: str, text: str) -> None:
    once = national(entity, text)
    assert not once or national(entity, once) == once
    assert letters_and_digits(letters_and_digits(text)) == letters_and_digits(text)


def built(corpus: Corpus, settings: NlpSettings, folder: Path, workers: int = 1) -> Index:
    build_index(corpus, load_analyzer(settings), KEY, folder, workers=workers)
    return open_index(folder, KEY)


def test_the_index_is_the_same_for_any_number_of_processes(tmp_path: Path) -> None:
    texts = [f"{at}: {RIGHT_AND_WRONG[at % 6][1]} of member {at}." for at in range(1100)]
    records = [{"id": str(at), "text": text} for at, text in enumerate(texts)]
    corpus = corpus_of(tmp_path / "corpus", records)
    settings = NlpSettings(engine="patterns", countries=CHOSEN)
    one, two = (built(corpus, settings, tmp_path / str(n), workers=n) for n in (1, 2))
    assert len(one.info.shards) > 1
    assert (one.info.shards, one.info.lookup) == (two.info.shards, two.info.lookup)
    assert one.info.nlp.countries == CHOSEN
    assert {entity for entity, _, _ in RIGHT_AND_WRONG} <= set(one.info.entities)


def test_other_countries_make_every_shard_anew_and_none_fit_as_before(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"id": "1", "text": "Tax id 86095742719."}\n', encoding="utf-8")
    records = read_corpus([path]).records

    def shard(*countries: str) -> str:
        settings = NlpSettings(engine="patterns", countries=countries)
        [made] = fill(tmp_path / "shards", records, load_analyzer(settings), KEY)
        return made.name.partition("-")[0]

    assert len({shard(), shard("DE"), shard("DE", "ES")}) == 3
    assert shard("DE") == shard("DE")


def test_what_is_hardly_one_is_no_personal_value_of_an_audit(chosen: Analyzer) -> None:
    text = "It is in 20 files of AB 12 34 56 C."
    assert {"DE_KFZ", "UK_NINO"} <= {entity for entity, _ in found(chosen, text)}
    values = personal_values([Record(id="a", text=text)], chosen, 2, seed=0)
    assert [one.entity for one in values] == ["UK_NINO"]
