"""The coarse look leaves no text out in which an identifier stands, and most in which none does."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.locate.test_identifiers import THERE
from unlearnkit.corpus.normalise import REGIONS, fold
from unlearnkit.domain import Identifier, IdentifierKind, Record
from unlearnkit.locate.identifiers import patterns_for
from unlearnkit.locate.name_search import in_lower_case
from unlearnkit.locate.names import name_forms, parse_name
from unlearnkit.locate.sieve import (
    Block,
    beginning,
    blocks,
    holding,
    holding_word,
    needed,
    plain,
    same_mailbox,
)

K = IdentifierKind
FILLER = ("nothing of the kind", "", "and no more of it than here")


def standing(identifier: Identifier, texts: Sequence[str]) -> set[int]:
    """The texts in which one of its patterns stands, each looked for in each."""
    if identifier.kind is K.NAME:
        name = parse_name(identifier.value)
        forms = list(name_forms(name)) if name else []
        patterns = [(one.pattern, regex.IGNORECASE if one.any_case else 0) for one in forms]
    else:
        patterns = [(one, regex.IGNORECASE) for one in patterns_for(identifier, REGIONS)]
    return {
        at
        for at, text in enumerate(texts)
        if any(regex.search(pattern, fold(text), flags) for pattern, flags in patterns)
    }


def joined(texts: Sequence[str]) -> list[Block]:
    return blocks([Record(id=str(at), text=text) for at, text in enumerate(texts)])


def held(identifier: Identifier, texts: Sequence[str]) -> list[int]:
    among = joined(texts)
    return sorted({at for one in needed(identifier, REGIONS) for at in holding(one, among)})


@pytest.mark.parametrize(("kind", "value", "text"), THERE)
def test_what_is_found_in_a_text_may_be_there(kind: K, value: str, text: str) -> None:
    assert held(Identifier(kind, value), [*FILLER, text]) == [3]


NAMES = st.sampled_from(
    [
        "Zoltana Quibbleworth",
        "Jürgen Groß",
        "Anna-Lena Weiß-Müller",
        "Siân O’Brien",
        "Åsa Strøm",
        "José María Ruiz Pérez",
        "Ana Beatriz de Souza Lima",
        "John Paul Quirke Jr.",
        "Li Yu",
        "Ада Лавлейс",
        "Bess Cross",
        "Fiona McAllister",
        "Jo-Hannelore Ost-Lüdenscheidt",
        "Joost van der Berg",
        "Zoe\u0308 Brown",
        "Ana⑴ Lo",
    ]
)


@settings(deadline=None)
@given(NAMES, st.randoms(use_true_random=False))
def test_a_name_in_any_of_its_ways_may_be_there(value: str, draw: object) -> None:
    ways = written(value, draw)
    identifier = Identifier(K.NAME, value)
    assert standing(identifier, ways) <= set(held(identifier, ways))
    assert standing(identifier, ways)


def written(value: str, draw: object) -> list[str]:
    """A name as people write it: other case, other letters, accents apart, parts and initials."""
    import random
    import unicodedata

    assert isinstance(draw, random.Random)
    first, *_, last = value.split()
    spelt = value.translate(str.maketrans({"ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "Å": "Aa"}))
    ways = [value, value.upper(), spelt, unicodedata.normalize("NFD", value), fold(value)]
    ways += [value[:2] + "\u00ad" + value[2:], f"{value[:-1]}\u200b{value[-1]}"]
    ways += [f"{last}, {first}", f"{first[0]}. {last}", last, first, f"{first} {last[0]}."]
    ways += [f"{first[0]}. {last.replace('Mc', 'Mc ')}", f"{last.replace('Mc', 'Mc ')}, {first}"]
    one, other = first.split("-")[0], last.split("-")[0]
    ways += [f"{one} {last}", f"{first} {other}", f"{one} {other}-L.", f"{first[0]}. {other}-L."]
    around = [f"so {draw.choice(FILLER)} {one}, then" for one in ways]
    draw.shuffle(around)
    return around


KINDS = st.sampled_from([one for one in K if one is not K.NAME])


@given(KINDS, st.text(min_size=1, max_size=30), st.text(max_size=10), st.text(max_size=10))
@example(K.EMAIL, "mailto:ss@bücher.example", "", "")
@example(K.OTHER, "ſmith & Groß", "", "")
@example(K.PHONE, "+390612345678", "(", ")")
@example(K.DATE_OF_BIRTH, "1984-03-07", "", "")
@example(K.DATE_OF_BIRTH, "１９８４-03-07", "", "")
@example(K.CUSTOMER_ID, "⑴", "", "")
def test_nothing_that_stands_in_a_text_is_left_out(
    kind: K, value: str, before: str, after: str
) -> None:
    identifier = Identifier(kind, value)
    texts = [
        f"{before} {one} {after}" for one in (value, value.upper(), value.lower(), fold(value))
    ]
    assert standing(identifier, texts) <= set(held(identifier, texts))


def test_a_date_is_looked_for_by_its_year() -> None:
    assert needed(Identifier(K.DATE_OF_BIRTH, "1984-03-07"), REGIONS) == ("1984",)


def test_where_nothing_is_known_to_be_needed_every_text_may_hold_it() -> None:
    assert held(Identifier(K.OTHER, "***"), FILLER) == [0, 1, 2]
    assert held(Identifier(K.OTHER, "***"), []) == []


@pytest.mark.parametrize("text", ["mia.lee+list@gmail.com", "MIALEE@googlemail.com"])
def test_an_address_of_the_same_mailbox_may_be_there(text: str) -> None:
    assert list(holding(same_mailbox("mialee@gmail.com"), joined([*FILLER, text]))) == [3]


def test_the_dots_of_other_addresses_stay_where_they_are() -> None:
    found = holding(
        same_mailbox("m.lee@x.example"), joined(["m.lee+a@x.example", "mlee@x.example"])
    )
    assert list(found) == [0]


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("Jürgen Groß", "jurgen gross"),
        ("A\u0301da\u00a0Łuk", "ada luk"),
        ("ﬁne Ｎｏ", "fine no"),
        ("“so” – ´", "-so- - -"),
        ("so\u00adme\u200bwhere", "somewhere"),
        ("ΣΑΣ ς", "σασ σ"),
    ],
)
def test_letters_are_spelt_in_one_way(written: str, spelt: str) -> None:
    assert plain(written) == spelt


LETTERS = st.text("abé\u0301ÄN5_ -'’.\x00\n", max_size=12)


@given(st.text("abén\u0301'-", min_size=1, max_size=4), st.lists(LETTERS, max_size=4))
@example("the", ["e\u0301the"])  # a mark is no letter: what follows it is a word of its own
@example("an", ["5an", "_an an", "band"])
def test_no_text_that_holds_a_word_in_lower_case_is_left_out(word: str, texts: list[str]) -> None:
    found = set(holding_word(word, joined(texts)))
    assert {at for at, text in enumerate(texts) if in_lower_case(word, text)} <= found


def test_a_word_inside_another_is_not_looked_at() -> None:
    assert list(holding_word("an", joined(["Bank and sand", "an end", "An end"]))) == [1, 2]


@given(
    st.text("ab", min_size=4, max_size=5),
    st.sampled_from(["", r"(?!\w)", r"\s++b", "a?b"]),
    st.lists(st.text("aabb é日", max_size=12), max_size=4),
)
@example("abab", r"(?!\w)", ["ababab"])  # the first place hides the second, which is the one
def test_a_pattern_is_found_where_it_stands(word: str, rest: str, texts: list[str]) -> None:
    pattern = word + rest
    places = [at for at, text in enumerate(texts) if re.search(pattern, plain(text))]
    assert sorted(holding(pattern, joined(texts))) == places


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [
        ("holt", "holt"),
        ("mue?ller", "mu"),
        ("3[ -]{0,3}1", "3"),
        ("ab{2}", "a"),
        (r"o\.b", "o"),
        (r"clau(?=\S{3})", "clau"),
        ("", ""),
    ],
)
def test_what_a_pattern_begins_with(pattern: str, letters: str) -> None:
    assert beginning(pattern) == letters


@given(st.text(max_size=8), st.text(max_size=8))
def test_what_stands_in_a_text_stands_in_it_as_it_is_spelt(one: str, other: str) -> None:
    assert plain(one + other) == plain(one) + plain(other)


@given(st.text(max_size=20))
def test_white_space_stays_where_it_is(text: str) -> None:
    assert len(plain(text).split()) <= len(text.split())


@given(st.lists(st.text(max_size=3), max_size=30))
def test_texts_keep_their_places_however_many_are_read_as_one(texts: list[str]) -> None:
    identifier = Identifier(K.HANDLE, "a")
    assert held(identifier, texts) == [at for at, one in enumerate(texts) if "a" in plain(one)]


@given(st.text(st.characters(max_codepoint=255) | st.sampled_from("\u2019Ωé日"), max_size=12))
def test_letters_are_spelt_alike_whatever_stands_beside_them(text: str) -> None:
    """Western letters are spelt all at once, where no other stands among them."""
    assert plain(text) == "".join(map(plain, text))
    assert plain(text + "日") == plain(text) + "日"
