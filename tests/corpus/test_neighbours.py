from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.neighbours import nearest_of_each, neighbours
from unlearnkit.domain import Record


def record(id: str, text: str, prompt: str = "") -> Record:
    return Record(id=id, text=text, prompt=prompt)


FORGET = [record("f", "the notary of Lisbon sold a blue cabinet")]


def ids(found: tuple[Record, ...]) -> list[str]:
    return [one.id for one in found]


def test_rare_words_in_common_make_a_neighbour() -> None:
    retain = [
        record("a", "the weather of the week"),
        record("b", "a cabinet in blue, said the clerk"),
        record("c", "the the the of of of"),
        record("d", "the notary signed in Lisbon"),
    ]
    assert ids(neighbours(FORGET, retain)) == ["b", "d"]


def test_each_record_has_its_own_the_likest_first() -> None:
    retain = [
        record("a", "a blue cabinet"),
        record("b", "zebra and gnu"),
        record("c", "the notary of Lisbon sold a blue cabinet of zebra wood"),
    ]
    asked = [*FORGET, record("g", "gnu"), record("h", "violin")]
    assert [ids(one) for one in nearest_of_each(asked, retain, 2)] == [["c", "a"], ["b"], []]
    assert nearest_of_each(FORGET, []) == [()]


def test_the_prompt_counts_too() -> None:
    retain = [record("a", "yes", prompt="who is a notary?"), record("b", "no", prompt="who?")]
    assert ids(neighbours(FORGET, retain, nearest=1)) == ["a"]


def test_who_shares_no_word_is_nobodys_neighbour() -> None:
    assert neighbours(FORGET, [record("a", "zebra"), record("b", "")]) == ()


def test_one_neighbour_of_two_is_listed_once() -> None:
    retain = [record("a", "blue cabinet"), record("b", "rain")]
    assert ids(neighbours([*FORGET, record("g", "cabinet")], retain, nearest=1)) == ["a"]


def test_scripts_without_spaces_have_neighbours_too() -> None:
    retain = [record("a", "大阪の雨"), record("b", "東京都に住む田中花子")]
    assert ids(neighbours([record("f", "東京都に住む田中太郎")], retain, nearest=1)) == ["b"]


def test_of_very_many_the_likest_are_taken() -> None:
    retain = [record("a", "cabinet"), record("b", "the notary of Lisbon"), record("c", "blue")]
    assert ids(neighbours(FORGET, retain, nearest=3, most=1)) == ["b"]


def test_no_records_have_no_neighbours() -> None:
    assert neighbours([], [record("a", "blue")]) == neighbours(FORGET, []) == ()


@given(st.lists(st.text("ab xyz", max_size=12), max_size=8))
def test_neighbours_are_retained_records_in_their_order(texts: list[str]) -> None:
    retain = [record(str(at), text) for at, text in enumerate(texts)]
    found = neighbours([record("f", "ab xy zz ba")], retain)
    assert ids(found) == sorted(ids(found), key=int)
    assert len(found) <= 2
