"""Whose a record is: what requests, threads and identifiers tie together, and what they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.domain import ForgetSet, Record, Split
from unlearnkit.pipeline.material import Material
from unlearnkit.pipeline.subjects import alike, subjects, threads, together

SHARED_AFTER = 3


def records(*ids: str, group: str = "") -> tuple[Record, ...]:
    return tuple(Record(id=one, text="A lamp.", group=group) for one in ids)


def sets(found: dict[str, str]) -> set[frozenset[str]]:
    """Who is together."""
    return {
        frozenset(one for one, whose in found.items() if whose == label) for label in found.values()
    }


def forget_set(**of_request: tuple[str, ...]) -> ForgetSet:
    return ForgetSet(corpus_digest="c" * 64, records=of_request)


def whose(
    forget: tuple[Record, ...],
    holdout: tuple[Record, ...],
    forgotten: ForgetSet,
    analyzer: Analyzer,
    origin: str = "given",
) -> dict[Split, dict[str, str]]:
    material = Material(forget, (), holdout, origin)
    return subjects(material, forgotten, analyzer, SHARED_AFTER)


def test_a_forgotten_record_is_its_requests(patterns_only: Analyzer) -> None:
    forgotten = forget_set(one=("a", "b"), two=("c",))
    found = whose(records("a", "b", "c"), (), forgotten, patterns_only)
    assert sets(found[Split.FORGET]) == {frozenset("ab"), frozenset("c")}


def test_kept_records_of_a_thread_are_one_persons(patterns_only: Analyzer) -> None:
    kept = (*records("k", "l", group="ticket"), *records("m"))
    material = Material(records("a"), kept, (), "given")
    found = subjects(material, forget_set(one=("a",)), patterns_only, SHARED_AFTER)
    assert sets(found[Split.RETAIN]) == sets(found[Split.NEIGHBOUR]) == {frozenset("kl")}


def test_what_is_kept_of_a_threads_records_is_one_persons(patterns_only: Analyzer) -> None:
    rest = {one.id: one for one in (*records("k", "l", group="ticket"), *records("m"))}
    material = Material(records("a"), (), (), "given", rest)
    found = subjects(material, forget_set(one=("a",)), patterns_only, SHARED_AFTER)
    assert sets(found[Split.REST]) == {frozenset("kl")}


def test_two_requests_with_a_record_or_a_thread_in_common_are_one(patterns_only: Analyzer) -> None:
    forgotten = forget_set(one=("a", "b"), two=("b", "c"), three=("d",), four=("e",))
    loose = records("a", "b", "c")
    found = whose((*loose, *records("d", "e", group="t")), (), forgotten, patterns_only)
    assert sets(found[Split.FORGET]) == {frozenset("abc"), frozenset("de")}


def test_never_seen_records_are_tied_by_thread_and_by_contact(patterns_only: Analyzer) -> None:
    thread = records("a", "b", group="t")
    writes = Record(id="c", text="Write to zoltana@quibble.example.", group="t")
    again = Record(id="d", text="To zoltana@quibble.example: shipped.", group="u")
    other = Record(id="e", text="Nothing else.")
    holdout = (*thread, writes, again, other)
    found = whose((), holdout, forget_set(), patterns_only)
    assert sets(found[Split.HOLDOUT]) == {frozenset("abcd")}
    assert "e" not in found[Split.HOLDOUT]


def test_the_companys_own_address_ties_nobody(patterns_only: Analyzer) -> None:
    people = ("ann", "bea", "cyd", "dot")
    mails = [
        Record(id=one, text=f"From {one}@quibble.example to desk@company.example.")
        for one in people
    ]
    assert sets(together(mails, alike(mails, patterns_only, SHARED_AFTER))) == set()
    assert sets(together(mails, alike(mails, patterns_only, 9))) == {frozenset(people)}


@pytest.mark.parametrize("group", ["", "t"])
def test_a_full_name_ties_records_that_have_no_thread(analyzer: Analyzer, group: str) -> None:
    """In threads it may be anybody's who signs."""
    first = Record(id="a", text="Robert Smith was born in London.", group=group)
    second = Record(id="b", text="Later Robert Smith moved to Paris.", group=group and "u")
    short = Record(id="c", text="Later Robert moved to Rome.")
    other = Record(id="d", text="My friend Robert was born in London.")
    found = alike([first, second, short, other], analyzer, SHARED_AFTER)
    assert found == ([] if group else [["a", "b"]])


def test_decoys_are_nobodys(patterns_only: Analyzer) -> None:
    found = whose((), records("a", group="t"), forget_set(), patterns_only, origin="decoys")
    assert Split.HOLDOUT not in found


def test_a_thread_of_one_record_is_a_person() -> None:
    one = records("a", group="t")
    assert together(one, threads(one)) == {"a": "a"}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4), max_size=6))
def test_two_records_are_one_persons_where_a_chain_of_ties_joins_them(
    ties: list[list[str]],
) -> None:
    found = together(records(*"abcdefgh"), ties)
    assert set(found) == {one for tied in ties for one in tied}
    expected = [set(one) for one in ties]
    for one in "abcdefgh":
        joined = set().union(*(some for some in expected if one in some))
        if joined:
            expected = [some for some in expected if one not in some] + [joined]
    assert sets(found) == {frozenset(one) for one in expected}
    assert all(
        label == min(one for one in found if found[one] == label) for label in found.values()
    )
