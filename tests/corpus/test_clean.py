"""A corpus without some of its records: what stays is as it was, and nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearnkit.corpus.clean import plan, write_clean
from unlearnkit.corpus.reader import Fields, read_corpus
from unlearnkit.corpus.sources import source_of
from unlearnkit.errors import BadInput


def cleaned(path: Path, lines: Collection[int]) -> tuple[int, Path]:
    """How many records stay without those on these lines, and where they are."""
    [copy] = plan([path], path.parent / "clean")
    return write_clean(copy, lines), copy.target


def test_lines_stay_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    first, last = b'{"text":  "\\u00e9"}\r\n', b'{"b": 1.0, "text": "z"}'
    path.write_bytes(b"\xef\xbb\xbf" + first + b"\n" + b'{"text": "gone"}\n' + last)
    count, target = cleaned(path, {3})
    assert count == 2
    assert target.read_bytes() == b"\xef\xbb\xbf" + first + b"\n" + last


@pytest.mark.parametrize(
    ("name", "head"), [("a.jsonl", b""), ("a.csv", b"text,n\r\n"), ("a.csv.gz", b"text,n\r\n")]
)
def test_the_byte_order_mark_and_blank_lines_are_no_record_s(
    tmp_path: Path, name: str, head: bytes
) -> None:
    """They stay whichever record goes, the first and the last too."""
    row = b'{"text": "%s"}\r\n' if "json" in name else b"%s,1\r\n"
    gone, kept, also = (row % one for one in (b"gone", b"kept", b"also"))
    start, blank = b"\xef\xbb\xbf" + head, b"\r\n"
    content = start + gone + blank + kept + blank + blank + gone.replace(b"gone", b"gone2") + also
    count, target = cleaned(packed(tmp_path / name, content), {1, 6} if not head else {2, 7})
    assert count == 2
    assert unpacked(target) == start + blank + kept + blank + blank + also


ODD = (
    '{"text": "a", "n": 1.0, "big": 1e400, "long": 3.14159265358979323846, "k": 1, "k": 2}',
    '{ "text":"\u00fc \\u00fc", "cut": "\\ud800", "empty": [ ] , "not": NaN}',
    '{"text": "],[", "deep": {"list": [1, [2, {"a": "]"}]]}}',
)
"""Whose own text says more than what Python makes of it."""


@pytest.mark.parametrize("gone", [{1}, {2}, {3}, {1, 3}, {2, 3}, {1, 2, 3}, set[int]()])
@pytest.mark.parametrize(
    "layout", ["[{}, {}, {}]", "\ufeff[\r\n  {},\r\n  {},\r\n  {}\r\n]\r\n", "[{},{}\t,\n\n{}]"]
)
def test_elements_of_an_array_stay_as_they_stand(
    tmp_path: Path, layout: str, gone: set[int]
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(layout.format(*ODD).encode())
    count, target = cleaned(path, gone)
    stay = [one for at, one in enumerate(ODD, start=1) if at not in gone]
    text = target.read_bytes().decode()
    assert count == len(stay)
    assert [one for one in ODD if one in text] == stay
    assert (text.startswith("\ufeff"), text.endswith("\r\n")) == (("\r" in layout),) * 2
    assert len(json.loads(text.removeprefix("\ufeff"))) == len(stay)
    assert gone or target.read_bytes() == path.read_bytes()


def test_an_array_without_records_stays_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[\n]\n")
    assert cleaned(path, ())[1].read_text() == "[\n]\n"


def test_rows_of_csv_stay_as_they_stand_however_many_lines_they_have(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,text\r\n1,"two\r\nlines ""here"""\r\n\r\n2,"gone\r\ngone"\r\n3,plain\r\n')
    lines = {one.id: one.line for one in read_corpus([path]).records}
    count, target = cleaned(path, {lines["2"]})
    assert count == 2
    assert target.read_bytes() == b'id,text\r\n1,"two\r\nlines ""here"""\r\n\r\n3,plain\r\n'


def test_rows_of_csv_end_where_their_own_delimiter_says(tmp_path: Path) -> None:
    """By commas the line break would end a row: the quote would stand inside a cell."""
    path = tmp_path / "a.csv"
    path.write_bytes(b'id;body\r\n1;"two\r\nlines"\r\n2;"gone\r\ngone"\r\n3;"a, b"\r\n')
    fields = Fields(text="body")
    lines = {one.id: one.line for one in read_corpus([path], fields).records}
    [copy] = plan([path], tmp_path / "clean")
    assert write_clean(copy, {lines["2"]}, fields) == 2
    assert copy.target.read_bytes() == b'id;body\r\n1;"two\r\nlines"\r\n3;"a, b"\r\n'


