"""What a person decided: the last word counts, and a file of decisions is read line by line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.corpus.files import corpus_of, write
from tests.locate.world import CERTAIN, NOW, RELATED, REQUEST, UNCERTAIN, located
from unlearnkit.domain import Decision, Located
from unlearnkit.errors import BadInput
from unlearnkit.locate.review import (
    accepted_in_part,
    apply_decisions,
    decide,
    latest,
    offered_again,
    pending,
    read_decisions,
    write_decisions,
)

OTHER_REQUEST = "00000002-d5d6-44b2-9831-815ac9017798"


@pytest.fixture
def found(tmp_path: Path) -> Located:
    """Two certain records and two uncertain ones."""
    corpus = corpus_of(tmp_path, [{"id": one, "text": f"text {one}"} for one in "abcd"])
    return located(corpus, a=CERTAIN, b=UNCERTAIN, c=CERTAIN, d=UNCERTAIN)


@pytest.fixture
def mentioned(tmp_path: Path) -> Located:
    """A certain record, and two of somebody else that name the person."""
    corpus = corpus_of(tmp_path, [{"id": one, "text": f"text {one}"} for one in "abc"])
    return located(corpus, a=CERTAIN, b=RELATED, c=RELATED)


def decision(
    record_id: str, accepted: bool, request_id: str = REQUEST, *, in_part: bool = False
) -> Decision:
    return Decision(
        request_id=request_id,
        record_id=record_id,
        accepted=accepted,
        in_part=in_part,
        by="dpo",
        at=NOW,
    )


def test_what_is_uncertain_waits_until_it_is_decided(found: Located) -> None:
    assert [match.record_id for match in pending(found, [])] == ["b", "d"]
    assert [match.record_id for match in pending(found, [decision("b", False)])] == ["d"]
    assert pending(found, [decision("b", False), decision("d", True)]) == ()


def test_all_but_the_untouched_certain_ones_can_be_offered_again(found: Located) -> None:
    assert [one.record_id for one in offered_again(found, [])] == ["b", "d"]
    made = [decision("b", True), decision("c", False), decision("b", False)]
    assert [one.record_id for one in offered_again(found, made)] == ["b", "c", "d"]
    assert latest(found, made) == {"b": "reject", "c": "reject"}


def test_another_request_s_decisions_do_not_count(found: Located) -> None:
    others = [decision("b", True, OTHER_REQUEST), decision("a", False, OTHER_REQUEST)]
    assert len(pending(found, others)) == 2
    assert apply_decisions(found, others) == ("a", "c")


def test_accepted_are_the_certain_ones_and_those_a_person_accepted(found: Located) -> None:
    assert apply_decisions(found, []) == ("a", "c")
    assert apply_decisions(found, [decision("d", True), decision("b", False)]) == ("a", "c", "d")


def test_a_person_may_reject_a_certain_match(found: Located) -> None:
    assert apply_decisions(found, [decision("a", False)]) == ("c",)


def test_the_last_decision_counts(found: Located) -> None:
    changed = [decision("b", True), decision("b", False), decision("d", False), decision("d", True)]
    assert apply_decisions(found, changed) == ("a", "c", "d")


def test_everything_uncertain_is_decided_at_once(found: Located) -> None:
    decisions = decide(found, ["d", "a", "elsewhere"], "policy", NOW)
    assert [(one.record_id, one.accepted, one.by) for one in decisions] == [
        ("b", False, "policy"),
        ("d", True, "policy"),
    ]
    assert pending(found, decisions) == ()


def test_somebody_else_s_record_waits_too_and_is_never_forgotten_by_itself(
    mentioned: Located,
) -> None:
    assert [match.record_id for match in pending(mentioned, [])] == ["b", "c"]
    assert apply_decisions(mentioned, []) == ("a",)


def test_it_may_be_forgotten_in_part_whole_or_not_at_all(mentioned: Located) -> None:
    made = [decision("b", True, in_part=True), decision("c", True)]
    assert apply_decisions(mentioned, made) == ("a", "b", "c")
    assert accepted_in_part(mentioned, made) == ("b",)
    later = [*made, decision("b", False)]
    assert apply_decisions(mentioned, later) == ("a", "c")
    assert accepted_in_part(mentioned, later) == ()


def test_decided_at_once_it_is_forgotten_in_part(mentioned: Located) -> None:
    made = decide(mentioned, ["b"], "policy", NOW)
    assert [(one.record_id, one.accepted, one.in_part) for one in made] == [
        ("b", True, True),
        ("c", False, False),
    ]


def test_a_person_may_take_a_certain_match_in_part(found: Located) -> None:
    assert accepted_in_part(found, [decision("a", True, in_part=True)]) == ("a",)


# --- as a file -------------------------------------------------------------------------------


def test_the_file_to_fill_in_holds_the_uncertain_matches_and_what_was_decided(
    found: Located, tmp_path: Path
) -> None:
    path = tmp_path / "review.csv"
    write_decisions(path, found, [decision("b", True), decision("a", False)])
    assert path.read_text(encoding="utf-8").splitlines() == [
        "record_id,decision,note,request",
        f"a,reject,The subject's full name,{REQUEST}",
        f"b,accept,The subject's full name,{REQUEST}",
        f"d,,The subject's full name,{REQUEST}",
    ]


def test_what_was_written_is_read_back(found: Located, tmp_path: Path) -> None:
    decisions = (decision("a", False), decision("b", True))
    write_decisions(tmp_path / "review.csv", found, decisions)
    assert read_decisions(tmp_path / "review.csv", found, "dpo", NOW) == decisions


def test_a_folder_that_is_not_there_is_not_made(found: Located, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        write_decisions(tmp_path / "reveiw" / "a.csv", found, ())
    assert not (tmp_path / "reveiw").exists()


def test_the_file_suggests_spans_for_somebody_else_s_record_and_decides_nothing(
    mentioned: Located, tmp_path: Path
) -> None:
    path = tmp_path / "review.csv"
    made = (decision("b", True, in_part=True),)
    write_decisions(path, mentioned, made)
    assert path.read_text(encoding="utf-8").splitlines()[1:] == [
        f"b,spans,The subject's full name (suggested: spans),{REQUEST}",
        f"c,,The subject's full name (suggested: spans),{REQUEST}",
    ]
    assert read_decisions(path, mentioned, "dpo", NOW) == made


@pytest.mark.parametrize("answer", ["", "reject"])
def test_a_row_of_another_request_is_refused_decided_or_not(
    found: Located, tmp_path: Path, answer: str
) -> None:
    """The records' ids fit where both persons are in them: the answer is about the other one."""
    rows = ["record_id,decision,request", f"d,accept,{REQUEST}", f"b,{answer},{OTHER_REQUEST}"]
    path = write(tmp_path / "review.csv", "\n".join(rows))
    with pytest.raises(BadInput, match="another request's") as refusal:
        read_decisions(path, found, "dpo", NOW)
    assert (refusal.value.line, refusal.value.where) == (3, str(path))
    assert REQUEST in refusal.value.fix


