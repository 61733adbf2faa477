"""The shorter ways to write a name of several words, and a list that finds them."""

from __future__ import annotations

import pytest

from tests.locate.conftest import Build
from tests.locate.test_screening import sureness
from tests.locate.world import KEY, REQUEST
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.do_not_train import of_request, run_together
from unlearnkit.locate.short_names import name_parts, short_forms

MIGUEL = "Juan Carlos Pérez García"
SOUZA = "João Pedro da Silva e Souza"


def named(name: str) -> Identifier:
    return Identifier(IdentifierKind.NAME, name)


def test_short_forms_begin_with_the_first_name_and_end_with_another() -> None:
    found = dict(short_forms(("Juan", "Pérez", "García")))
    assert found == {
        "Juan Pérez": False,
        "J Pérez": True,
        "Juan García": False,
        "Juan P García": True,
        "J García": True,
        "J Pérez García": True,
        "J P García": True,
    }


@pytest.mark.parametrize("name", ["Zoltana", "Zoltana Quibbleworth", "Li Bo Xu"])
def test_there_are_none_of_two_words_and_none_that_ends_in_very_few_letters(name: str) -> None:
    assert list(short_forms(name.split())) == []


def test_particles_go_with_their_name() -> None:
    assert name_parts(SOUZA.split())[-2:] == [("da", "Silva"), ("e", "Souza")]
    assert name_parts(["mira", "ana", "holt"]) == [("mira",), ("ana",), ("holt",)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (SOUZA, SOUZA),
        (SOUZA, "JOÃO PEDRO DA SILVA E SOUZA"),
        (SOUZA, "hoje João da Silva ligou"),
        (SOUZA, "João Pedro Silva e Souza"),
        ("Maria do Carmo dos Santos e Oliveira", "Maria do Carmo dos Santos e Oliveira, 1980"),
        (MIGUEL, "Juan Pérez pagó"),
        (MIGUEL, "Juan Carlos Pérez"),
        (MIGUEL, "Juan C. Pérez"),
        (MIGUEL, "J. C. Pérez"),
        (MIGUEL, "J. Pérez García"),
        (MIGUEL, "Pérez García Juan pagó"),
        ("Ana Beatriz de Souza Lima", "Ana B. Lima"),
        ("Anna Kowalska", "Kowalska Anna"),
        ("Zoltana Quibbleworth", "QUIBBLEWORTH Zoltana asked"),
        ("Иван Петрович Иванов", "Иванов Иван Петрович"),
        ("Иван Петрович Иванов", "Иванов И.П. позвонил"),
        ("Иван Петрович Иванов", "Иванов И. П."),
        ("Иван Петрович Иванов", "И.П. Иванов"),
        ("Иван Петрович Иванов", "Иванов И. позвонил"),
        ("Иван Иванов", "Иванов И.П. позвонил"),
        ("Иван Иванов", "ИВАНОВ И. П."),
        ("Иван Иванов", "И. П. Иванов"),
        ("Иван Иванов", "И.П. Иванов"),
        ("Иван Иванов", "И. Иванов"),
        ("Ivan Ivanov", "звонил Иван Иванов"),
        ("Ivan Ivanov", "Иванов Иван звонил"),
        ("Ivan Ivanov", "Иванов И.П. звонил"),
        ("Ivan Ivanov", "звонил И. Иванов"),
        ("Yuri Ivanov", "Иванов Ю., Киев"),
        ("Иван Иванов", "Ivan Ivanov called"),
        ("Иван Иванов", "IVANOV, IVAN"),
        ("Zoltana Quibbleworth", "Quibbleworth Z. asked"),
        ("Zoltana Quibbleworth", "Z.K. Quibbleworth asked"),
        ("王小明", "王小明"),
        ("王小明", "客户王小明来电投诉"),
        ("王晓明", "客戶王曉明來電投訴"),
        ("張偉", "我叫张伟，谢谢"),
        ("刘 洋", "劉洋女士"),
        ("田中 太郎", "田中太郎様"),
        ("田中 太郎", "太郎 田中"),
        ("김민수", "김민수 고객"),
        ("محمد الحسن", "السيد محمّد الحَسَن"),
        ("محمّد الحَسَن", "السيد محمد الحسن"),
    ],
)
def test_a_name_is_possible_in_each_of_them(world: Build, name: str, text: str) -> None:
    assert sureness(world(text), named(name)) == {"1": "uncertain"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (MIGUEL, "Juan Pérez López pagó"),
        (MIGUEL, "Juan Pérez-López pagó"),
        (MIGUEL, "J. Carlos pagó"),
        (MIGUEL, "J C Pérez"),
        (MIGUEL, "Juan pérez"),
        ("Anna Kowalska", "kowalska anna"),
        ("Иван Петрович Иванов", "Иванов И.С. позвонил"),
        ("Иван Петрович Иванов", "Иванов И. С."),
        ("Иван Петрович Иванов", "И.С. Иванов"),
        ("Иван Иванов", "Иванов П.И."),
        ("Иван Иванов", "Иванов и П."),
        ("Иван Иванов", "Сидоров И.П., Иванов С.А."),
        ("Ivan Ivanov", "Иван Петров, Пётр Иванов"),
        ("Ivan", "Иван звонил"),
        ("Ivan Ivanov", "П. Иванов, Иванов П.И."),
        ("Иван Иванов", "ivan ivanov"),
        ("Иван Иванов", "Peter Ivanov"),
        ("Zoltana Quibbleworth", "z.k. quibbleworth"),
        ("Zoltana Quibbleworth", "Z K Quibbleworth"),
        ("王小明", "王先生来电"),
        ("王小明", "小明来电"),
        ("王小明", "王曉明來電"),
        ("明", "明天再说"),
    ],
)
def test_somebody_elses_name_is_not(world: Build, name: str, text: str) -> None:
    assert sureness(world(text), named(name)) == {}


def test_a_name_that_is_written_alone_counts_beside_the_birthday(world: Build) -> None:
    born = Identifier(IdentifierKind.DATE_OF_BIRTH, "1980-03-04")
    found = sureness(world("王小明, 1980-03-04"), named("王小明"), born)
    assert found == {"1": "certain"}


def test_a_name_in_another_script_is_never_more_than_possible(world: Build) -> None:
    born = Identifier(IdentifierKind.DATE_OF_BIRTH, "1980-03-04")
    for name, text in (("Ivan Ivanov", "Иван Иванов"), ("Иван Иванов", "Ivan Ivanov")):
        found = sureness(world(f"{text}, 1980-03-04"), named(name), born)
        assert found == {"1": "uncertain"}


def test_one_character_is_no_name_to_look_for() -> None:
    assert list(run_together(["明"])) == []


def test_of_a_very_long_name_few_forms_are_kept() -> None:
    long = named("Ana " + " ".join(f"de Nombre{letter}" for letter in "abcdefghij"))
    assert len(of_request(REQUEST, [long], KEY, REGIONS)) < 5_000
