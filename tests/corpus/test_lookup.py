"""Rows by value and by record: what the shards hold, from few of them, and no plain value."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.corpus.files import corpus_of
from unlearnkit.artefacts import load, save
from unlearnkit.corpus import shards
from unlearnkit.corpus.index import INDEX_FILE, LOOKUP, Index, IndexInfo, build_index, open_index
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, PHONE, Analyzer
from unlearnkit.errors import BadInput

KEY = b"k" * 32
TEXTS = [
    f"Mail zolt{number % 7}@quibble.example, C-12345{number % 5}." * (number % 3)
    for number in range(60)
]


@pytest.fixture
def folder(tmp_path: Path, patterns_only: Analyzer, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shards, "TYPICAL", 4)
    rows = [{"id": f"record {at}", "text": text or "Nobody."} for at, text in enumerate(TEXTS)]
    build_index(corpus_of(tmp_path, rows), patterns_only, KEY, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Index:
    return open_index(folder, KEY)


def test_the_rows_of_a_record_and_of_a_value_are_those_of_the_shards(index: Index) -> None:
    rows, found = index.rows((EMAIL, CUSTOMER, PHONE)), index.lookup()
    assert len(index.info.shards) > 5
    assert len({row.hash for row in rows}) == 12
    for hashed in {row.hash for row in rows}:
        assert list(found.with_hash(hashed)) == [row for row in rows if row.hash == hashed]
    for at in range(len(TEXTS)):
        mine = [row for row in rows if row.record_id == f"record {at}"]
        assert list(found.of_record(f"record {at}")) == mine
    assert [*found.with_hash("0" * 32), *found.of_record("record 60")] == []


def test_two_keys_that_are_alike_by_chance_are_told_apart(index: Index) -> None:
    """As if something in every shard had the key of this record."""
    found = index.lookup()
    key = int.from_bytes(sha256(b"record 1").digest()[:8])
    assert key in found.keys
    every = range(len(found.shards))
    keys, numbers = np.full(len(every), key, found.keys.dtype), np.array(every)
    alike = replace(found, keys=keys, numbers=numbers)
    assert list(alike.of_record("record 1")) == index.rows((EMAIL, CUSTOMER))[:2]


def test_only_the_shards_with_a_record_are_read(index: Index) -> None:
    """The others may be gone."""
    found, rows = index.lookup(), index.rows((EMAIL, CUSTOMER))[:2]
    files = [found.folder / name for name in found.shards]
    others = [one for one in files if "record 1" not in record_ids(one)]
    assert len(others) == len(files) - 1
    for one in others:
        one.unlink()
    assert list(found.of_record("record 1")) == rows


def record_ids(shard: Path) -> set[str]:
    return set(pq.read_table(shard)["record_id"].to_pylist())


def test_the_lookup_holds_neither_a_value_nor_an_id(index: Index, folder: Path) -> None:
    content = (folder / LOOKUP / index.info.lookup).read_bytes()
    for row in index.rows((EMAIL, CUSTOMER)):
        for plain in (row.record_id, row.hash, "quibble", "C-12345"):
            assert plain.encode() not in content


def test_an_index_of_an_earlier_version_has_none_and_is_asked_all_the_same(
    index: Index, folder: Path
) -> None:
    (folder / LOOKUP / index.info.lookup).unlink()
    info = load(folder / INDEX_FILE, IndexInfo).model_copy(update={"lookup": ""})
    save(folder / INDEX_FILE, info)
    earlier = open_index(folder, KEY).lookup()
    assert list(earlier.of_record("record 1")) == index.rows((EMAIL, CUSTOMER))[:2]


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_lookup_is_noticed_and_made_anew(
    index: Index, tmp_path: Path, folder: Path, patterns_only: Analyzer, damage: str
) -> None:
    path = folder / LOOKUP / index.info.lookup
    whole = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        flipped = bytes([whole[0] ^ 1]) + whole[1:]
        path.write_bytes(flipped if damage == "flip" else whole[:-1])
    with pytest.raises(BadInput, match="its lookup changed") as refusal:
        open_index(folder, KEY)
    assert refusal.value.fix == "Run: unlearnkit index CORPUS"
    rows = [{"id": f"record {at}", "text": text or "Nobody."} for at, text in enumerate(TEXTS)]
    again = build_index(corpus_of(tmp_path, rows), patterns_only, KEY, folder)
    assert (again.lookup, again.shards) == (index.info.lookup, index.info.shards)
    assert path.read_bytes() == whole


def test_a_corpus_without_any_identifier_has_an_empty_one(
    tmp_path: Path, patterns_only: Analyzer
) -> None:
    build_index(
        corpus_of(tmp_path, [{"id": "1", "text": "Nobody."}]), patterns_only, KEY, tmp_path / "i"
    )
    assert list(open_index(tmp_path / "i", KEY).lookup().of_record("1")) == []