def test_a_row_need_not_name_its_request(found: Located, tmp_path: Path) -> None:
    """As one that a person added about a certain match, or that an earlier version wrote."""
    path = write(tmp_path / "review.csv", "record_id,decision,request\na,reject,\nb,accept\n")
    assert len(read_decisions(path, found, "dpo", NOW)) == 2


def test_a_spreadsheet_s_way_of_writing_is_understood(found: Located, tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfnote,decision,record_id\r\nyes it is, Accept , b\r\n,,d\r\n"
    path = write(tmp_path / "review.csv", content)
    assert read_decisions(path, found, "dpo", NOW) == (decision("b", True),)


@pytest.mark.parametrize("delimiter", ";\t")
def test_a_spreadsheet_s_other_delimiters_are_understood(
    found: Located, tmp_path: Path, delimiter: str
) -> None:
    content = "record_id,decision,note\r\nb,accept,\r\n".replace(",", delimiter)
    path = write(tmp_path / "review.csv", content)
    assert read_decisions(path, found, "dpo", NOW) == (decision("b", True),)


def test_no_spreadsheet_computes_what_a_record_calls_itself(tmp_path: Path) -> None:
    """Ids come from the records; and of two that differ by an apostrophe each stays itself."""
    ids = ['=HYPERLINK("http://evil.example";"b")', "+1", "-1", "@SUM(A1)", "'+1", "b"]
    corpus = corpus_of(tmp_path, [{"id": one, "text": f"text {one}"} for one in ids])
    found = located(corpus, **dict.fromkeys(ids, UNCERTAIN))
    path = tmp_path / "review.csv"
    made = tuple(decision(one, one != "+1") for one in ids)
    write_decisions(path, found, made)
    with path.open(encoding="utf-8", newline="") as file:
        cells = [row["record_id"] for row in csv.DictReader(file)]
    assert [one[0] for one in cells] == ["'"] * 5 + ["b"]
    assert read_decisions(path, found, "dpo", NOW) == made


def test_an_id_that_was_typed_as_it_is_is_known_too(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, [{"id": "-1", "text": "text"}])
    found = located(corpus, **{"-1": UNCERTAIN})
    path = write(tmp_path / "review.csv", "record_id,decision\n-1,accept\n")
    assert read_decisions(path, found, "dpo", NOW) == (decision("-1", True),)


REFUSED: list[tuple[str | bytes, int | None, str]] = [
    ("", 1, "the header lacks record_id or decision"),
    ("record_id,verdict\nb,accept\n", 1, "the header lacks record_id or decision"),
    ("record_id,decision,decision\nb,accept,reject\n", 1, "two columns are called 'decision'"),
    ("record_id,decision\nb,accept\nQuibbleworth,accept\n", 3, "no match of the request"),
    ("record_id,decision\n\nb,Quibbleworth\n", 3, "none of 'accept', 'spans' and 'reject'"),
    ("record_id,decision\nb,accept\nb,reject\n", 3, "this record was decided above"),
    ('record_id,decision\nb,"accept\n', 2, "malformed CSV"),
    ('record_id,decision\nb,accept\n"d" ,accept\n', 3, "malformed CSV"),
    (b"record_id,decision\nb,\xff\n", 2, "not valid UTF-8"),
    ("\ufeffrecord_id\tdecision\n".encode("utf-16-le"), None, "UTF-16"),
]


@pytest.mark.parametrize(("content", "line", "why"), REFUSED)
def test_a_file_that_cannot_be_taken_is_refused_with_its_line(
    found: Located, tmp_path: Path, content: str | bytes, line: int | None, why: str
) -> None:
    path = write(tmp_path / "review.csv", content)
    with pytest.raises(BadInput) as refusal:
        read_decisions(path, found, "dpo", NOW)
    error = refusal.value
    assert (error.where, error.line, error.exit_code) == (str(path), line, 2)
    assert why in error.what
    assert "Quibbleworth" not in str(error)


def test_a_missing_file_and_a_folder_are_refused(found: Located, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        read_decisions(tmp_path / "none.csv", found, "dpo", NOW)
    with pytest.raises(BadInput, match="cannot read"):
        read_decisions(tmp_path, found, "dpo", NOW)
