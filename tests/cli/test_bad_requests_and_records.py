"""Requests and records that cannot be used: said with file and line, and nothing changed."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.refusal import jsonl, refused
from tests.company import Line, Story, events_of, unlearnkit

GOOD_ROW = "gdpr,zoltana@quibble.example\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", '{\n"regulation": "gdpr",,\n}', "line 2: not valid JSON"),
        ("a.json", '[\n{"regulation": "gdpr"}\n]', "line 2: subject_request_id"),
        ("a.jsonl", '{"regulation": "gdpr", "email": "a@b.example"}\n{"regul', "line 2: not valid"),
        ("a.csv", f"regulation,email\n{GOOD_ROW}gdpr,a@b.example,c\n", "line 3: 3 cells"),
        ("a.csv", f"regulation,email\n{GOOD_ROW}gdpr,\n", "line 3: no identifier"),
        ("a.csv", f'regulation,email\n{GOOD_ROW}gdpr,"a@b', "line 3: not valid CSV"),
        ("a.csv", f"regulation,email\n{GOOD_ROW}lgpd,a@b.example\n", "line 3: regulation"),
        ("a.csv", "", "line 1: there is no column 'regulation'"),
        ("a.xlsx", "x", "requests are read from .json (OpenDSR), .jsonl and .csv files"),
    ],
)
def test_a_broken_request_file_adds_no_request(
    new: Path, tmp_path: Path, name: str, content: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    said = refused(new, "request", "import", tmp_path / name)
    assert f"{tmp_path / name}" in said.stderr
    assert told in said.stderr


def test_a_good_file_beside_a_broken_one_is_not_taken_either(
    new: Path, story: Story, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("regulation,email\ngdpr,\n")
    refused(new, "request", "import", story.files.requests[0], broken)


def test_the_same_request_twice_is_said_and_added_once(new: Path, story: Story) -> None:
    arguments = ("request", "import", story.files.requests[0], "--workspace", new)
    assert "added, due" in unlearnkit(*arguments).stdout
    again = unlearnkit(*arguments)
    assert again.exit_code == 0
    assert "already there; due" in again.stdout
    assert [one.kind for one in events_of(new)] == [
        *("request_added", "identity_verified"),
    ]


def test_the_same_id_with_another_person_is_refused(
    new: Path, story: Story, tmp_path: Path
) -> None:
    unlearnkit("request", "import", story.files.requests[0], "--workspace", new)
    other = json.loads(story.files.requests[0].read_text(encoding="utf-8"))
    other["extensions"]["unlearnkit"]["names"] = ["Zoltana Quibble"]
    (tmp_path / "other.json").write_text(json.dumps(other))
    said = refused(new, "request", "import", tmp_path / "other.json")
    assert "already in the ledger, with other content" in said.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("locate", "00000000"),
        ("review", "00000000"),
        ("request", "show", "00000000"),
        ("request", "reject", "00000000", "--reason", "identity not verified"),
    ],
    ids=" ".join,
)
def test_an_unknown_request_is_refused(ready: Path, command: tuple[str, ...]) -> None:
    said = refused(ready, *command)
    assert "no request has this id" in said.stderr
    assert "unlearnkit request list" in said.stderr


def test_an_unknown_state_is_refused_with_those_there_are(ready: Path) -> None:
    said = refused(ready, "request", "list", "--state", "forgotten")
    assert "received, in_review, ready, unlearned, completed, rejected" in said.stderr


def test_a_review_sheet_that_does_not_fit_is_refused_with_its_line(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    request_id, sheet = next(iter(line.story.truth)), tmp_path / "sheet.csv"
    sheet.write_text("record_id,decision\nno-such-record,accept\n")
    said = refused(ready, "review", request_id, "--decisions", sheet)
    assert f"{sheet}, line 2: this record is no match of the request" in said.stderr


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", b'[{"text": "one"},\n{"text": \n', ", line 3: malformed JSON"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "one"}', mtime=0)[:-9], ": cannot read: Truncated"),
        ("a.json", b'{"text": "one"}', ", line 1: not a JSON array of records"),
        ("a.csv", b'text,group\none,a\n"two,b\n', ", line 3: malformed CSV"),
        ("a.csv", b"words\none\n", ", line 1: no column 'text'"),
        ("a.parquet", b"PAR1 and no more", ": malformed Parquet"),
        ("a.txt", b"one", ": not a corpus format"),
        ("a.jsonl", b"", ": there is no usable record in the corpus"),
        ("a.jsonl", b'{"id": "x", "text": "one"}\n{"id": "x", "text": "two"}\n', "line 2"),
    ],
)
def test_a_broken_corpus_leaves_the_old_index(
    ready: Path, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = refused(ready, "index", tmp_path / name)
    assert str(tmp_path / name) in said.stderr
    assert told in said.stderr


def test_a_parquet_file_without_text_is_refused(ready: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"words": ["one"]}), tmp_path / "a.parquet")
    assert "no column 'text'" in refused(ready, "index", tmp_path / "a.parquet").stderr


def test_records_that_cannot_be_used_are_left_out_and_said(new: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "records.jsonl"
    corpus.write_bytes(
        b'{"text": "Zoltana Quibble wrote from Oslo."}\n'
        b'{"text": "  "}\n'
        b'{"text": "' + b"x" * 10_000_001 + b'"}\n'
        b'{"text": "\xff\xfe"}\n'
        b'["no", "object"]\n'
        b'{"text": "no end\n'
    )
    said = unlearnkit("index", corpus, "--workspace", new)
    assert said.exit_code == 0
    assert "1 record indexed" in said.stdout
    assert "5 records were left out" in said.stderr
    listed = new / "index" / "quarantine.jsonl"
    assert str(listed) in said.stderr
    left_out = [json.loads(one) for one in listed.read_text(encoding="utf-8").splitlines()]
    reasons = ("no text", "MB", "invalid UTF-8", "not a JSON", "malformed JSON")
    for one, line, reason in zip(left_out, range(2, 7), reasons, strict=True):
        assert (one["source"], one["line"]) == (str(corpus), line)
        assert reason in one["reason"]
        assert f"1: {one['reason']}" in said.stderr
    assert "Zoltana" not in said.stdout + said.stderr
    as_json = unlearnkit("index", corpus, "--json", "--workspace", new)
    assert list(as_json.json["quarantined"].values()) == [1] * 5


def test_the_fields_can_be_named_where_the_corpus_is(new: Path, tmp_path: Path) -> None:
    row = {"body": "Zoltana Quibble wrote.", "ticket": "T1", "number": 7}
    corpus = jsonl(tmp_path / "records.jsonl", row)
    fields = ("--text-field", "body", "--id-field", "number", "--group-field", "ticket")
    said = unlearnkit("index", corpus, *fields, "--workspace", new, "--json")
    kept = said.json["fields"]
    assert (kept["text"], kept["id"], kept["group"]) == ("body", "number", "ticket")
    assert kept["messages"] == "messages"
    said = unlearnkit("index", corpus, "--workspace", new)
    assert (said.exit_code, said.stderr.count("no usable record")) == (2, 1)


def test_where_no_record_can_be_used_each_is_listed_and_the_old_index_stands(
    ready: Path, tmp_path: Path
) -> None:
    corpus = jsonl(tmp_path / "records.jsonl", {"body": "Zoltana"}, {"text": " "}, {"txt": "x"})
    index, listed = ready / "index" / "index.json", ready / "index" / "quarantine.jsonl"
    before = index.read_bytes(), events_of(ready)
    said = unlearnkit("index", corpus, "--workspace", ready)
    assert said.exit_code == 2
    assert f"3: no text (first: {corpus}, line 1)" in said.stderr
    assert str(listed) in said.stderr
    told = [json.loads(one) for one in listed.read_text(encoding="utf-8").splitlines()]
    assert [(one["source"], one["line"]) for one in told] == [(str(corpus), at) for at in (1, 2, 3)]
    assert (index.read_bytes(), events_of(ready)) == before


def moved_corpus(line: Line, workspace: Path, folder: Path) -> Path:
    """The same records in another file, which may be changed, and the index told so."""
    corpus = folder / "records.jsonl"
    shutil.copy(line.story.files.records, corpus)
    assert unlearnkit("index", corpus, "--workspace", workspace).exit_code == 0
    return corpus


def test_a_corpus_that_changed_since_it_was_indexed_is_not_used(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    corpus = moved_corpus(line, ready, tmp_path)
    with corpus.open("a", encoding="utf-8") as file:
        file.write('{"text": "one more"}\n')
    for command in (("locate",), line.story.unlearn(tmp_path / "out", ready)[:-8]):
        said = refused(ready, *command)
        assert str(corpus) in said.stderr
        assert "unlearnkit index" in said.stderr
    assert not (tmp_path / "out").exists()


def test_matches_of_another_state_of_the_corpus_are_not_unlearned(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    more = jsonl(tmp_path / "more.jsonl", {"text": "one more"})
    files = (line.story.files.records, more)
    assert unlearnkit("index", *files, "--workspace", ready).exit_code == 0
    said = refused(ready, *line.story.unlearn(tmp_path / "out", ready)[:4], "--out", tmp_path / "o")
    assert "the corpus changed since these records were located" in said.stderr
    assert "then unlearnkit locate" in said.stderr


def test_a_run_is_not_audited_on_other_records(line: Line, finished: Path, tmp_path: Path) -> None:
    corpus = moved_corpus(line, finished, tmp_path)
    content = corpus.read_text(encoding="utf-8")
    corpus.write_text(content.partition("\n")[2], encoding="utf-8")
    assert str(corpus) in refused(finished, "audit", line.model).stderr
    assert unlearnkit("index", corpus, "--workspace", finished).exit_code == 0
    said = refused(finished, "audit", line.model)
    assert f"the corpus changed since {line.run_id} was made" in said.stderr
