"""Decoys of a company elsewhere: in its country's form, with check digits that are right."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from importlib import import_module

import phonenumbers
import pytest
from faker import Faker
from pydantic import ValidationError

from unlearnkit.corpus.locales import days, months
from unlearnkit.corpus.nlp import DATE, LOCATION, PERSON, PHONE, Analyzer, NlpSettings
from unlearnkit.corpus.numbers import card, iban
from unlearnkit.corpus.replacements import replacement
from unlearnkit.corpus.values import personal_values
from unlearnkit.domain import Record

PHONES = {
    "de_DE": ("030 901820", "+49 30 901820", "0049 (0)89 1234567"),
    "fr_FR": ("01 42 68 53 00", "+33 1 42 68 53 00"),
    "es_ES": ("912 345 678", "+34 912 345 678"),
}
IBANS = {
    "de_DE": "DE89 3704 0044 0532 0130 00",
    "fr_FR": "FR14 2004 1010 0505 0001 3M02 606",
    "es_ES": "ES9121000418450200051332",
}
STREETS = {
    "de_DE": ("Hauptstraße 5", r"(?i)(stra(ß|ss)e|weg|platz|allee|gasse|ring)"),
    "fr_FR": ("12, rue de Rivoli", r"(?i)(rue|avenue|boulevard|chemin)"),
    "es_ES": (
        "Calle Mayor 5",
        r"(?i)(calle|c\.|plaza|avenida|av\.|paseo|ronda|glorieta|cuesta|vi|pasa)",
    ),
}
DATES = {
    "de_DE": "Montag, 3. März 2021",
    "fr_FR": "lundi 3 mars 2021",
    "es_ES": "lunes, 3 de marzo de 2021",
}


def others(locale: str, entity: str, text: str, count: int = 30) -> list[str]:
    """Values that stand in for this one."""
    fake, rng = Faker(locale), random.Random(1)
    fake.seed_instance(1)
    return [replacement(entity, text, {}, rng, fake) for _ in range(count)]


def shape(text: str) -> str:
    return re.sub(r"\d", "9", text)


@pytest.mark.parametrize(
    ("locale", "text"), [(at, one) for at, some in PHONES.items() for one in some]
)
def test_a_phone_number_is_one_of_the_country_in_the_same_spelling(locale: str, text: str) -> None:
    found = others(locale, PHONE, text)
    own = phonenumbers.parse(text, locale[-2:])
    assert len(set(found)) > 20
    for one in found:
        number = phonenumbers.parse(one, locale[-2:])
        assert phonenumbers.is_valid_number(number) and number.country_code == own.country_code
        assert shape(one) == shape(text)


@pytest.mark.parametrize("locale", IBANS)
def test_an_iban_keeps_country_and_form_and_has_right_check_digits(locale: str) -> None:
    found = others(locale, "IBAN_CODE", IBANS[locale])
    assert len(set(found)) == len(found)
    for one in found:
        assert iban(one) and one[:2] == IBANS[locale][:2]
        assert shape(one) == shape(IBANS[locale])


def test_a_payment_card_passes_luhns_formula_too() -> None:
    assert all(card(one) for one in others("de_DE", "CREDIT_CARD", "4111 1111 1111 1111"))


def test_what_is_no_iban_or_card_itself_gets_other_digits() -> None:
    assert not all(map(iban, others("de_DE", "IBAN_CODE", "DE00 3704 0044 0532 0130 00")))
    assert not all(map(card, others("de_DE", "CREDIT_CARD", "4111 1111 1111 1112")))


@pytest.mark.parametrize("locale", STREETS)
def test_an_address_becomes_a_street_there_and_a_place_a_town(locale: str) -> None:
    text, street = STREETS[locale]
    found = others(locale, LOCATION, text)
    assert sum(bool(re.search(street, one)) for one in found) > 15
    assert all("\n" not in one for one in found)
    assert not any(map(str.isdigit, "".join(others(locale, LOCATION, "Bremen"))))


@pytest.mark.parametrize("locale", STREETS)
def test_a_name_has_as_many_words_and_is_one_of_the_country(locale: str) -> None:
    there = import_module(f"faker.providers.person.{locale}").Provider
    known = {*there.first_names, *there.last_names}
    found = others(locale, PERSON, "Petra Baum")
    assert all(len(one.split()) == 2 for one in found)
    assert sum(set(one.split()) <= known for one in found) > 25


@pytest.mark.parametrize("locale", DATES)
def test_a_date_has_the_languages_months_and_weekdays(locale: str) -> None:
    found = " ".join(others(locale, DATE, DATES[locale]))
    assert sum(one in found for one in months(locale)) > 6
    assert sum(one in found for one in days(locale)) > 4


def test_the_setting_reaches_decoys_and_values(patterns_only: Analyzer) -> None:
    german = replace(
        patterns_only, settings=patterns_only.settings.model_copy(update={"locale": "de_DE"})
    )
    record = Record(id="a", text="Rufen Sie mich an: +49 30 901820, IBAN DE89370400440532013000.")
    found = {one.entity: one for one in personal_values([record], german, 5, 0)}
    assert all(one.startswith("+49") for one in found[PHONE].alternatives)
    assert len(found[PHONE].alternatives) == 5
    assert all(map(iban, found["IBAN_CODE"].alternatives))


@pytest.mark.parametrize("locale", ["de", "xx_XX", "german", "de_DE "])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(ValidationError, match="no locale"):
        NlpSettings(locale=locale)
