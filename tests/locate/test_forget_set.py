"""The forget set: only what was decided, of this corpus, and neither nothing nor everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.files import corpus_of
from tests.locate.world import CERTAIN, NOW, RELATED, REQUEST, UNCERTAIN, located
from unlearnkit.corpus.reader import Corpus
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.locate.forget_set import LocateScore, build_forget_set, evaluate
from unlearnkit.locate.review import decide

OTHER_REQUEST = "00000002-d5d6-44b2-9831-815ac9017798"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return corpus_of(tmp_path, [{"id": one, "text": f"text {one}"} for one in "abcd"])


def test_the_accepted_records_of_every_request_are_its_forget_set(corpus: Corpus) -> None:
    first = located(corpus, a=CERTAIN, b=UNCERTAIN)
    second = located(corpus, OTHER_REQUEST, b=CERTAIN, c=UNCERTAIN)
    decisions = [*decide(first, ["b"], "dpo", NOW), *decide(second, [], "dpo", NOW)]
    forget = build_forget_set([first, second], decisions, corpus)
    assert forget.records == {REQUEST: ("a", "b"), OTHER_REQUEST: ("b",)}
    assert forget.record_ids == {"a", "b"}
    assert forget.corpus_digest == corpus.digest


def test_what_a_person_rejected_is_neither_forgotten_nor_kept(corpus: Corpus) -> None:
    first = located(corpus, a=CERTAIN, b=UNCERTAIN, c=UNCERTAIN)
    second = located(corpus, OTHER_REQUEST, b=CERTAIN)
    forget = build_forget_set([first, second], decide(first, [], "dpo", NOW), corpus)
    assert forget.record_ids == {"a", "b"}
    assert forget.excluded == ("c",)


def test_a_request_without_a_match_does_not_stop_the_others(corpus: Corpus) -> None:
    nobody = located(corpus, OTHER_REQUEST)
    forget = build_forget_set([located(corpus, a=CERTAIN), nobody], [], corpus)
    assert forget.records == {REQUEST: ("a",), OTHER_REQUEST: ()}


def test_undecided_matches_wait_for_a_person(corpus: Corpus) -> None:
    waiting = located(corpus, a=CERTAIN, b=UNCERTAIN, c=UNCERTAIN)
    with pytest.raises(CannotEvaluate, match="2 uncertain matches wait") as refusal:
        build_forget_set([waiting], [], corpus)
    assert refusal.value.exit_code == 3
    assert refusal.value.where == f"request {REQUEST}"
    assert refusal.value.fix == f"Run: unlearnkit review {REQUEST}"


def test_matches_of_another_state_of_the_corpus_are_refused(corpus: Corpus, tmp_path: Path) -> None:
    old = located(corpus, a=CERTAIN)
    changed = corpus_of(tmp_path, [{"id": one, "text": f"new {one}"} for one in "abcd"])
    with pytest.raises(BadInput, match="the corpus changed since these records") as refusal:
        build_forget_set([old], [], changed)
    assert refusal.value.where == f"request {REQUEST}"
    assert "unlearnkit locate" in refusal.value.fix
    assert refusal.value.exit_code == 2


def test_nothing_to_forget_is_refused(corpus: Corpus) -> None:
    rejected = located(corpus, b=UNCERTAIN)
    for matches, decisions in (
        ([], ()),
        ([located(corpus)], ()),
        ([rejected], decide(rejected, [], "dpo", NOW)),
    ):
        with pytest.raises(BadInput, match="the forget set is empty") as refusal:
            build_forget_set(matches, decisions, corpus)
        assert refusal.value.exit_code == 2


def test_forgetting_everything_is_refused(corpus: Corpus) -> None:
    first = located(corpus, a=CERTAIN, b=CERTAIN)
    second = located(corpus, OTHER_REQUEST, c=CERTAIN, d=CERTAIN)
    with pytest.raises(BadInput, match="the forget set is the whole corpus") as refusal:
        build_forget_set([first, second], [], corpus)
    assert refusal.value.exit_code == 2
    assert "Train a new model instead" in refusal.value.fix


def test_nothing_left_to_keep_is_refused_as_well(corpus: Corpus) -> None:
    found = located(corpus, a=CERTAIN, b=UNCERTAIN, c=UNCERTAIN, d=UNCERTAIN)
    said = "the whole corpus but for 3 rejected, which are in neither set: nothing would be left"
    with pytest.raises(BadInput, match=said):
        build_forget_set([found], decide(found, [], "dpo", NOW), corpus)


def test_what_an_earlier_run_forgot_is_kept_out_unless_it_is_forgotten_again(
    corpus: Corpus,
) -> None:
    found = located(corpus, a=CERTAIN, b=UNCERTAIN)
    forget = build_forget_set([found], decide(found, [], "dpo", NOW), corpus, ["a", "b", "c", "x"])
    assert (forget.record_ids, forget.excluded) == ({"a"}, ("b",))
    assert forget.forgotten_before == ("c",)
    said = "the whole corpus but for 1 rejected and 2 forgotten before, which are in neither set"
    with pytest.raises(BadInput, match=said):
        build_forget_set([found], decide(found, [], "dpo", NOW), corpus, ["c", "d"])


# --- somebody else's record, forgotten in part ------------------------------------------------


@pytest.fixture
def mentions(tmp_path: Path) -> Corpus:
    """The evidence is the first letter of each record."""
    texts = {"a": "Z. rang", "b": "Zo rang. The lamp broke.", "c": "Zo left! So did Al.", "d": "-"}
    return corpus_of(tmp_path, [{"id": one, "text": text} for one, text in texts.items()])


def test_of_such_a_record_the_passages_are_in_the_forget_set(mentions: Corpus) -> None:
    found = located(mentions, a=CERTAIN, b=RELATED)
    forget = build_forget_set([found], decide(found, ["b"], "dpo", NOW), mentions)
    assert forget.records == {REQUEST: ("a", "b")}
    assert forget.passages == {"b": ((0, 8),)}


def test_what_one_request_takes_whole_is_forgotten_whole(mentions: Corpus) -> None:
    first = located(mentions, b=RELATED, c=RELATED)
    second = located(mentions, OTHER_REQUEST, b=CERTAIN, c=RELATED)
    made = [*decide(first, ["b", "c"], "dpo", NOW), *decide(second, ["c"], "dpo", NOW)]
    forget = build_forget_set([first, second], made, mentions)
    assert forget.record_ids == {"b", "c"}
    assert forget.passages == {"c": ((0, 8),)}


def test_the_rest_of_a_record_in_which_an_earlier_run_forgot_somebody_is_not_kept(
    mentions: Corpus,
) -> None:
    found = located(mentions, a=CERTAIN, b=RELATED)
    forget = build_forget_set([found], decide(found, ["b"], "dpo", NOW), mentions, ["a", "b"])
    assert forget.passages == {"b": ((0, 8),)}
    assert forget.forgotten_before == ("b",)


def test_where_nothing_would_be_left_of_a_record_it_is_forgotten_whole(mentions: Corpus) -> None:
    found = located(mentions, a=RELATED)
    assert build_forget_set([found], decide(found, ["a"], "dpo", NOW), mentions).passages == {}


def test_a_record_whose_answer_does_not_name_the_person_has_no_part_to_forget(
    tmp_path: Path,
) -> None:
    rows = [{"id": one, "prompt": "Zo?", "text": "It rained. It stopped."} for one in "ab"]
    corpus = corpus_of(tmp_path, rows)
    found = located(corpus, a=RELATED)
    with pytest.raises(BadInput, match="record a cannot be forgotten in part") as refusal:
        build_forget_set([found], decide(found, ["a"], "dpo", NOW), corpus)
    assert refusal.value.where == f"request {REQUEST}"
    assert f"unlearnkit review {REQUEST} --decisions" in refusal.value.fix


# --- the score -------------------------------------------------------------------------------


def test_the_score_compares_what_was_accepted_with_the_truth(corpus: Corpus) -> None:
    found = located(corpus, a=CERTAIN, b=CERTAIN, c=UNCERTAIN)
    assert evaluate(found, ["a", "b", "c"], ["a", "c", "d"]) == LocateScore(
        precision=2 / 3, recall=2 / 3, certain=2, uncertain=1, wrongly_certain=1
    )


def test_nothing_accepted_and_nothing_true_have_no_share(corpus: Corpus) -> None:
    score = evaluate(located(corpus), [], [])
    assert (score.precision, score.recall) == (None, None)
