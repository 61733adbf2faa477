"""What is strong evidence, and which piece of it hides another."""

from __future__ import annotations

import re

import pytest

from unlearnkit.domain import Evidence, IdentifierKind
from unlearnkit.locate.hits import WEIGHTS, Hit, strongest

K = IdentifierKind


def hit(kind: IdentifierKind, how: str, start: int = 0, end: int = 1) -> Hit:
    return Hit(kind, how, start, end, "test")


def test_an_identifier_outweighs_a_name_and_a_name_an_address() -> None:
    weights = [hit(kind, "exact").weight for kind in (K.EMAIL, K.NAME, K.ADDRESS)]
    assert weights == [1.0, 0.85, 0.4]


def test_what_an_artefact_says_of_it_names_every_kind() -> None:
    said = Evidence.model_fields["how"].description or ""
    assert re.findall(r"\w+", said) == list(WEIGHTS)


@pytest.mark.parametrize("how", sorted(WEIGHTS))
def test_every_weight_is_a_share(how: str) -> None:
    assert 0 < hit(K.NAME, how).weight <= 1


@pytest.mark.parametrize("kind", list(K))
def test_only_what_one_person_has_identifies(kind: IdentifierKind) -> None:
    own = {K.EMAIL, K.PHONE, K.CUSTOMER_ID, K.HANDLE}
    assert hit(kind, "normalised").identifies is (kind in own)
    assert hit(kind, "partial").identifies is False
    assert hit(kind, "hashed").full_name is (kind is K.NAME)


def test_what_lies_inside_something_stronger_is_dropped() -> None:
    whole = hit(K.NAME, "exact", 10, 30)
    part = hit(K.NAME, "partial", 10, 15)
    beyond = hit(K.NAME, "partial", 25, 35)
    mail = hit(K.EMAIL, "exact", 40, 60)
    assert strongest([part, beyond, whole, mail, whole]) == [mail, whole, beyond]


def test_the_longer_of_two_equals_stays() -> None:
    short, long = hit(K.NAME, "initials", 3, 8), hit(K.NAME, "initials", 0, 8)
    assert strongest([short, long]) == [long]


def test_evidence_is_the_same_in_writing() -> None:
    evidence = hit(K.PHONE, "normalised", 3, 9).evidence
    assert (evidence.kind, evidence.how) == (K.PHONE, "normalised")
    assert (evidence.start, evidence.end, evidence.recogniser) == (3, 9, "test")
