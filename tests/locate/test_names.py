"""The ways a text may write a name, and the ways that are somebody else's."""

from __future__ import annotations

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.normalise import fold
from unlearnkit.locate.hits import WEIGHTS
from unlearnkit.locate.names import Name, name_forms, parse_name
from unlearnkit.locate.nicknames import nicknames


def ways(name: str, text: str) -> set[str]:
    """How the text writes the name."""
    parsed = parse_name(name)
    assert parsed is not None
    return {
        form.how
        for form in name_forms(parsed)
        if regex.search(
            form.pattern,
            fold(text),
            regex.DOTALL | regex.MULTILINE | (regex.IGNORECASE if form.any_case else 0),
        )
    }


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Robert Smith", ("Robert", "Smith")),
        ("Smith, Robert", ("Robert", "Smith")),
        ("Smith, Dr. Robert J.", ("Robert", "J", "Smith")),
        ("Prof. Dr. Robert Smith", ("Robert", "Smith")),
        ("  Herr   Robert\n Smith ", ("Robert", "Smith")),
        ('Robert "Bob" Smith', ("Robert", "Bob", "Smith")),
        ("Vincent van der Berg", ("Vincent", "van", "der", "Berg")),
        ("Zoltana", ("Zoltana",)),
    ],
)
def test_a_name_is_its_words_given_names_first(raw: str, words: tuple[str, ...]) -> None:
    name = parse_name(raw)
    assert name is not None
    assert tuple(word.strip(".") for word in name.words) == words
    assert (name.first, name.last) == (name.words[0], name.words[-1])


@pytest.mark.parametrize("raw", ["", " ", ",", "Dr.", "Mr"])
def test_nothing_is_left_of_a_title(raw: str) -> None:
    assert parse_name(raw) is None


EXACT = [
    ("Robert Smith", "so Robert Smith said"),
    ("Robert Smith", "ROBERT SMITH"),
    ("Robert Smith", "Robert\nSmith's lamp"),
    ("Robert Smith", "Smith, Robert"),
    ("Robert Smith", "To: Smith, Robert; Hill, Ann"),
    ("Robert Smith", "C-300111,Smith,Robert,HIV"),
    ("Robert Smith", "dear all, Smith, Robert, is here"),
    ("Robert Smith", "Smith, Robert, Berlin"),
    ("Smith, Robert", "Robert Smith"),
    ("Zoltána Łukasz", "Zoltana Lukasz"),
    ("Zoltana Lukasz", "Zoltána Łukasz"),
    ("Jürgen Größer", "Juergen Groesser"),
    ("Jürgen Größer", "Jurgen Größer"),
    ("Robert Strauss", "Robert Strauß"),
    ("Robert Strauß", "Robert Strauss"),
    ("Anne-Marie O'Brien", "Anne Marie O’Brien"),
    ("Anne-Marie O'Brien", "Anne-Marie O Brien"),
    ("Anne-Marie O'Brien", "Anne-Marie O´Brien"),
    ("Robert Smith", "_Robert Smith_ said"),
    ("Robert Smith", "Robert **Smith** said"),
    ("Robert Smith", "<b>Robert</b> Smith said"),
    ("Robert Smith", "Ｒｏｂｅｒｔ Ｓｍｉｔｈ"),
    ("Anne-Marie O'Brien", "Anne‑Marie OBrien"),
    ("Robert James Smith", "Robert James Smith"),
    ("Robert Smith", "Rob\u00adert Sm\u200bith"),
    ("प्रिया शर्मा", "कल प्रिया शर्मा आई"),
]


@pytest.mark.parametrize(("name", "text"), EXACT)
def test_the_whole_name_is_recognised(name: str, text: str) -> None:
    assert "exact" in ways(name, text)
    assert "exact" in ways(name, unicodedata.normalize("NFD", text))


