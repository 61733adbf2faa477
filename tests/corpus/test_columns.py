"""What is left out of a file is not in its bytes, however its columns are stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.corpus.test_clean import cleaned
from unlearnkit.corpus.columns import standing
from unlearnkit.errors import BadInput

CODED = pa.dictionary(pa.int32(), pa.string())
KINDS = {
    "dictionary": (CODED, lambda word: word),
    "list of dictionary": (pa.list_(CODED), lambda word: [word]),
    "struct of dictionary": (pa.struct([("of", CODED)]), lambda word: {"of": word}),
    "map to dictionary": (pa.map_(pa.string(), CODED), lambda word: [("of", word)]),
    "view": (pa.string_view(), lambda word: word),
    "list of views": (pa.list_(pa.string_view()), lambda word: [word]),
    "plain": (pa.string(), lambda word: word),
}


def table(kind: Any, made: Any) -> Any:
    """Three records; `text` is what is read, `who` a column of this kind."""
    words = ["Zoltana", "second", "third"]
    who = pa.array([made(word) for word in words], kind)
    return pa.table({"id": ["1", "2", "3"], "text": ["ours"] * 3, "who": who})


def write_arrow(rows: Any, path: Path, *, stream: bool) -> None:
    kind = pa.ipc.new_stream if stream else pa.ipc.new_file
    with kind(path, rows.schema) as writer:
        writer.write_table(rows)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("stream", [True, False])
def test_arrow_keeps_nothing_of_a_record_left_out(tmp_path: Path, name: str, stream: bool) -> None:
    rows = table(*KINDS[name])
    write_arrow(rows, tmp_path / "a.arrow", stream=stream)
    kept, clean = cleaned(tmp_path / "a.arrow", {1})
    assert kept == 2
    assert b"Zoltana" not in clean.read_bytes()
    opened = pa.ipc.open_stream if stream else pa.ipc.open_file
    assert opened(clean.read_bytes()).read_all().to_pylist() == rows.to_pylist()[1:]


@pytest.mark.parametrize("name", KINDS)
def test_parquet_keeps_nothing_of_a_record_left_out(tmp_path: Path, name: str) -> None:
    rows = table(*KINDS[name])
    pq.write_table(rows, tmp_path / "a.parquet", compression="NONE")
    kept, clean = cleaned(tmp_path / "a.parquet", {1})
    assert kept == 2
    assert b"Zoltana" not in clean.read_bytes()
    assert pq.read_table(clean).to_pylist() == rows.to_pylist()[1:]


def test_dictionaries_that_differ_from_batch_to_batch_are_one_column(tmp_path: Path) -> None:
    rows = table(*KINDS["dictionary"])
    with pa.ipc.new_stream(tmp_path / "a.arrow", rows.schema) as writer:
        for at in range(3):
            writer.write_table(table(*KINDS["dictionary"]).take([at]))
    assert cleaned(tmp_path / "a.arrow", {1})[0] == 2


def test_other_columns_and_what_is_said_of_them_stay() -> None:
    schema = pa.schema(
        [pa.field("n", pa.int8(), nullable=False, metadata={"unit": "days"})], {"made": "here"}
    )
    assert standing(schema).equals(schema, check_metadata=True)


def runs() -> Any:
    return pa.RunEndEncodedArray.from_arrays(pa.array([1, 3], pa.int32()), pa.array(["a", "b"]))


@pytest.mark.parametrize(
    "who", [runs(), pa.array([["a"], ["b"], ["c"]], pa.list_view(pa.string()))]
)
def test_what_cannot_be_written_without_some_is_refused(tmp_path: Path, who: Any) -> None:
    batch = pa.record_batch([pa.array(["x", "y", "z"]), who], names=["text", "who"])
    with pa.ipc.new_stream(tmp_path / "a.arrow", batch.schema) as writer:
        writer.write_batch(batch)
    with pytest.raises(BadInput, match="malformed Arrow"):
        cleaned(tmp_path / "a.arrow", {1})
    assert list((tmp_path / "clean").glob("*.arrow")) == []
