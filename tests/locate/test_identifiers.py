"""Finding e-mail addresses, numbers, dates and addresses in all the spellings people use."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tests.locate.world import KEY
from unlearnkit.corpus.normalise import REGIONS, fold
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.identifiers import (
    how_written,
    own_values,
    patterns_for,
)
from unlearnkit.pseudonym import keyed_hash

K = IdentifierKind


def found(kind: IdentifierKind, value: str, text: str) -> list[str]:
    """What a text holds of the identifier."""
    return [
        text[one.start() : one.end()]
        for pattern in patterns_for(Identifier(kind, value), REGIONS)
        for one in regex.finditer(pattern, fold(text), regex.IGNORECASE)
    ]


THERE = [
    (K.EMAIL, "zoltana@quibble.example", "write Zoltana@Quibble.example."),
    (K.EMAIL, "mailto:Zoltana@quibble.example", "<mailto:zoltana@quibble.example>"),
    (K.EMAIL, "zoltana@王.example", "write zoltana@王.example"),
    (K.EMAIL, "zoltana@王.example", "write zoltana@xn--qby.example"),
    (K.EMAIL, "zoltana@xn--bcher-kva.example", "write zoltana@Bücher.example"),
    (K.EMAIL, "zoltana@quibble.example", "https://x.example/?mail=zoltana%40quibble.example&y"),
    (K.EMAIL, "zoltana@quibble.example", "write zoltana(at)quibble.example"),
    (K.EMAIL, "zoltana@quibble.example", "write zoltana [at] quibble.example"),
    (K.PHONE, "+1 212 555 0142", "(212) 555-0142"),
    (K.PHONE, "212-555-0142", "+1 212.555.0142"),
    (K.PHONE, "+12125550142", "0012125550142"),
    (K.PHONE, "+12125550142", "2125550142"),
    (K.PHONE, "+49 30 1234567", "030/1234567"),
    (K.PHONE, "030 1234567", "+49 (0)30 1234567"),
    (K.PHONE, "+39 06 69812345", "06 6981 2345"),
    (K.PHONE, "+39 06 69812345", "+390669812345"),
    (K.PHONE, "+39 06 69812345", "0039 06 69812345"),
    (K.PHONE, "4711", "extension 47-11"),
    (K.CUSTOMER_ID, "C-770077", "c 770077"),
    (K.CUSTOMER_ID, "C-770077", "account C770077:"),
    (K.CUSTOMER_ID, "C770077", "C#770077"),
    (K.CUSTOMER_ID, "AB12CD", "ab-12_cd"),
    (K.DATE_OF_BIRTH, "1980-02-09", "born 1980-02-09"),
    (K.DATE_OF_BIRTH, "1980-02-09", "born on 9 February 1980"),
    (K.DATE_OF_BIRTH, "1980-02-09", "born Feb 9, 1980"),
    (K.DATE_OF_BIRTH, "1980-02-09", "* 09.02.1980"),
    (K.DATE_OF_BIRTH, "1980-02-09", "2/9/1980"),
    (K.DATE_OF_BIRTH, "spring of 1980", "in Spring of 1980"),
    (K.ADDRESS, "12 Low Street, Łódź", "12 low street\nLodz"),
    (K.HANDLE, "zolt_q", "ask @zolt_q, please"),
    (K.HANDLE, "@zolt_q", "Zolt_Q was here."),
    (K.OTHER, "ABCD-1234", "device abcd-1234."),
]


@pytest.mark.parametrize(("kind", "value", "text"), THERE)
def test_it_is_found_however_it_is_written(kind: IdentifierKind, value: str, text: str) -> None:
    assert len(found(kind, value, text)) == 1


ABSENT = [
    (K.EMAIL, "zoltana@quibble.example", "azoltana@quibble.example"),
    (K.EMAIL, "zoltana@quibble.example", "my.zoltana@quibble.example"),
    (K.EMAIL, "zoltana@quibble.example", "zoltana@quibble.example.org"),
    (K.EMAIL, "zoltana@quibble.example", "zoltana@quibblexexample"),
    (K.PHONE, "+12125550142", "121255501427"),
    (K.PHONE, "+12125550142", "92125550142"),
    (K.PHONE, "+12125550142", "+442125550142"),
    (K.CUSTOMER_ID, "C-770077", "C-7700778"),
    (K.CUSTOMER_ID, "C-770077", "AC-770077"),
    (K.DATE_OF_BIRTH, "1980-02-09", "1980-02-091 and 19.02.1980"),
    (K.ADDRESS, "2 Low Street", "12 Low Street"),
    (K.HANDLE, "zolt_q", "zolt_q@quibble.example"),
    (K.HANDLE, "zolt_q", "me@zolt_q.example"),
    (K.HANDLE, "zolt_q", "zolt_q2, zolt_q-2 and zolt_q.two"),
]


@pytest.mark.parametrize(("kind", "value", "text"), ABSENT)
def test_a_part_of_something_longer_is_something_else(
    kind: IdentifierKind, value: str, text: str
) -> None:
    assert found(kind, value, text) == []


@pytest.mark.parametrize("kind", [K.PHONE, K.CUSTOMER_ID, K.HANDLE, K.OTHER, K.ADDRESS])
def test_nothing_to_search_for_searches_nothing(kind: IdentifierKind) -> None:
    assert patterns_for(Identifier(kind, " "), REGIONS) == []


@given(
    st.sampled_from([K.EMAIL, K.CUSTOMER_ID, K.ADDRESS, K.OTHER]),
    st.text(alphabet="abcXYZ019-_.@+(é)*[", min_size=1, max_size=20),
)
def test_no_value_is_taken_for_a_pattern(kind: IdentifierKind, value: str) -> None:
    for pattern in patterns_for(Identifier(kind, value), REGIONS):
        regex.compile(pattern)
        assert not regex.search(pattern, "something else altogether")


@pytest.mark.parametrize(
    ("kind", "value", "text", "how"),
    [
        (K.CUSTOMER_ID, "C-770077", "c-770077", "exact"),
        (K.CUSTOMER_ID, "C-770077", "C 770077", "normalised"),
        (K.CUSTOMER_ID, "C-77", "C-77", "partial"),
        (K.EMAIL, " a@quibble.example", "A@quibble.example", "exact"),
        (K.PHONE, "12345", "12345", "partial"),
        (K.PHONE, "123456", "12-34-56", "partial"),
        (K.PHONE, "1234567", "123-4567", "normalised"),
        (K.PHONE, "030 1234", "301234", "partial"),
        (K.PHONE, "030 1234", "030 1234", "exact"),
    ],
)
def test_how_it_was_written(kind: IdentifierKind, value: str, text: str, how: str) -> None:
    assert how_written(Identifier(kind, value), text, 0, len(text), REGIONS) == how


def test_own_values_are_keyed_as_in_the_index_and_hashes_have_none() -> None:
    hashed = Identifier(K.EMAIL, "a" * 64, "sha256")
    phone = Identifier(K.PHONE, "(212) 555-0142")
    assert own_values([hashed, phone], KEY, REGIONS) == {
        (K.PHONE, keyed_hash(KEY, "phone", "+12125550142"))
    }


def test_a_short_phone_ties_nothing() -> None:
    short, whole = (Identifier(K.PHONE, one) for one in ("12345", "+49 30 1234"))
    assert own_values([short], KEY, REGIONS) == frozenset()
    assert len(own_values([short, whole], KEY, REGIONS)) == 1
