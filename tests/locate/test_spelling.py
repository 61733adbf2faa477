"""One plain spelling: what stands in a text stands, so spelt, in the text so spelt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.locate.spelling import plain


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


@given(st.text(max_size=8), st.text(max_size=8))
def test_what_stands_in_a_text_stands_in_it_as_it_is_spelt(one: str, other: str) -> None:
    assert plain(one + other) == plain(one) + plain(other)


@given(st.text(max_size=20))
def test_white_space_stays_where_it_is(text: str) -> None:
    assert len(plain(text).split()) <= len(text.split())


@given(st.text(st.characters(max_codepoint=255) | st.sampled_from("\u2019Ωé日"), max_size=12))
def test_letters_are_spelt_alike_whatever_stands_beside_them(text: str) -> None:
    """Western letters are spelt all at once, where no other stands among them."""
    assert plain(text) == "".join(map(plain, text))
    assert plain(text + "日") == plain(text) + "日"
