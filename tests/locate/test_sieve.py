"""The coarse look leaves no text out in which an identifier stands, and most in which none does."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.locate.test_identifiers import THERE
from unlearnkit.corpus.normalise import REGIONS, fold
from unlearnkit.corpus.stored import joined
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.blocks import Blocks, blocks, holding
from unlearnkit.locate.identifiers import patterns_for
from unlearnkit.locate.names import name_forms, parse_name
from unlearnkit.locate.shown import shown
from unlearnkit.locate.sieve import needed, same_mailbox
from unlearnkit.locate.spelling import plain

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
        for seen in (text, shown(text))
        if any(regex.search(pattern, fold(seen), flags) for pattern, flags in patterns)
    }


def spelt(texts: Sequence[str]) -> Blocks:
    return blocks([joined(texts)] if texts else [])


def held(identifier: Identifier, texts: Sequence[str]) -> list[int]:
    among = spelt(texts)
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
    ways += [value.encode("ascii", "xmlcharrefreplace").decode(), value.replace(" ", "\n> ")]
    ways += [f'"first": "{first}", "last": "{last}"', f"{last};{first}", f"{first} & Tom {last}"]
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
    assert list(holding(same_mailbox("mialee@gmail.com"), spelt([*FILLER, text]))) == [3]


def test_the_dots_of_other_addresses_stay_where_they_are() -> None:
    found = holding(same_mailbox("m.lee@x.example"), spelt(["m.lee+a@x.example", "mlee@x.example"]))
    assert list(found) == [0]


@given(st.lists(st.text(max_size=3), max_size=30))
def test_texts_keep_their_places_however_many_are_read_as_one(texts: list[str]) -> None:
    identifier = Identifier(K.HANDLE, "a")
    assert held(identifier, texts) == [at for at, one in enumerate(texts) if "a" in plain(one)]
