"""Names of three parts or more, and what stands behind a surname."""

from __future__ import annotations

import pytest

from tests.locate.test_names import ways
from unlearnkit.locate.names import parse_name

ROSAURA = "Rosaura Milagros Echeverría Ordóñez"
JUAN = "Juan Carlos Pérez García"


@pytest.mark.parametrize(
    ("name", "text", "how"),
    [
        (JUAN, "Juan Carlos Pérez llamó", "shortened"),
        (JUAN, "JUAN CARLOS PÉREZ", "shortened"),
        (JUAN, "Juan C. Pérez García", "initials"),
        (JUAN, "Juan C. Pérez llamó", "initials"),
        (JUAN, "J. C. Pérez", "initials"),
        (JUAN, "Pérez, Juan Carlos", "turned"),
        (ROSAURA, "R. Echeverría", "initials"),
        (ROSAURA, "Rosaura Echeverría y Ordóñez", "shortened"),
        (ROSAURA, "ECHEVERRÍA ORDÓÑEZ, ROSAURA", "turned"),
        (ROSAURA, "Echeverría Ordóñez Rosaura llamó", "turned"),
        (ROSAURA, "la Sra. Echeverría Ordóñez visitó", "partial"),
        (ROSAURA, "Señora Echeverría Ordóñez", "partial"),
        (ROSAURA, "Familia Echeverría y Ordóñez", "partial"),
        ("Juan Pérez García", "Sr. Pérez García", "partial"),
        ("Ana Beatriz de Souza Lima", "Ana Beatriz Souza", "shortened"),
        ("Ana Beatriz de Souza Lima", "A. de Souza", "initials"),
        ("John Smith Jr.", "John Smith, Jr. called", "exact"),
        ("John Smith Jr.", "JOHN SMITH JR", "exact"),
        ("John Smith Jr.", "John Smith called", "shortened"),
        ("John Smith Jr.", "Smith, John called", "shortened"),
        ("John Smith Jr.", "J. Smith called", "initials"),
        ("John Smith, PhD", "John Smith called", "exact"),
    ],
)
def test_parts_may_be_left_out_or_be_initials(name: str, text: str, how: str) -> None:
    assert how in ways(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (ROSAURA, "Luis Echeverría Ruiz"),
        (ROSAURA, "R. Milagros llamó"),
        (JUAN, "J. Carlos llamó"),
        (JUAN, "Juana Pérezosa"),
        ("Robert James Smith", "J. Jones"),
    ],
)
def test_other_names_are_none_of_it(name: str, text: str) -> None:
    assert ways(name, text) == set()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (ROSAURA, "Rosaura Echeverría López"),
        (ROSAURA, "Luis Echeverría Ordóñez"),
        (JUAN, "Pérez, Juan Antonio"),
        ("Robert James Smith", "James Smith called"),
    ],
)
def test_of_a_relative_only_bare_words_are_looked_at(name: str, text: str) -> None:
    """Whether they stand alone is seen later (`name_search.bare_names`)."""
    assert ways(name, text) <= {"partial"}


@pytest.mark.parametrize(
    ("raw", "words", "suffix"),
    [
        ("John Smith Jr.", ("John", "Smith"), "jr"),
        ("John Smith, Jr.", ("John", "Smith"), "jr"),
        ("Smith, John, Ph.D.", ("John", "Smith"), "phd"),
        ("Smith Jr., John", ("John", "Smith"), "jr"),
        ("John Smith III", ("John", "Smith"), "iii"),
        ("John Smith, Esq.", ("John", "Smith"), "esq"),
        ("Md Rahman", ("Md", "Rahman"), ""),
        ("Rahman Md", ("Rahman", "Md"), ""),
        ("Jr", ("Jr",), ""),
    ],
)
def test_what_stands_behind_a_surname_is_none(
    raw: str, words: tuple[str, ...], suffix: str
) -> None:
    name = parse_name(raw)
    assert name is not None
    assert (name.words, name.suffix) == (words, suffix)
