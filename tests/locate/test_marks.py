"""Accents: when a name without them, or with others, is the same name."""

from __future__ import annotations

import unicodedata

import pytest

from tests.locate.conftest import Build
from tests.locate.world import CERTAIN, EMAIL, UNCERTAIN
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.marks import other_marks

ALIKE = [
    ("José García", "Jose Garcia"),
    ("José García", "Jose García"),
    ("Jose Garcia", "José García"),
    ("José García", "García, José"),
    ("Jörg Müller", "JÖRG MÜLLER"),
    ("Jörg Müller", "Joerg Müller"),
    ("Anna Übermüller", "Anna Uebermüller"),
    ("Jørgen Strøm", "Jörgen Ström"),
    ("Łukasz Wąs", "Lukasz Was"),
    ("Hồ Văn Tấn", "Ho Van Tan"),
    ("Ho Van Tan", "Hồ Văn Tấn"),
    ("Hồ Văn Tấn", "HỒ VĂN TẤN"),
    ("Trần Thị Hòa", "Trần Thị Hoà"),
    ("Jörg Strauß", "Jörg Strauss"),
]
ANOTHER = [
    ("José García", "Jösé García"),
    ("Anna Müller", "Anna Mülłer"),
    ("Ana Peña", "Ana Péna"),
    ("Hồ Văn Tấn", "Hồ Văn Tân"),
    ("Hồ Văn Tấn", "Hồ Văn Tần"),
    ("Hồ Văn Tấn", "Hồ Văn Tan"),
    ("Nguyễn Thị Hường", "Nguyễn Thị Hương"),
    ("Trần Văn Tú", "Trần Văn Tụ"),
]


@pytest.mark.parametrize(("name", "text"), ALIKE)
def test_a_name_typed_without_marks_is_the_person_s(world: Build, name: str, text: str) -> None:
    person = Identifier(IdentifierKind.NAME, name)
    texts = [f"so {unicodedata.normalize(form, text)} called" for form in ("NFC", "NFD")]
    assert world(*texts).certainty(person, EMAIL) == {"1": CERTAIN, "2": CERTAIN}


@pytest.mark.parametrize(("name", "text"), ANOTHER)
def test_one_with_other_marks_is_asked_about(world: Build, name: str, text: str) -> None:
    person = Identifier(IdentifierKind.NAME, name)
    texts = [f"so {unicodedata.normalize(form, text)} called" for form in ("NFC", "NFD")]
    found = world(*texts).find(person, EMAIL)
    assert {one.certainty for one in found.values()} == {UNCERTAIN}
    assert "with other accents or marks" in found["1"].reason


@pytest.mark.parametrize(("name", "text"), ANOTHER)
def test_it_is_the_same_the_other_way_round(name: str, text: str) -> None:
    assert other_marks(text, name)
