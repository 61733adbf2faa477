"""What a match's evidence says, in bits, from the corpus's own frequencies."""

from __future__ import annotations

from math import isclose, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.locate.conftest import Build
from tests.locate.world import EMAIL, NAME
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.hits import WEIGHTS, Hit
from unlearnkit.locate.odds import ASSUMED, Rarity, rarity

FREQUENT, RARE = "Maria Garcia", "Ngozi Brandvold"
NAMES = st.lists(st.frozensets(st.integers(0, 30).map(str)), min_size=1, max_size=3)


def hit(kind: IdentifierKind, how: str) -> Hit:
    return Hit(kind, how, 0, 1, "test")


WHOLE = hit(IdentifierKind.NAME, "exact")
PART = hit(IdentifierKind.NAME, "partial")
BORN = hit(IdentifierKind.DATE_OF_BIRTH, "exact")
MAIL = hit(IdentifierKind.EMAIL, "exact")
LOOSE = [how for how in WEIGHTS if how not in ("exact", "normalised", "hashed", "record")]


def test_a_frequent_name_says_less_than_a_rare_one(world: Build) -> None:
    texts = ["Maria Lopez called.", "Maria Holt wrote.", "Pedro Garcia wrote.", "Ana Garcia came."]
    found = world(*texts * 5, f"{FREQUENT} asked.", f"{RARE} asked.")
    scores = {}
    for name in (FREQUENT, RARE):
        [match] = [
            one
            for one in found.find(Identifier(IdentifierKind.NAME, name)).values()
            if one.evidence[0].how == "exact"
        ]
        scores[name] = match.score
    # 10 of 22 records have Maria without Garcia, 10 Garcia without Maria: five would have both.
    assert isclose(scores[FREQUENT], -log2(22 * (11 / 24) ** 2))
    # Neither word of the rare name stands without the other: a twenty-sixth of a record.
    assert isclose(scores[RARE], -log2(22 * (1 / 24) ** 2))
    assert scores[FREQUENT] < 0 < scores[RARE]


def test_the_odds_are_of_records_that_others_would_have_by_chance() -> None:
    """One name in a thousand records by its first word, one in a hundred by its last."""
    rare = Rarity(records=100_000, whole_name=1 / 1000 * 1 / 100)
    assert isclose(rare.log_odds([WHOLE]), 0, abs_tol=1e-12)
    assert isclose(Rarity(records=1000, whole_name=1e-6).log_odds([WHOLE]), log2(1000))


def test_a_date_of_birth_beside_the_name_adds_what_it_says_by_itself() -> None:
    found = Rarity(1000, 1e-4, 0.1, {IdentifierKind.DATE_OF_BIRTH: 1 / 64})
    assert isclose(found.log_odds([WHOLE, BORN]), found.log_odds([WHOLE]) + 6)


def test_of_one_kind_only_the_rarest_evidence_counts() -> None:
    found = Rarity(1000, 1e-4, 0.1)
    assert found.log_odds([PART, WHOLE, WHOLE]) == found.log_odds([WHOLE])


def test_an_identifier_says_more_than_any_name(world: Build) -> None:
    found = world(f"{RARE} asked.", f"from {EMAIL.value}").find(
        EMAIL, Identifier(IdentifierKind.NAME, RARE)
    )
    assert found["2"].score > found["1"].score + 20


def test_a_thread_says_less_the_more_records_it_holds(world: Build) -> None:
    others = [f"Nothing {at}." for at in range(40)]
    small = world(("from zoltana@quibble.example", "t1"), ("Yes, please.", "t1"), *others)
    assert isclose(small.find(EMAIL)["2"].score, -log2(42 * 2 / 44))


def test_where_only_hashes_are_there_a_word_is_taken_to_be_frequent() -> None:
    assert isclose(Rarity(1000).log_odds([WHOLE]), log2(1000), rel_tol=1e-9)
    assert isclose(Rarity(1000).log_odds([PART]), 0, abs_tol=1e-9)


def test_a_subject_without_a_plain_name_has_odds_as_well(world: Build) -> None:
    assert world(f"from {EMAIL.value}").find(EMAIL)["1"].score == -log2(ASSUMED["identifier"])


@pytest.mark.parametrize("how", LOOSE)
def test_looser_evidence_says_less_than_the_whole_name(how: str) -> None:
    found = Rarity(1000, 1e-9, 1e-3)
    name = hit(IdentifierKind.NAME, how)
    assert found.log_odds([name]) < found.log_odds([WHOLE])


@given(st.integers(1, 10**7), NAMES, st.lists(st.sampled_from([WHOLE, PART, BORN, MAIL])))
def test_more_evidence_never_says_less(
    records: int, words: list[frozenset[str]], hits: list[Hit]
) -> None:
    found = rarity(records + 31, [words], {"1": hits})
    for more in (WHOLE, PART, BORN, MAIL):
        assert found.log_odds([*hits, more]) >= found.log_odds(hits) - 1e-9


@given(NAMES, st.integers(0, 2), st.integers(31, 60).map(str))
def test_one_more_record_with_a_word_makes_the_name_say_less(
    words: list[frozenset[str]], at: int, record: str
) -> None:
    fuller = [held | {record} if n == at % len(words) else held for n, held in enumerate(words)]
    before, after = (rarity(1000, [some], {}).whole_name for some in (words, fuller))
    assert after > before


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_of_several_names_the_most_frequent_counts(names: list[list[frozenset[str]]]) -> None:
    every = rarity(100, names, {})
    single = [rarity(100, [one], {}) for one in names]
    assert every.whole_name == max(one.whole_name for one in single)
    assert every.part_of_name == max(one.part_of_name for one in single)


def test_the_name_of_the_tests_is_rare(world: Build) -> None:
    """As a record by itself says it: two words that stand nowhere else."""
    assert isclose(world("Zoltana Quibbleworth").find(NAME)["1"].score, -log2((1 / 3) ** 2))
