"""A corpus: every record once, under an id that stays, and nothing lost without a word."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.files import corpus_of, lines, write
from unlearnkit.corpus.conversations import MAX_TEXT_BYTES
from unlearnkit.corpus.digests import digest_records
from unlearnkit.corpus.reader import (
    Fields,
    NothingUsable,
    Quarantined,
    read_corpus,
)
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput

WHOLE = {
    "id": "7",
    "text": "Paris.",
    "prompt": "Where does she live?",
    "group": "chat-1",
    "paraphrase": "In Paris.",
    "perturbed": ["Rome.", "Oslo."],
}


def test_a_file_in_which_no_record_has_a_named_field_is_told(tmp_path: Path) -> None:
    """All files of a call are read by the same names; a chat log may call its fields otherwise."""
    tickets = write(tmp_path / "a.csv", "ticket,text,thread\n1,one,x\n2,two,\n")
    chats = write(tmp_path / "b.jsonl", lines({"id": "c", "text": "three", "group": "x"}))
    both = [tickets, chats]
    corpus = read_corpus(both, Fields(id="ticket", group="thread"))
    assert corpus.absent == {str(chats): ("ticket", "thread")}
    assert read_corpus(both, Fields(id="ticket")).absent == {str(chats): ("ticket",)}
    assert read_corpus(both).absent == {}  # nobody named them: a record may do without


def test_a_record_is_read_with_all_its_fields(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, [WHOLE])
    path = str(tmp_path / "records.jsonl")
    assert corpus.records == (
        Record(
            id="7",
            text="Paris.",
            prompt="Where does she live?",
            group="chat-1",
            source=path,
            line=1,
            paraphrase="In Paris.",
            perturbed=("Rome.", "Oslo."),
        ),
    )
    assert corpus.quarantined == ()
    assert corpus.files == {path: corpus.digest}
    assert corpus.by_id() == {"7": corpus.records[0]}


def test_the_user_s_own_field_names_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "tofu.json", json.dumps([{"question": "Who?", "answer": "She."}]))
    (record,) = read_corpus([path], Fields(text="answer", prompt="question")).records
    assert (record.prompt, record.text) == ("Who?", "She.")


def test_numbers_will_do_as_ids_and_parquet_lists_as_perturbed_texts(tmp_path: Path) -> None:
    table = pa.table({"id": [3], "text": ["a"], "perturbed": [["b", "c"]], "group": [12]})
    pq.write_table(table, tmp_path / "a.parquet")
    (record,) = read_corpus([tmp_path / "a.parquet"]).records
    assert (record.id, record.group, record.perturbed) == ("3", "12", ("b", "c"))


def test_an_empty_cell_is_no_perturbed_text_and_no_id(tmp_path: Path) -> None:
    corpus = read_corpus([write(tmp_path / "a.csv", "id,text,perturbed,group\n,a,,\n")])
    (record,) = corpus.records
    assert (record.perturbed, record.group) == ((), "")
    assert len(record.id) == 16


def test_without_an_id_the_content_names_the_record(tmp_path: Path) -> None:
    texts = ["one", "two", "one"]
    first, second, again = corpus_of(tmp_path, [{"text": text} for text in texts]).records
    assert again.id == f"{first.id}-2"
    moved = corpus_of(tmp_path, [{"text": text} for text in ("new", "two", "one")]).records
    assert [record.id for record in moved[1:]] == [second.id, first.id]


def test_folders_are_read_whole_sorted_and_without_hidden_files(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", lines({"id": "b", "text": "b"}))
    write(tmp_path / "a" / "deep.csv", "id,text\na,a\n")
    write(tmp_path / ".cache" / "old.jsonl", lines({"id": "old", "text": "old"}))
    write(tmp_path / "README.md", "no records")
    corpus = read_corpus([tmp_path])
    assert [record.id for record in corpus.records] == ["a", "b"]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"id": "a", "text": "a"}))
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    assert len(read_corpus([path, tmp_path, link]).records) == 1


def test_a_hidden_folder_s_files_are_read_when_it_is_named(tmp_path: Path) -> None:
    write(tmp_path / ".mine" / "a.jsonl", lines({"text": "a"}))
    assert len(read_corpus([tmp_path / ".mine"]).records) == 1


# --- what is left out, and what stops the reading --------------------------------------------

UNUSABLE: list[tuple[Any, str]] = [
    ({}, "no text"),
    ({"text": None}, "no text"),
    ({"text": " \n"}, "no text"),
    ({"text": 12}, "the text is not a string"),
    ({"text": ["Quibbleworth"]}, "the text is not a string"),
    ({"text": "Quibbleworth \ud83d"}, "half of a UTF-16 pair"),
    ({"text": "a", "prompt": {"Quibbleworth": 1}}, "the prompt is not a string"),
    ({"text": "a", "paraphrase": 1}, "the paraphrase is not a string"),
    ({"text": "a", "perturbed": "Quibbleworth"}, "not a list of strings"),
    ({"text": "a", "perturbed": ["b", 1]}, "not a list of strings"),
    ({"text": "a", "id": 1.5}, "'id' is neither a string nor a whole number"),
    ({"text": "a", "id": True}, "'id' is neither a string nor a whole number"),
    ({"text": "a", "group": ["Quibbleworth"]}, "'group' is neither a string"),
    (["Quibbleworth"], "not a JSON object"),
]


@pytest.mark.parametrize(("row", "why"), UNUSABLE)
def test_an_unusable_record_is_set_aside_with_line_and_reason(
    tmp_path: Path, row: Any, why: str
) -> None:
    content = "\n".join(json.dumps(one) for one in ({"text": "fine"}, row, {"text": "fine, too"}))
    corpus = read_corpus([write(tmp_path / "a.jsonl", content)])
    assert [record.text for record in corpus.records] == ["fine", "fine, too"]
    (left_out,) = corpus.quarantined
    assert (left_out.source, left_out.line) == (str(tmp_path / "a.jsonl"), 2)
    assert why in left_out.reason
    assert "Quibbleworth" not in left_out.reason


def test_invalid_utf_8_is_set_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    content = b'{"text": "fine"}\n{"text": "\xc3\x28"}\n{"text": "fine, too"}\n'
    corpus = read_corpus([write(tmp_path / "a.jsonl", content)])
    assert len(corpus.records) == 2
    assert corpus.quarantined == (
        Quarantined(source=str(tmp_path / "a.jsonl"), line=2, reason="invalid UTF-8"),
    )


def test_ten_megabytes_are_a_record_and_one_byte_more_are_a_mistake(tmp_path: Path) -> None:
    most = "é" * (MAX_TEXT_BYTES // 2)
    corpus = corpus_of(tmp_path, [{"id": "most", "text": most}, {"id": "more", "text": most + "e"}])
    assert [record.id for record in corpus.records] == ["most"]
    (left_out,) = corpus.quarantined
    assert (left_out.line, left_out.reason) == (2, "the text has more than 10 MB")


def test_two_records_with_one_id_are_refused_with_both_lines(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", lines({"text": "x"}, {"id": "7", "text": "a"}))
    second = write(tmp_path / "b.csv", "id,text\n8,b\n7,c\n")
    with pytest.raises(BadInput) as refusal:
        read_corpus([tmp_path])
    error = refusal.value
    assert (error.where, error.line, error.exit_code) == (str(second), 3, 2)
    assert f"the same id as {first}, line 2" in error.what
    assert "leave the id field out" in error.fix


def test_a_missing_file_an_unknown_format_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file or folder") as refusal:
        read_corpus([tmp_path / "none.jsonl"])
    assert refusal.value.where == str(tmp_path / "none.jsonl")
    assert refusal.value.exit_code == 2
    with pytest.raises(BadInput, match="not a corpus format") as refusal:
        read_corpus([write(tmp_path / "a.xlsx", "")])
    known = ".jsonl, .json, .csv, .parquet, .arrow, .ndjson, .tsv, .parq, .pq"
    assert refusal.value.fix == f"Known are: {known}; packed also .gz, .zst."
    with pytest.raises(BadInput, match="the folder holds no"):
        read_corpus([tmp_path])
    with pytest.raises(BadInput, match="no file that it names is a"):
        read_corpus([str(tmp_path / "*.xlsx")])


def test_a_corpus_without_a_usable_record_says_which_field_was_looked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"body": "a"}, {"body": "b"}))
    with pytest.raises(BadInput, match="no usable record in the corpus: 2 were left out") as error:
        read_corpus([path], Fields(text="content"))
    assert "'content'" in error.value.fix
    with pytest.raises(BadInput, match=r"no usable record in the corpus$"):
        read_corpus([write(tmp_path / "b.jsonl", "")])


def test_where_nothing_can_be_used_the_most_frequent_reasons_are_told(tmp_path: Path) -> None:
    odd = [{"id": 1.5, "text": "a"}, {"text": 1}, {"text": ["a"]}, {"messages": 1}, {"messages": 2}]
    rows = [
        {"body": "Quibbleworth"},
        *odd,
        ["no object"],
        {"messages": "[" + "Quibbleworth"},
        {"body": "b"},
    ]
    path = write(tmp_path / "a.jsonl", lines(*rows))
    with pytest.raises(NothingUsable) as refusal:
        read_corpus([path])
    told = refusal.value.what.splitlines()
    assert told[0].endswith("9 were left out")
    assert told[1:4] == [
        f"  2: no text (first: {path}, line 1)",
        f"  2: the text is not a string (first: {path}, line 3)",
        f"  2: the messages are not a list (first: {path}, line 5)",
    ]
    assert len(told) == 6
    assert "Quibbleworth" not in str(refusal.value)
    assert [one.line for one in refusal.value.quarantined] == list(range(1, 10))


def test_a_record_is_never_printed_with_its_text(tmp_path: Path) -> None:
    (record,) = corpus_of(tmp_path, [WHOLE]).records
    assert not any(word in repr(record) for word in ("Paris", "Rome", "live"))


# --- the digest ------------------------------------------------------------------------------

RECORDS = st.lists(
    st.builds(
        Record,
        id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        text=st.text(st.characters(codec="utf-8"), max_size=20),
        group=st.sampled_from(["", "thread"]),
        perturbed=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda record: record.id,
)


@given(RECORDS, st.randoms())
def test_the_digest_does_not_know_the_order(records: list[Record], rng: random.Random) -> None:
    shuffled = list(records)
    rng.shuffle(shuffled)
    assert digest_records(shuffled) == digest_records(records)


@given(RECORDS)
def test_one_record_less_is_another_corpus(records: list[Record]) -> None:
    assert digest_records(records[1:]) != digest_records(records)


@pytest.mark.parametrize("field", sorted(WHOLE))
def test_every_field_is_part_of_the_digest(tmp_path: Path, field: str) -> None:
    before = corpus_of(tmp_path, [WHOLE]).digest
    other = ["other"] if field == "perturbed" else "other"
    assert corpus_of(tmp_path, [WHOLE | {field: other}]).digest != before


def test_the_same_records_in_another_file_are_the_same_corpus(tmp_path: Path) -> None:
    rows = [{"id": str(number), "text": f"text {number}"} for number in range(3)]
    one = corpus_of(tmp_path / "one", rows)
    two = corpus_of(tmp_path / "two", rows[::-1], name="renamed.jsonl")
    assert one.digest == two.digest
    assert one.files != two.files
