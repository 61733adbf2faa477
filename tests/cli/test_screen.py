"""Screening new records: the person was erased, and is found all the same."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.refusal import refused
from tests.company import Line, events_of, opened, unlearnkit
from tests.forgotten import NUMBER, SPELLINGS, ZOLTANA, forgotten, jsonl, ready
from unlearnkit.domain import RequestState
from unlearnkit.errors import BadInput
from unlearnkit.locate.do_not_train import of_request
from unlearnkit.workspace import Workspace


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that screening may use, and nothing else changes."""
    return forgotten(tmp_path_factory.mktemp("forgotten"))


CLEAN = ("The lamp is broken.", "C-110011 wants a refund, carl@other.example")
BACK = "Zoltana@Quibble.example writes again"


# --- the person is found, and the answer says so ------------------------------------------------


def test_somebody_who_was_erased_is_found_by_hash_alone(shared: Path, tmp_path: Path) -> None:
    with (
        opened(shared) as context,
        pytest.raises(BadInput, match="no longer in the vault"),
    ):
        [request] = context.ledger.requests()
        context.ledger.subject(request.id, context.workspace.vault_key)
    corpus = jsonl(tmp_path / "new.jsonl", [*CLEAN, {"id": "ticket-7", "text": BACK}])
    said = unlearnkit("screen", corpus, "--json", "--workspace", shared)
    assert said.exit_code == 1
    assert (said.json["outcome"], said.json["people"], said.json["records"]) == ("fail", 1, 3)
    [finding] = said.json["findings"]
    assert (finding["record_id"], finding["line"], finding["sureness"]) == (
        "ticket-7",
        3,
        "certain",
    )


def test_a_number_that_only_the_persons_records_held_is_on_the_list(
    shared: Path, tmp_path: Path
) -> None:
    corpus = jsonl(tmp_path / "new.jsonl", [*CLEAN, f"{NUMBER} asks for a new lamp"])
    assert unlearnkit("screen", corpus, "--workspace", shared).exit_code == 1


def test_records_without_anybody_pass(shared: Path, tmp_path: Path) -> None:
    said = unlearnkit("screen", jsonl(tmp_path / "new.jsonl", CLEAN), "--workspace", shared)
    assert said.exit_code == 0
    assert "CLEAN" in said.stdout
    assert "1 person on the do-not-train list: 0 certain, 0 possible" in said.stdout


def test_a_name_alone_fails_only_when_it_is_strict(shared: Path, tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "new.jsonl", [*CLEAN, "spoke with Zoltana Quibbleworth"])
    said = unlearnkit("screen", corpus, "--workspace", shared)
    assert said.exit_code == 0
    assert "possible" in said.stdout
    assert unlearnkit("screen", corpus, "--strict", "--workspace", shared).exit_code == 1


def test_records_that_cannot_be_read_are_told_and_no_pass_when_it_is_strict(
    shared: Path, tmp_path: Path
) -> None:
    corpus = jsonl(tmp_path / "new.jsonl", [*CLEAN, {"text": 7}])
    said = unlearnkit("screen", corpus, "--workspace", shared)
    assert said.exit_code == 0
    assert "1 record could not be read, and was not screened" in said.stderr
    assert unlearnkit("screen", corpus, "--strict", "--workspace", shared).exit_code == 3


def test_files_that_were_not_read_are_named(shared: Path, tmp_path: Path) -> None:
    jsonl(tmp_path / "new" / "part-1.jsonl", CLEAN)
    jsonl(tmp_path / "new" / "part-2.txt", [BACK])
    said = unlearnkit("screen", tmp_path / "new", "--json", "--workspace", shared)
    assert said.exit_code == 0
    assert [Path(one).name for one in said.json["passed_over"]] == ["part-2.txt"]
    assert "not read" in said.stderr
    assert "part-2.txt" in said.stderr
    (tmp_path / "new" / "part-2.txt").rename(tmp_path / "new" / "part-2.NDJSON")
    assert unlearnkit("screen", tmp_path / "new", "--workspace", shared).exit_code == 1


def test_every_source_is_read(shared: Path, tmp_path: Path) -> None:
    one = jsonl(tmp_path / "a" / "new.jsonl", CLEAN)
    jsonl(tmp_path / "b" / "new.jsonl", [BACK])
    said = unlearnkit("screen", one, tmp_path / "b", "--json", "--workspace", shared)
    assert [Path(found["source"]).parent.name for found in said.json["findings"]] == ["b"]


