"""Four file formats: one record read alike from each, and every fault with its line."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.files import lines, write
from unlearnkit.corpus import formats
from unlearnkit.corpus.formats import (
    INVALID_UTF8,
    NO_SUCH_VALUE,
    NOT_AN_OBJECT,
    READERS,
    TOO_LONG,
    TOO_MANY_COLUMNS,
    Row,
    read_rows,
)
from unlearnkit.corpus.sources import FORMATS, source_of
from unlearnkit.errors import BadInput

SECRET = "Quibbleworth"
ROWS = [
    {"id": "1", "text": 'Zoltana said: "hello", twice'},
    {"id": "2", "text": "Zürich,\nnext line"},
]


def rows(path: Path, *fields: str) -> list[Row]:
    source = source_of(str(path))
    assert source is not None
    return list(read_rows(source, ("text", "messages"), ("id", *fields)))


def as_csv(table: list[dict[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, table[0])
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def as_parquet(**columns: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue().to_pybytes())


def as_arrow(table: Any, kind: Any = pa.ipc.new_stream) -> bytes:
    sink = pa.BufferOutputStream()
    with kind(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)
    return bytes(sink.getvalue().to_pybytes())


COLUMNS = {"id": ["1", "2"], "text": [row["text"] for row in ROWS]}
WRITTEN = {
    "a.jsonl": lines(*ROWS),
    "a.json": json.dumps(ROWS, indent=1),
    "a.csv": as_csv(ROWS),
    "a.parquet": as_parquet(**COLUMNS),
    "a.arrow": as_arrow(pa.table(COLUMNS)),
    "file.arrow": as_arrow(pa.table(COLUMNS), pa.ipc.new_file),
}


def packed(content: str | bytes, packing: str) -> bytes:
    data = content if isinstance(content, bytes) else content.encode()
    return bytes(pa.compress(data, codec=packing, asbytes=True))


@pytest.mark.parametrize("name", WRITTEN)
def test_the_same_records_are_read_from_every_format(tmp_path: Path, name: str) -> None:
    found = rows(write(tmp_path / name, WRITTEN[name]))
    assert [row.value for row in found] == ROWS


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(("suffix", "packing"), [(".gz", "gzip"), (".zst", "zstd")])
def test_packed_files_hold_the_same_records_on_the_same_lines(
    tmp_path: Path, name: str, suffix: str, packing: str
) -> None:
    plain = rows(write(tmp_path / name, WRITTEN[name]))
    assert rows(write(tmp_path / f"{name}{suffix}", packed(WRITTEN[name], packing))) == plain


def test_every_format_has_a_reader() -> None:
    assert tuple(READERS) == FORMATS


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_record(tmp_path: Path, name: str) -> None:
    content = WRITTEN[name]
    assert isinstance(content, str)
    found = rows(write(tmp_path / name, b"\xef\xbb\xbf" + content.encode()))
    assert [row.value for row in found] == ROWS


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_any_text_survives_json_lines_line_by_line(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    found = rows(write(path, lines(*({"text": text} for text in texts))))
    assert [row.value for row in found] == [{"text": text} for text in texts]
    assert [row.line for row in found] == list(range(1, len(texts) + 1))


def test_blank_lines_count_and_hold_no_record(tmp_path: Path) -> None:
    found = rows(write(tmp_path / "a.jsonl", '\n{"text": "a"}\r\n  \n{"text": "b"}'))
    assert [(row.line, row.value) for row in found] == [(2, {"text": "a"}), (4, {"text": "b"})]


def test_the_line_of_a_csv_row_is_the_one_it_ends_on_blank_lines_or_not(tmp_path: Path) -> None:
    found = rows(write(tmp_path / "a.csv", 'text\n"two\nlines"\nb\n\n\nc\n'))
    assert [row.line for row in found] == [3, 4, 7]


def test_rows_that_are_no_objects_are_told_apart(tmp_path: Path) -> None:
    for name, content in (("a.jsonl", '{}\n[1]\n"x"\n'), ("a.json", '[{}, [1], "x"]')):
        found = rows(write(tmp_path / name, content))
        assert [row.value for row in found] == [{}, NOT_AN_OBJECT, NOT_AN_OBJECT]
        assert [row.line for row in found] == [1, 2, 3]


def test_invalid_utf_8_costs_its_own_row_only(tmp_path: Path) -> None:
    broken = pa.array([b"good", b"b\xffd", b"good"], pa.binary()).view(pa.string())
    files: list[tuple[str, str | bytes, int]] = [
        ("a.csv", b"text\ngood\nb\xffd\ngood\n", 2),
        ("a.parquet", as_parquet(text=broken), 1),
    ]
    for name, content, first in files:
        found = rows(write(tmp_path / name, content))
        assert [row.value for row in found] == [{"text": "good"}, INVALID_UTF8, {"text": "good"}]
        assert found[1].line == first + 1


def test_an_emoji_in_a_csv_is_no_fault(tmp_path: Path) -> None:
    found = rows(write(tmp_path / "a.csv", "text\nhi 🦊\n"))
    assert [row.value for row in found] == [{"text": "hi 🦊"}]


def test_columns_of_parquet_that_nobody_asked_for_are_never_read(tmp_path: Path) -> None:
    odd = pa.array([10**14], pa.timestamp("s"))  # beyond what Python can hold
    found = rows(write(tmp_path / "a.parquet", as_parquet(text=["a"], seen=odd)))
    assert [row.value for row in found] == [{"text": "a"}]


def test_an_id_that_python_cannot_hold_costs_its_own_row_only(tmp_path: Path) -> None:
    times = pa.array([10**14, 0], pa.timestamp("s"))  # the first in the year 3170843
    found = rows(write(tmp_path / "a.parquet", as_parquet(text=["a", "b"], id=times)))
    assert found[0].value == NO_SUCH_VALUE
    assert found[1].value == {"text": "b", "id": datetime(1970, 1, 1)}


def test_a_column_of_messages_will_do_instead_of_texts(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    (found,) = rows(write(tmp_path / "a.parquet", as_parquet(messages=[turns])))
    assert found.value == {"messages": turns}
    (found,) = rows(write(tmp_path / "a.csv", as_csv([{"messages": json.dumps(turns)}])))
    assert found.value == {"messages": json.dumps(turns)}


def test_a_wide_parquet_file_is_read_across_its_batches(tmp_path: Path) -> None:
    content = as_parquet(text=[str(number) for number in range(2500)], when=[datetime.min] * 2500)
    found = rows(write(tmp_path / "a.parquet", content))
    assert [row.value for row in found] == [{"text": str(number)} for number in range(2500)]
    assert [row.line for row in found] == list(range(1, 2501))


TWICE = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])


def twice_in_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(TWICE, sink)
    return bytes(sink.getvalue().to_pybytes())


def damaged_parquet() -> bytes:
    content = bytearray(as_parquet(text=[f"hello {number}" for number in range(3000)]))
    content[100:400] = bytes(300)
    return bytes(content)


BROKEN: list[tuple[str, str | bytes, int | None, str]] = [
    ("f.json", '[\n{"text": "Quibbleworth"},\n{"text": "b"\n', 4, "malformed JSON"),
    ("g.json", "", 1, "malformed JSON"),
    ("h.json", '{"text": "Quibbleworth"}', 1, "not a JSON array of records"),
    ("i.json", b'[\n{"text": "Quibbleworth"},\n{"text": "\xff"}]', 3, INVALID_UTF8),
    ("j.csv", "", 1, "no column 'text' or 'messages'"),
    ("k.csv", "body\nQuibbleworth\n", 1, "no column 'text'"),
    ("l.csv", "text,text\nQuibbleworth,b\n", 1, "two columns are called 'text'"),
    ("n.csv", 'text\nok\n"Quibbleworth\n', 3, "malformed CSV"),
    ("o.csv", 'text\nok\n"Quibbleworth" x\n', 3, "malformed CSV"),
    ("p.csv", 'text\nok\n"never closed\nQuibbleworth\n" x\n', 3, "malformed CSV"),
    ("q.csv", '"text" x\nQuibbleworth\n', 1, "malformed CSV"),
    ("r.parquet", "", None, "malformed Parquet"),
    ("s.parquet", "text\nQuibbleworth\n", None, "malformed Parquet"),
    ("t.parquet", as_parquet(text=["Quibbleworth"])[:-20], None, "malformed Parquet"),
    ("u.parquet", damaged_parquet(), None, "malformed Parquet"),
    ("v.parquet", as_parquet(body=["Quibbleworth"]), None, "no column 'text' or 'messages'"),
    ("w.parquet", twice_in_parquet(), None, "two columns are called 'text'"),
    ("x.arrow", "", None, "malformed Arrow"),
    ("x.arrow", SECRET * 100, None, "malformed Arrow"),
    ("y.arrow", as_arrow(pa.table({"text": [SECRET] * 9}))[:-300], None, "malformed Arrow"),
    ("z.arrow", as_arrow(pa.table({"body": [SECRET]})), None, "no column 'text' or 'messages'"),
    ("cut.jsonl.gz", packed(lines({"text": SECRET * 50}), "gzip")[:-9], None, "cannot read"),
    ("cut.csv.zst", packed(f"text\n{SECRET * 50}\n", "zstd")[:-3], None, "cannot read"),
    ("not.jsonl.gz", lines({"text": SECRET}), None, "cannot read"),
    ("not.parquet.zst", lines({"text": SECRET}), None, "cannot read"),
]


@pytest.mark.parametrize(("name", "content", "line", "why"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_refused_with_its_line_and_without_its_data(
    tmp_path: Path, name: str, content: str | bytes, line: int | None, why: str
) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(BadInput) as refusal:
        rows(path)
    error = refusal.value
    assert (error.where, error.line) == (str(path), line)
    assert why in str(error)
    assert SECRET not in str(error) + error.fix
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "ticket_id;body;thread\nT1;Quibbleworth;x\n"),
        ("a.parquet", as_parquet(ticket_id=["T1"], body=[SECRET], thread=["x"])),
    ],
)
def test_of_a_file_with_other_columns_they_are_named_and_the_option(
    tmp_path: Path, name: str, content: str | bytes
) -> None:
    with pytest.raises(BadInput, match="there are: ticket_id") as refusal:
        rows(write(tmp_path / name, content))
    assert "--text-field COLUMN" in refusal.value.fix
    assert "fields: in unlearnkit.yaml" in refusal.value.fix


def test_of_many_columns_a_dozen_is_named(tmp_path: Path) -> None:
    header = ",".join(f"c{at}" for at in range(1, 31))
    with pytest.raises(BadInput, match=r"there are: c1, .*, c12 and 18 more"):
        rows(write(tmp_path / "a.csv", f"{header}\n"))


@pytest.mark.parametrize("first", ["Zoltana Quibbleworth wrote", "T1,z@quibbleworth.example", "7"])
def test_a_first_line_that_is_a_record_is_not_repeated(tmp_path: Path, first: str) -> None:
    with pytest.raises(BadInput, match="does not look like columns' names") as refusal:
        rows(write(tmp_path / "a.csv", f"{first}\n"))
    assert "uibbleworth" not in str(refusal.value) + refusal.value.fix


def test_a_text_with_a_comma_that_was_not_quoted_costs_its_own_row_only(tmp_path: Path) -> None:
    found = rows(write(tmp_path / "a.csv", "text\na\nb, c\nd\n"))
    assert [row.value for row in found] == [{"text": "a"}, TOO_MANY_COLUMNS, {"text": "d"}]
    assert found[1].line == 3


@pytest.mark.parametrize("delimiter", ";\t")
def test_a_spreadsheet_s_other_delimiters_are_read_too(tmp_path: Path, delimiter: str) -> None:
    content = f'id{delimiter}text\r\n1{delimiter}"one{delimiter}\r\ntwo, three"\r\n'
    (row,) = rows(write(tmp_path / "a.csv", content))
    assert row.value == {"id": "1", "text": f"one{delimiter}\r\ntwo, three"}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_refused_by_that_name(tmp_path: Path, name: str, codec: str) -> None:
    path = write(tmp_path / name, f"\ufefftext\n{SECRET}\n".encode(codec))
    with pytest.raises(BadInput, match="UTF-16") as refusal:
        rows(path)
    assert refusal.value.where == str(path)
    assert "UTF-8" in refusal.value.fix


BROKEN_LINES = [
    ('{"text": "Quibbleworth"', "malformed JSON: Expecting ',' delimiter (column 24)"),
    ('{"text": "Quibbleworth', "malformed JSON: Unterminated string starting at (column 10)"),
    ("Quibbleworth", "malformed JSON: Expecting value (column 1)"),
    ("[" * 200_000, "malformed JSON: nested too deeply"),
    ('{"id": ' + "9" * 5000 + "}", "malformed JSON: a number too long"),
]


@pytest.mark.parametrize(("broken", "why"), BROKEN_LINES, ids=range(len(BROKEN_LINES)))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_is_no_json_costs_itself_only(
    tmp_path: Path, broken: str, why: str, end: str
) -> None:
    content = end.join(['{"text": "a"}', broken, "", '{"text": "b"}', broken])
    found = rows(write(tmp_path / "a.jsonl", content))
    assert [row.line for row in found] == [1, 2, 4, 5]
    assert [row.value for row in found] == [{"text": "a"}, why, {"text": "b"}, why]


@pytest.mark.parametrize("end", ["\n", ""])
def test_a_line_too_long_to_be_held_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(formats, "MAX_LINE_BYTES", 20)
    most = json.dumps({"text": "x" * 7})
    assert len(most) == 19
    for length in (19, 20, 21, 40, 41, 42, 43, 100):
        long = json.dumps({"text": "x" * (length - 12)})
        content = f'{{"text": "a"}}\n{long}\n{most}{end}'
        found = rows(write(tmp_path / "a.jsonl", content))
        middle = {"text": "x" * (length - 12)} if length <= 19 else TOO_LONG
        assert [row.value for row in found] == [{"text": "a"}, middle, {"text": "x" * 7}], length
        assert [row.line for row in found] == [1, 2, 3]


@pytest.mark.parametrize("suffix", READERS)
def test_a_folder_with_a_file_s_name_cannot_be_read(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / f"a{suffix}"
    folder.mkdir()
    with pytest.raises(BadInput) as refusal:
        rows(folder)
    assert refusal.value.where == str(folder)