def test_parquet_keeps_schema_metadata_packing_and_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    schema = pa.schema([("text", pa.large_string()), ("n", pa.int8())], metadata={"k": "v"})
    table = pa.table({"text": ["a", "b", "c", "d"], "n": [1, None, 3, 4]}, schema=schema)
    pq.write_table(table, path, compression="zstd", row_group_size=2)
    count, target = cleaned(path, {2, 3})
    read = pq.ParquetFile(target)
    assert count == 2
    assert read.read().to_pylist() == [{"text": "a", "n": 1}, {"text": "d", "n": 4}]
    assert read.schema_arrow.equals(schema, check_metadata=True)
    assert read.metadata.num_row_groups == 2
    assert read.metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "jsonl.gz", "csv.zst"])
@settings(max_examples=20)
@given(data=st.data())
def test_what_stays_reads_the_same_and_counts_add_up(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("clean")
    text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
    texts = data.draw(st.lists(text.filter(str.strip), min_size=1, max_size=6))
    path = write(folder / f"a.{suffix}", texts)
    records = read_corpus([path]).records
    gone = data.draw(st.sets(st.sampled_from([one.line for one in records])))
    count, target = cleaned(path, gone)
    stay = [one.text for one in records if one.line not in gone]
    assert count == len(stay)
    assert [one.text for one in read_corpus([target]).records] == stay if stay else True


def write(path: Path, texts: list[str]) -> Path:
    import csv
    import io

    rows = [{"text": one} for one in texts]
    buffer = io.StringIO(newline="")
    if ".jsonl" in path.name:
        buffer.write("".join(json.dumps(row) + "\n" for row in rows))
    elif ".json" in path.name:
        json.dump(rows, buffer)
    else:
        table = csv.DictWriter(buffer, ["text"])
        table.writeheader()
        table.writerows(rows)
    return packed(path, buffer.getvalue().encode())


def packed(path: Path, content: bytes) -> Path:
    """Write the content, packed as the file's name says."""
    if packing := {".gz": "gzip", ".zst": "zstd"}.get(path.suffix):
        with pa.CompressedOutputStream(str(path), packing) as file:
            file.write(content)
    else:
        path.write_bytes(content)
    return path


def unpacked(path: Path) -> bytes:
    source = source_of(str(path))
    assert source is not None
    with source.open() as file:
        return file.read()


# --- where it is written ------------------------------------------------------------------------


def some(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"text": "a"}\n')
    return path


def test_files_of_one_name_keep_apart_by_their_folders(tmp_path: Path) -> None:
    one, other = some(tmp_path / "in" / "a" / "x.jsonl"), some(tmp_path / "in" / "b" / "x.jsonl")
    copies = plan([one, other], tmp_path / "out")
    assert [copy.target for copy in copies] == [
        tmp_path / "out" / "a" / "x.jsonl",
        tmp_path / "out" / "b" / "x.jsonl",
    ]
    assert [copy.target for copy in plan([one], tmp_path / "out")] == [tmp_path / "out" / "x.jsonl"]


def test_a_url_goes_below_the_folder_too(tmp_path: Path) -> None:
    import fsspec

    with fsspec.open("memory://bucket/../deep/x.jsonl", "wt") as file:
        file.write('{"text": "a"}\n')
    [copy] = plan(["memory://bucket/../deep/x.jsonl"], tmp_path / "out")
    assert copy.target == tmp_path / "out" / "x.jsonl"
    assert write_clean(copy, ()) == 1
    assert copy.target.read_text() == '{"text": "a"}\n'


@pytest.mark.parametrize("folder", ["in", "in/a", "in/a/deeper", "link"])
def test_no_file_that_is_read_is_written_over_or_joined_by_another(
    tmp_path: Path, folder: str
) -> None:
    some(tmp_path / "in" / "a" / "x.jsonl")
    some(tmp_path / "in" / "b" / "y.jsonl")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(BadInput, match=r"written over|read together"):
        plan([tmp_path / "in"], tmp_path / folder)


def test_one_file_is_not_written_over_itself(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="written over"):
        plan([some(tmp_path / "x.jsonl")], tmp_path)


def test_a_folder_with_other_records_is_refused(tmp_path: Path) -> None:
    """They were not screened, and who trains on the folder trains on them."""
    one = some(tmp_path / "in" / "x.jsonl")
    some(tmp_path / "out" / "old.jsonl")
    with pytest.raises(BadInput, match="not from this corpus"):
        plan([one], tmp_path / "out")


def test_writing_again_takes_the_place_of_the_last_time(tmp_path: Path) -> None:
    one = some(tmp_path / "in" / "x.jsonl")
    for _ in range(2):
        [copy] = plan([one], tmp_path / "out")
        assert write_clean(copy, ()) == 1


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
def test_a_file_that_cannot_be_read_any_more_is_what_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    [copy] = plan([path], tmp_path / "clean")
    path.unlink()
    with pytest.raises(BadInput, match="cannot read: No such file") as refused:
        write_clean(copy, {1})
    assert refused.value.where == str(path)
    assert list((tmp_path / "clean").iterdir()) == []