def test_the_fields_may_be_called_otherwise(shared: Path, tmp_path: Path) -> None:
    rows = [
        {"body": BACK, "nr": 1, "chat": "x"},
        {"body": "Well?", "nr": 2, "chat": "x"},
        {"body": "Else", "nr": 3, "chat": "y"},
    ]
    corpus = jsonl(tmp_path / "new.jsonl", rows)
    fields = ("--text-field", "body", "--id-field", "nr", "--group-field", "chat")
    said = unlearnkit("screen", corpus, *fields, "--json", "--workspace", shared)
    assert [found["record_id"] for found in said.json["findings"]] == ["1", "2"]


def test_the_answer_is_the_same_with_several_processes(shared: Path, tmp_path: Path) -> None:
    texts = [f"note {at} about C-{at:06d}" for at in range(2100)]
    corpus = jsonl(tmp_path / "new.jsonl", [*texts, BACK])
    said = [
        unlearnkit("screen", corpus, "--workers", str(count), "--json", "--workspace", shared)
        for count in (1, 2)
    ]
    assert said[0].json == said[1].json
    assert said[0].exit_code == 1


# --- who cannot be looked for -------------------------------------------------------------------


def test_before_anybody_was_forgotten_there_is_nothing_to_look_for(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "work").root
    corpus = jsonl(tmp_path / "new.jsonl", [BACK])
    said = unlearnkit("screen", corpus, "--workspace", workspace)
    assert said.exit_code == 0
    assert "Nobody was forgotten in this workspace yet" in said.stderr


def test_a_request_that_was_completed_without_a_list_is_no_pass(tmp_path: Path) -> None:
    workspace = ready(tmp_path)
    with opened(workspace) as context:
        [request] = context.ledger.requests()
        context.ledger.set_state(request.id, RequestState.COMPLETED, "an earlier version")
    corpus = jsonl(tmp_path / "new.jsonl", CLEAN)
    said = unlearnkit("screen", corpus, "--json", "--workspace", workspace)
    assert said.exit_code == 3
    assert said.json["unlisted"] == [request.id]


def test_a_list_that_an_earlier_version_made_is_told(tmp_path: Path) -> None:
    """It had no line that says how it is made."""
    workspace = ready(tmp_path)
    with opened(workspace) as context:
        [request] = context.ledger.requests()
        key, regions = context.workspace.pseudonym_key, context.workspace.config.nlp.regions
        context.ledger.set_state(
            request.id,
            RequestState.COMPLETED,
            "an earlier version",
            forgotten=of_request(request.id, ZOLTANA, key, regions),
        )
    corpus = jsonl(tmp_path / "new.jsonl", CLEAN)
    said = unlearnkit("screen", corpus, "--workspace", workspace)
    assert said.exit_code == 0
    assert "Listed by an earlier version: 1 request. Who asked" in said.stderr
    assert request.id[:8] in said.stderr
    strict = unlearnkit("screen", corpus, "--strict", "--json", "--workspace", workspace)
    assert strict.exit_code == 3
    assert strict.json["earlier"] == [request.id]


def test_a_list_of_today_is_not(shared: Path, tmp_path: Path) -> None:
    said = unlearnkit("screen", jsonl(tmp_path / "new.jsonl", CLEAN), "--workspace", shared)
    assert "earlier version" not in said.stderr