WEAKER = [
    ("Mira Holt", "John Holt, Mira Jones", {"turned", "partial"}),
    ("Mira Holt", "Jones, John Holt, Mira", {"turned", "partial"}),
    ("Mira Holt", "Present were Ann, Holt, Mira", {"turned", "partial"}),
    ("Mira Holt", "PÉREZ, HOLT, MIRA", {"turned"}),
    ("Mira Holt", "Holt, Mira and Anna came", {"turned", "partial"}),
    ("Mira Holt", "here are Holt, Mira, Anna y Luis", {"turned", "partial"}),
    ("Mira Holt", "Mira K. Holt called", {"initials", "partial"}),
    ("Robert Smith", "Bob Smith called", {"nickname", "partial"}),
    ("Bob Smith", "Robert Smith called", {"nickname", "partial"}),
    ("Robert Smith", "R. Smith called", {"initials", "partial"}),
    ("Robert Smith", "R Smith called", {"initials", "partial"}),
    ("Robert Smith", "RSmith called", {"initials"}),
    ("Robert Smith", "Smith, R.", {"initials", "partial"}),
    ("Robert Smith", "Robert Karl Smith", {"longer", "partial"}),
    ("Robert Smith", "Robert Karl-Heinz Fry Smith", {"longer", "partial"}),
    ("Robert Smith", "Robert and Smith", {"partial"}),
    ("Robert Smith", "Robert, Karl Smith", {"partial"}),
    ("Robert Smith", "Robert S. called", {"initials", "partial"}),
    ("Robert Smith", "Smith R. called", {"initials", "partial"}),
    ("Robert Smith", "SMITH R.J. called", {"initials"}),
    ("Robert Smith", "R.J. Smith called", {"initials", "partial"}),
    ("Robert James Smith", "Smith R. J. called", {"initials", "partial"}),
    ("Иван Петрович Иванов", "Иванов И.П. звонил", {"initials", "partial"}),
    ("Juan Pérez García", "Pérez García J. llamó", {"initials", "partial"}),
    ("Robert Smith", "Smith Robert called", {"turned", "partial"}),
    ("Robert Smith", "SMITH Robert called", {"turned", "partial"}),
    ("Robert Smith", "SMITH ROBERT, dossier", {"turned"}),
    ("Robert Smith", "smith Robert called", {"partial"}),
    ("Robert Smith", 'Robert "Bob" Smith', {"longer", "partial"}),
    ("Robert Smith", "Robert (Bob) Smith", {"longer", "partial"}),
    ("Robert Smith", "Robert (since 2019) Smith", {"partial"}),
    ("Robert Smith", "Robert and Ana Smith", {"longer", "partial"}),
    ("Robert Smith", "Robert & Ana Smith", {"longer", "partial"}),
    ("Robert Smith", "Bob y Ana Smith", {"nickname", "partial"}),
    ("Robert Smith", "Robert and her Smith", {"partial"}),
    ("Robert Smith", "Robert,Smith,1987", {"apart", "partial"}),
    ("Robert Smith", '"Smith";"Robert"', {"apart", "partial"}),
    ("Robert Smith", "| Robert | Smith |", {"apart", "partial"}),
    ("Robert Smith", "John Robert, Smith Ltd.", {"partial"}),
    ("Robert Smith", "Robert. Smith: Robert", {"partial"}),
    ("Juan Pérez García", "juan | pérez garcía", {"apart"}),
    ("Juan Carlos Pérez García", "Juan Pérez llamó", {"shortened", "partial"}),
    ("Juan Carlos Pérez García", "Juan Pérez Ruiz llamó", {"partial"}),
    ("Robert James Smith", "R. J. Smith called", {"initials", "partial"}),
    ("Juan Pérez García", "PEREZ GARCIA, JUAN", {"turned"}),
    ("Juan Pérez García", "pérez garcía, juan", {"turned"}),
    ("Juan Pérez García", "Perez Garcia Juan", {"turned", "partial"}),
    ("Juan Pérez García", "PEREZ GARCIA Juan", {"turned", "partial"}),
    ("Juan Pérez García", "Pérez García, J.", {"initials", "partial"}),
    ("Juan Pérez García", "J. Pérez García", {"initials", "partial"}),
    ("Anna-Lena Müller-Lüdenscheidt", "Anna-Lena Müller rief an", {"shortened", "partial"}),
    ("Anna-Lena Müller-Lüdenscheidt", "Anna-Lena Lüdenscheidt", {"shortened", "partial"}),
    ("Anna-Lena Müller-Lüdenscheidt", "Anna Müller-Lüdenscheidt", {"shortened", "partial"}),
    ("Anna-Lena Müller-Lüdenscheidt", "Anna Müller-L. rief an", {"shortened"}),
    ("Anna-Lena Müller-Lüdenscheidt", "A.-L. Müller-L. rief an", {"initials"}),
    ("Anna-Lena Müller-Lüdenscheidt", "A. Müller–L. rief an", {"initials"}),
    ("Anna-Lena Müller-Lüdenscheidt", "Anna Müller", set()),
    ("Anna-Lena Müller-Lüdenscheidt", "Anna-Lena Müller Ruiz", {"partial"}),
    ("Joost van der Berg", "VAN DER BERG, JOOST", {"turned"}),
    ("Joost van der Berg", "Van der Berg Joost", {"turned", "partial"}),
    ("Joost van der Berg", "J. v.d. Berg", {"initials", "partial"}),
    ("Joost van der Berg", "Joost v.d. Berg", {"shortened", "partial"}),
    ("Fiona McAllister", "Fiona Mc Allister", {"typo", "partial"}),
    ("Fiona McAllister", "Fiona Mac Allister", {"typo", "partial"}),
    ("Fiona McAllister", "Mc Allister, Fiona", {"turned", "partial"}),
    ("Fiona McAllister", "F. Mc Allister", {"initials"}),
    ("Fiona McAllister", "Fiona McAllister-Hughes", {"longer", "partial"}),
    ("Fiona McAllister", "Fiona Hughes-McAllister", {"longer", "partial"}),
    ("Robert James Smith", "Robert Smith called", {"shortened", "partial"}),
    ("Robert James Smith", "Robert J. Smith called", {"shortened", "initials", "partial"}),
    ("Robert Smith", "Mr Smith called", {"partial"}),
    ("Robert Smith", "Robert called", {"partial"}),
    ("Zoltana", "Zoltana called", {"partial"}),
]


