"""One spelling for each identifier, and folding that keeps every place where it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.normalise import email_spellings, fold, mailbox, normalise, normalise_phone
from unlearnkit.domain import IdentifierKind

K = IdentifierKind

ALIKE = [
    (K.EMAIL, "Zoltana@Quibble.example", "zoltana@quibble.example"),
    (K.EMAIL, "<mailto:zoltana@quibble.example>.", "zoltana@quibble.example"),
    (K.EMAIL, "ｚｏｌｔａｎａ@quibble.example", "zoltana@quibble.example"),
    (K.EMAIL, "zoltana@BÜCHER.example", "zoltana@xn--bcher-kva.example"),
    (K.EMAIL, "zoltana@xn--bcher-kva.example", "zoltana@xn--bcher-kva.example"),
    (K.EMAIL, "zoltana@-ü-.example", "zoltana@-ü-.example"),
    (K.PHONE, "(212) 555-0142", "+12125550142"),
    (K.PHONE, "+1 212.555.0142", "+12125550142"),
    (K.PHONE, "020 7946 0958", "+442079460958"),
    (K.PHONE, "+49 (0)30 1234567", "+49301234567"),
    (K.PHONE, "12-34", "1234"),
    (K.CUSTOMER_ID, "c 123-456", "C123456"),
    (K.CUSTOMER_ID, "C-123456", "C123456"),
    (K.NAME, "  ZOLTÁNA   Quibbleworth's ", "zoltana quibbleworth"),
    (K.NAME, "O’Brien, Łucja", "o brien lucja"),
    (K.NAME, "Straße-Groß", "strasse gross"),
    (K.NAME, "प्रिया शर्मा", "प्रिया शर्मा"),
    (K.NAME, "王小明", "王小明"),
    (K.NAME, "王曉明", "王晓明"),
    (K.NAME, "張偉", "张伟"),
    (K.NAME, "劉 洋", "刘 洋"),
    (K.NAME, "渡辺 さくら", "渡辺 さくら"),
    (K.NAME, "-- 42 --", ""),
    (K.ADDRESS, "12  Low\tStreet", "12 low street"),
    (K.HANDLE, " @Zolt_Q ", "@zolt_q"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), ALIKE)
def test_each_kind_has_one_spelling(kind: IdentifierKind, value: str, expected: str) -> None:
    assert normalise(kind, value) == expected


def test_plus_tags_stay_as_they_may_be_another_mailbox() -> None:
    assert normalise(K.EMAIL, "zoltana+shop@quibble.example") == "zoltana+shop@quibble.example"


MAILBOXES = [
    ("zoltana+shop@quibble.example", "zoltana@quibble.example", True),
    ("zoltana+shop+2@quibble.example", "zoltana+news@quibble.example", True),
    ("z.o.l.t+x@gmail.com", "zolt@googlemail.com", True),
    ("z.olt@quibble.example", "zolt@quibble.example", False),
    ("zoltana@quibble.example", "zoltana@quibbles.example", False),
    ("+shop@quibble.example", "+news@quibble.example", False),
]


@pytest.mark.parametrize(("one", "other", "same"), MAILBOXES)
def test_tags_and_the_dots_of_gmail_lead_to_one_mailbox(one: str, other: str, same: bool) -> None:
    assert (mailbox(one) == mailbox(other)) is same


LOCAL = st.text("abz019.-_", min_size=1, max_size=12)


@given(LOCAL, st.text("abz.+", max_size=8), st.sampled_from(["gmail.com", "quibble.example"]))
def test_a_tag_never_changes_the_mailbox(local: str, tag: str, domain: str) -> None:
    assert mailbox(f"{local}+{tag}@{domain}") == mailbox(f"{local}@{domain}")
    assert mailbox(mailbox(f"{local}@{domain}")) == mailbox(f"{local}@{domain}")


def test_a_domain_is_searched_for_in_both_its_spellings() -> None:
    both = {"zoltana@bücher.example", "zoltana@xn--bcher-kva.example"}
    for one in both:
        assert set(email_spellings(f"mailto:{one.upper()}")) == both
    assert email_spellings("a@xn--.example") == ["a@xn--.example"]


def test_the_first_region_in_which_a_number_is_valid_counts() -> None:
    assert normalise_phone("030 1234567", ["DE", "IT"]) == "+49301234567"
    assert normalise_phone("030 1234567", ["IT", "DE"]) == "+390301234567"


NATURAL = st.text(
    st.sampled_from("abz XYZ019éÉüßłØñ çİıǿ'’.-_@+()/<>,;:#\t\u00a0\u200cжΩשم王張偉乾後प्रि")
    | st.characters()
)


@given(
    st.sampled_from([K.NAME, K.EMAIL, K.CUSTOMER_ID]), st.text(alphabet="abzXÉüßłØñ'’.-_@<> 019")
)
def test_what_is_normalised_stays(kind: IdentifierKind, text: str) -> None:
    once = normalise(kind, text)
    assert normalise(kind, once) == once


@given(st.integers(2_000_000_000, 9_999_999_999))
def test_a_phone_number_stays_once_it_is_normalised(number: int) -> None:
    once = normalise_phone(str(number))
    assert normalise_phone(once) == once


@given(NATURAL)
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(NATURAL)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(NATURAL)
def test_every_letter_is_folded_on_its_own(text: str) -> None:
    assert fold(text) == "".join(fold(letter) for letter in text)


def test_folding_takes_accents_and_strokes_only() -> None:
    assert (
        fold("Łódź, Ñandú, Ørsted, Straße, Ǿ, ﬁ, 王, 한")
        == "Lodz, Nandu, Orsted, Straße, O, ﬁ, 王, 한"
    )
    assert fold(unicodedata.normalize("NFD", "é")) == "e\u0301"