def test_a_list_from_which_a_line_was_taken_is_no_answer(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    workspace = forgotten(tmp_path)
    with closing(sqlite3.connect(workspace / "ledger.db")) as raw:
        raw.execute("DELETE FROM do_not_train WHERE kind = 'email'")
        raw.commit()
    corpus = jsonl(tmp_path / "new.jsonl", [BACK])
    assert unlearnkit("screen", corpus, "--workspace", workspace).exit_code == 4


# --- nothing says who it was --------------------------------------------------------------------


def test_no_file_and_no_output_says_who_was_forgotten(tmp_path: Path) -> None:
    workspace = forgotten(tmp_path)
    corpus = jsonl(tmp_path / "new.jsonl", [*CLEAN, BACK, f"{NUMBER} too"])
    said = unlearnkit("screen", corpus, "--workspace", workspace)
    assert said.exit_code == 1
    written = [path.read_bytes() for path in workspace.rglob("*") if path.is_file()]
    shards = [pq.read_table(one).to_pylist() for one in workspace.rglob("*.parquet")]
    everything = [*written, repr(shards).encode(), said.stdout.encode(), said.stderr.encode()]
    assert len(written) > 5
    for word in SPELLINGS:
        for encoding in ("utf-8", "utf-16-le"):
            needle = word.encode(encoding)
            assert not any(needle in content.lower() for content in everything), word


def test_the_whole_line_lists_everybody_it_completes(line: Line, tmp_path: Path) -> None:
    """And finds their own records again, and nobody's who stayed."""
    workspace = line.copy(tmp_path / "work")
    said = unlearnkit("screen", line.story.files.records, "--json", "--workspace", workspace)
    assert said.exit_code == 1
    assert said.json["people"] == len(line.story.truth)
    assert said.json["unlisted"] == []
    certain = {one["record_id"] for one in said.json["findings"] if one["sureness"] == "certain"}
    truth = {one for ids in line.story.truth.values() for one in ids}
    assert certain <= truth
    assert len(certain) > len(truth) / 2
    assert events_of(workspace)[-1].kind == "screened"


# --- the corpus without them --------------------------------------------------------------------


def test_what_is_written_is_clean_and_adds_up(shared: Path, tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "new.jsonl", [*CLEAN, BACK, {"text": 7}, "Zoltana Quibbleworth"])
    given = corpus.read_bytes()
    clean = tmp_path / "clean"
    said = unlearnkit("screen", corpus, "--write-clean", clean, "--json", "--workspace", shared)
    assert said.exit_code == 1
    [file] = said.json["written"]
    assert (file["kept"], file["removed"], file["quarantined"]) == (3, 1, 1)
    lines = given.splitlines(keepends=True)
    assert Path(file["file"]).read_bytes() == b"".join([*lines[:2], lines[4]])
    assert corpus.read_bytes() == given
    assert unlearnkit("screen", clean, "--workspace", shared).exit_code == 0
    assert unlearnkit("screen", clean, "--strict", "--workspace", shared).exit_code == 1
    strict = ("--strict", "--write-clean", clean)
    assert unlearnkit("screen", corpus, *strict, "--workspace", shared).exit_code == 1
    assert unlearnkit("screen", clean, "--strict", "--workspace", shared).exit_code == 0


def test_every_format_is_written_as_it_was(shared: Path, tmp_path: Path) -> None:
    data, clean = tmp_path / "data", tmp_path / "clean"
    data.mkdir()
    (data / "b.json").write_text(json.dumps([{"text": one} for one in ("b", BACK)]))
    with (data / "c.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["text", "stars"], ["c\nand\nc", "5"], [BACK, "1"]])
    pq.write_table(pa.table({"text": ["d", BACK], "stars": [5, 1]}), data / "d.parquet")
    with gzip.open(data / "e.jsonl.gz", "wt") as packed:
        packed.write("".join(json.dumps({"text": one}) + "\n" for one in ("e", BACK)))
    said = unlearnkit("screen", data, "--write-clean", clean, "--json", "--workspace", shared)
    assert [one["kept"] for one in said.json["written"]] == [1, 1, 1, 1]
    assert [one["removed"] for one in said.json["written"]] == [1, 1, 1, 1]
    assert json.loads((clean / "b.json").read_text()) == [{"text": "b"}]
    with (clean / "c.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["text", "stars"], ["c\nand\nc", "5"]]
    assert pq.read_table(clean / "d.parquet").to_pylist() == [{"text": "d", "stars": 5}]
    with gzip.open(clean / "e.jsonl.gz", "rt") as packed:
        assert [json.loads(one) for one in packed] == [{"text": "e"}]
    assert unlearnkit("screen", clean, "--workspace", shared).exit_code == 0


@pytest.mark.parametrize("clean", [".", "clean"])
def test_the_corpus_that_is_read_is_never_written_to(
    shared: Path, tmp_path: Path, clean: str
) -> None:
    data = tmp_path / "data"
    given = jsonl(data / "new.jsonl", [*CLEAN, BACK]).read_bytes()
    said = unlearnkit("screen", data, "--write-clean", data / clean, "--workspace", shared)
    assert said.exit_code == 2
    assert (data / "new.jsonl").read_bytes() == given
    assert list(data.iterdir()) == [data / "new.jsonl"]


@pytest.mark.parametrize(
    ("place", "why"),
    [("work/keys", "the workspace's own"), ("records.jsonl", "this is a file")],
)
def test_a_clean_corpus_that_cannot_lie_there_is_refused_before_anything_is_read(
    new: Path, tmp_path: Path, place: str, why: str
) -> None:
    records = jsonl(tmp_path / "records.jsonl", CLEAN)
    said = refused(new, "screen", records, "--write-clean", tmp_path / place)
    assert why in said.stderr
    assert "indexing" not in said.stderr
