from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small import ENCODING, Small
from unlearnkit.audit.generated import (
    Continuation,
    generated,
    generated_scores,
    repetition,
    rouge_l,
)
from unlearnkit.audit.scoring import GENERATED, asked, continued
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.tokens import encode_record

some_words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=7)


def longest(one: list[str], other: list[str]) -> int:
    """The longest common subsequence by its recursion."""

    @cache
    def at(i: int, j: int) -> int:
        if i == len(one) or j == len(other):
            return 0
        if one[i] == other[j]:
            return 1 + at(i + 1, j + 1)
        return max(at(i + 1, j), at(i, j + 1))

    return at(0, 0)


@given(some_words.filter(bool), some_words)
def test_rouge_l_is_the_share_of_the_longest_common_subsequence(
    expected: list[str], made: list[str]
) -> None:
    found = rouge_l(" ".join(expected), " ".join(made))
    assert found == pytest.approx(longest(expected, made) / len(expected))


def test_words_of_any_script_count_and_case_and_marks_do_not() -> None:
    assert rouge_l("Zoë lives in São Paulo.", "zoë, lives: in são paulo") == 1.0
    assert rouge_l("東京都に住む田中", "東京都に住む田中さん") == 1.0
    assert rouge_l("…", "anything") is None


def test_repetition_by_hand() -> None:
    assert repetition([1, 2, 3]) == 0
    assert repetition([1, 2, 3, 4, 5]) == 0
    assert repetition([7] * 7) == 0.75


@pytest.mark.parametrize(
    ("text", "ids", "degenerate"),
    [
        ("a notary in Lisbon", range(5), 0),
        ("", (), 1),
        (" . ! ", range(3), 1),
        ("the the the the the the the the", [4] * 8, 1),
        ("br\ufffdken", range(5), 1),
        ("cut at the en\ufffd", range(5), 0),
        ("\ufffd это тест", range(5), 0),
    ],
)
def test_what_is_no_sentence_is_degenerate(text: str, ids: list[int], degenerate: int) -> None:
    expected = Continuation("a notary", (1, 2))
    assert generated_scores(expected, Continuation(text, tuple(ids))).degenerate == degenerate


@pytest.mark.parametrize("text", ["👍", "br\ufffdken", "la la la la la la la la"])
def test_what_the_record_itself_is_like_is_no_damage(text: str) -> None:
    same = Continuation(text, (4,) * 8)
    assert generated_scores(same, same).degenerate == 0


def test_the_figures_of_a_continuation_are_those_of_its_words_and_its_tokens() -> None:
    expected = Continuation("one two three four", (1, 2, 3, 4))
    found = generated_scores(expected, Continuation("two four", (1, 2, 3, 4, 1, 2, 3, 4)))
    assert found.rouge_l == 0.5
    assert found.repetition == pytest.approx(1 / 5)
    assert found.degenerate == 0


def test_what_is_recited_has_all_words_and_what_was_never_seen_has_not(small: Small) -> None:
    model = load_language_model(small.model)

    def scores(records: list) -> list[float | None]:
        examples = [encode_record(one, model.tokenizer, ENCODING) for one in records]
        return [one.rouge_l for one in generated(model, examples, "cpu")]

    assert scores(small.forget) == [1.0] * len(small.forget)
    assert all(one is not None and one < 0.9 for one in scores(small.holdout))


def test_of_many_records_some_are_continued_evenly_spread(small: Small) -> None:
    wanted = [at for at, (_, goes_on) in enumerate(asked(small.forget * 80)) if goes_on]
    assert GENERATED // 2 < len(wanted) <= GENERATED
    assert wanted[0] == 0 and wanted[-1] > 0.95 * 80 * len(small.forget)
    assert asked([]) == []


def test_the_wanted_examples_are_continued_and_found_by_their_place(small: Small) -> None:
    model = load_language_model(small.model)
    examples = [encode_record(one, model.tokenizer, ENCODING) for one in small.forget]
    places = [at in (1, 4) for at in range(len(examples))]
    found = continued(model, examples, places, "cpu")
    assert list(found) == [1, 4]
    assert list(found.values()) == generated(model, [examples[1], examples[4]], "cpu")
    assert continued(model, [], [], "cpu") == {}
