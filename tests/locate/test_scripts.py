"""Names in another script than Latin, in the request or in the text."""

from __future__ import annotations

import pytest

from tests.locate.conftest import Build
from tests.locate.world import CERTAIN, EMAIL, UNCERTAIN
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.names import parse_name
from unlearnkit.locate.scripts import in_latin, transliterated


def name(value: str) -> Identifier:
    return Identifier(IdentifierKind.NAME, value)


def found(wanted: str, text: str) -> list[str]:
    parsed = parse_name(wanted)
    assert parsed is not None
    places = transliterated(parsed, [Record(id="1", text=text)])
    return [text[start:end] for _, start, end in places]


@pytest.mark.parametrize(
    ("wanted", "text", "expected"),
    [
        ("Mira Holt", "Звонила Мира Холт вчера", "Мира Холт"),
        ("Mira Holt", "письмо Мире Холт", "Мире Холт"),
        ("Mira Holt", "Холт Мира, договор 7", "Холт Мира"),
        ("Mira Holt", "Η Μίρα Χολτ τηλεφώνησε", "Μίρα Χολτ"),
        ("Olga Shevchenko", "Ольга Шевченко", "Ольга Шевченко"),
        ("Xiaoming Wang", "我叫 王小明 谢谢", "王小明"),
        ("Xiaoming Wang", "我叫王小明。", "王小明"),
        ("Zhang Wei", "客户张伟先生来电", "张伟"),
        ("张伟", "我叫张伟，谢谢", "张伟"),
        ("Minjun Gim", "김민준 님", "김민준"),
        ("Gildong Hong", "홍길동은 왔다", "홍길동"),
        ("Tanaka Hiroshi", "タナカヒロシさん", "タナカヒロシ"),
        ("Anna Maria Holt", "Анна Мария Холт", "Анна Мария Холт"),
        ("Anna Maria Holt", "Холт Анна Мария", "Холт Анна Мария"),
        ("Мира Холт", "Η Μίρα Χολτ τηλεφώνησε", "Μίρα Χολτ"),
        ("Mira Holt", "Холт М. звонила", "Холт М."),
        ("Mira Holt", "Холт М.К. звонила", "Холт М."),
        ("Mira Holt", "звонила М. Холт", "М. Холт"),
        ("Anna Maria Holt", "А.М. Холт", "А.М. Холт"),
    ],
)
def test_it_is_found_where_it_stands(wanted: str, text: str, expected: str) -> None:
    assert found(wanted, text) == [expected]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("Mira Holt", "Mira Holt"),  # Latin, which is searched otherwise
        ("Mira Holt", "Мира, Холт"),
        ("Mira Holt", "Мира Смирнова"),
        ("Mira Holt", "Анна Холт"),
        ("Mira Holt", "А. Холт"),
        ("Mira Holt", "М. Х. звонила"),
        ("Mira Holt", "м. Холт"),
        ("Mira Holt", "М Холт"),
        ("Mira", "Мира"),  # one word is half of the world's
        ("Tanaka Taro", "田中太郎"),  # read as Chinese: said in docs/locate.md
        ("Wei Zhang", "王小明"),
        ("An Li", "先里"),  # "xian li": a name begins and ends with a character
    ],
)
def test_it_is_not(wanted: str, text: str) -> None:
    assert found(wanted, text) == []


@pytest.mark.parametrize("value", ["Mira Holt", "Jürgen Müßig", "Łukasz Þór", ""])
def test_what_is_in_latin_letters_stays_as_it_is(value: str) -> None:
    assert in_latin(name(value)) is None


def test_only_names_are_read_in_another_script() -> None:
    assert in_latin(Identifier(IdentifierKind.ADDRESS, "ул. Ленина 1")) is None
    assert in_latin(name("Мира Холт")) == name("Mira Kholt")


@pytest.mark.parametrize(("wanted", "text"), [("刘 洋", "劉 洋 來電"), ("劉 洋", "刘 洋 来电")])
def test_simplified_and_traditional_characters_write_one_name(
    world: Build, wanted: str, text: str
) -> None:
    found = world(text).find(name(wanted), EMAIL)
    assert (found["1"].certainty, found["1"].evidence[0].how) == (CERTAIN, "normalised")


def test_two_traditional_characters_of_one_simplified_are_asked_about(world: Build) -> None:
    assert world("乾 洋 來電", "干 洋 来电").certainty(name("幹 洋"), EMAIL) == {
        "1": UNCERTAIN,
        "2": CERTAIN,
    }


def test_a_person_decides_about_it(world: Build) -> None:
    match = world("Звонила Мира Холт.").find(name("Mira Holt"), EMAIL)["1"]
    assert (match.certainty, match.evidence[0].how) == (UNCERTAIN, "transliterated")
    assert match.reason.startswith("Name in another script that may be the subject's")


def test_a_request_in_another_script_finds_both(world: Build) -> None:
    texts = ("Звонила Мира Холт.", "Mira Holt called.", "Mira Kholt called.", "Mira Bolt called.")
    corpus = world(*texts)
    certainty = corpus.certainty(name("Мира Холт"))
    assert certainty == {"1": CERTAIN, "2": UNCERTAIN, "3": UNCERTAIN}
    hows = {one: match.evidence[0].how for one, match in corpus.find(name("Мира Холт")).items()}
    assert hows == {"1": "exact", "2": "transliterated", "3": "transliterated"}
