"""The index in plain: for looking into a detection, beside an index that stays as it is."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.corpus.files import corpus_of
from unlearnkit.corpus.index import INDEX_FILE, Index, build_index, open_index
from unlearnkit.corpus.nlp import EMAIL, Analyzer
from unlearnkit.corpus.plain_index import PLAIN_FILE, remove_plain_index, write_plain_index
from unlearnkit.corpus.reader import Corpus

KEY = b"k" * 32
ROWS = [
    {"id": "1", "text": "Write to r.smith@quibble.example or call (212) 555-0142."},
    {"id": "2", "text": "Nobody."},
    {"id": "3", "text": "R.Smith@quibble.example ħ, C-123456."},
]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return corpus_of(tmp_path / "corpus", ROWS)


@pytest.fixture
def index(tmp_path: Path, corpus: Corpus, patterns_only: Analyzer) -> Index:
    build_index(corpus, patterns_only, KEY, tmp_path / "index")
    return open_index(tmp_path / "index", KEY)


def test_it_has_every_row_of_the_index_with_the_text_it_stands_for(
    index: Index, corpus: Corpus
) -> None:
    rows = pq.read_table(write_plain_index(index, corpus.records)).to_pylist()
    contents = {one.id: one.content for one in corpus.records}
    assert [(one["record_id"], one["start"], one["hash"]) for one in rows] == index.query(
        "SELECT record_id, start, hash FROM entities"
    )
    assert {"r.smith@quibble.example", "(212) 555-0142"} < {one["value"] for one in rows}
    assert all(
        one["value"] == contents[one["record_id"]][one["start"] : one["end"]] for one in rows
    )


def test_nobody_else_may_read_it(index: Index, corpus: Corpus) -> None:
    assert write_plain_index(index, corpus.records).stat().st_mode & 0o777 == 0o600


def test_the_index_stays_what_it_is_and_the_file_goes_at_a_word(
    index: Index, corpus: Corpus
) -> None:
    before = (index.folder / INDEX_FILE).read_bytes()
    path = write_plain_index(index, corpus.records)
    assert path == index.folder / PLAIN_FILE
    assert (index.folder / INDEX_FILE).read_bytes() == before
    assert open_index(index.folder, KEY).info == index.info
    assert b"r.smith" in path.read_bytes()
    remove_plain_index(index.folder)
    assert not path.exists()
    remove_plain_index(index.folder)


def test_of_records_in_which_nothing_was_found_it_is_empty(
    tmp_path: Path, patterns_only: Analyzer
) -> None:
    corpus = corpus_of(tmp_path / "quiet", [{"id": "1", "text": "Nobody."}])
    build_index(corpus, patterns_only, KEY, tmp_path / "index")
    index = open_index(tmp_path / "index", KEY)
    assert not index.rows([EMAIL])
    assert pq.read_table(write_plain_index(index, corpus.records)).num_rows == 0