@pytest.mark.parametrize(("name", "text", "how"), WEAKER)
def test_weaker_forms_are_told_apart(name: str, text: str, how: set[str]) -> None:
    assert ways(name, text) == how


def test_a_double_name_is_found_by_either_sign_between_its_parts() -> None:
    assert ways("Juan Pérez García", "Juan Pérez-García") == {"typo", "partial"}
    assert "shortened" in ways("María de la Cruz López", "María Cruz López")
    assert "initials" in ways("María de la Cruz López", "M. de la Cruz López")
    assert "exact" in ways("Anna-Lena Müller-Lüdenscheidt", "Anna-Lena Müller–Lüdenscheidt")


@pytest.mark.parametrize("name", ["Robert Smith", "Juan Pérez García", "Fiona McAllister"])
def test_the_whole_name_is_no_looser_one(name: str) -> None:
    """Which would hide that it is a part of a longer name, or words."""
    assert ways(name, name) <= {"exact", "partial"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Robert Smith", "Roberta Smithson"),
        ("Robert Smith", "a smith called robert"),
        ("Robert Smith", "Robert-Jan Smith-Jones"),
        ("Robert Smith", "r. smith"),
        ("Zoltana", "zoltana, zoltanas, Zoltanas"),
        ("May Smith", "we may go"),
    ],
)
def test_other_words_are_nobody_s_name(name: str, text: str) -> None:
    assert ways(name, text) == set()


def test_every_way_is_a_kind_of_evidence() -> None:
    some = ("Robert James Smith-Miller", "Zoe Pérez Díaz", "Bob", "Ann McAllister")
    made = {one.how for name in some for one in name_forms(Name(tuple(name.split())))}
    assert made < set(WEIGHTS)
    assert {"typo", "turned", "longer"} < made


def test_a_bare_word_is_marked_as_such() -> None:
    forms = list(name_forms(Name(("Robert", "Smith"))))
    assert [form.bare for form in forms if form.bare] == ["Smith", "Robert"]
    assert all(form.how == "partial" for form in forms if form.bare)


LETTERS = st.characters(categories=["Lu", "Ll"], codec="utf-8")
WORDS = st.lists(st.text(LETTERS, min_size=2, max_size=10), min_size=2, max_size=4)


@given(WORDS)
def test_every_name_is_found_as_it_was_given(words: list[str]) -> None:
    name = " ".join(words)
    if parse_name(name) == Name(tuple(words)):
        assert "exact" in ways(name, f"so {name}, again")


@pytest.mark.parametrize(
    ("one", "other"), [("robert", "bob"), ("elizabeth", "liz"), ("margaret", "peggy")]
)
def test_nicknames_work_both_ways(one: str, other: str) -> None:
    assert other in nicknames(one)
    assert one in nicknames(other)
    assert one not in nicknames(one)


def test_a_name_without_nicknames_has_none() -> None:
    assert nicknames("zoltana") == frozenset()
