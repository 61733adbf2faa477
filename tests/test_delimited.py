"""CSV as spreadsheets save it: the header shows the delimiter, and UTF-16 is told by its name."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.delimited import DELIMITERS, decoded, with_delimiter
from unlearnkit.errors import BadInput


def read(*lines: str, needed: str = "text") -> list[list[str]]:
    found, delimiter = with_delimiter(lines, lambda cells: needed in cells)
    return list(csv.reader(found, delimiter=delimiter, strict=True))


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_the_delimiter_is_what_the_header_shows(delimiter: str) -> None:
    header, row = (delimiter.join(cells) + "\r\n" for cells in (("id", "text"), ("1", "one")))
    assert read(header, row) == [["id", "text"], ["1", "one"]]


def test_what_stands_in_the_rows_does_not_count() -> None:
    assert read("text\n", "a; b; c\n") == [["text"], ["a; b; c"]]
    assert read("id;text\n", "1,5;one\n") == [["id", "text"], ["1,5", "one"]]


def test_a_header_may_have_a_cell_of_two_lines() -> None:
    header = ['id;"my\n', 'note; of it";text\n']
    assert read(*header, "1;2;3\n") == [["id", "my\nnote; of it", "text"], ["1", "2", "3"]]


def test_where_no_delimiter_fits_it_is_a_comma() -> None:
    assert read("a;b,c\n") == [["a;b", "c"]]
    assert read() == []


@given(
    st.sampled_from(DELIMITERS),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n")), max_size=4),
)
def test_any_names_beside_the_one_that_is_needed(delimiter: str, others: list[str]) -> None:
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerow([*others, "text"])
    sheet.seek(0)
    lines, found = with_delimiter(sheet, lambda cells: "text" in cells)
    assert next(csv.reader(lines, delimiter=found, strict=True)) == [*others, "text"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_called_by_its_name(codec: str) -> None:
    with pytest.raises(BadInput, match="UTF-16") as refusal:
        decoded("\ufeffid\ttext\n1\tone\n".encode(codec), "a.csv")
    assert "CSV UTF-8" in refusal.value.fix


def test_what_is_no_utf_8_is_refused_with_its_line() -> None:
    with pytest.raises(BadInput, match="not valid UTF-8") as refusal:
        decoded("\ufeffid;text\n".encode() + b"1;gepr\xfcft\n", "a.csv")
    assert (refusal.value.line, "CSV UTF-8" in refusal.value.fix) == (2, True)
