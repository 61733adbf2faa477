"""CSV as spreadsheets save it: with commas, in much of Europe with semicolons, or with tabs.

The header shows which. What is in UTF-16 ("Unicode text" in Excel) is told by its first two bytes
and refused: read as UTF-8 it would be lost row by row, for a reason that nobody could guess.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from unlearnkit.errors import BadInput

DELIMITERS = (",", ";", "\t")
IN_UTF8 = "Save the file as UTF-8; in a spreadsheet: 'CSV UTF-8'."
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Fits = Callable[[Sequence[str]], bool]
"""Whether a header with these cells has the columns that are needed."""


def with_delimiter(lines: Iterable[str], fits: Fits) -> tuple[Iterator[str], str]:
    """The same lines, and the first of DELIMITERS by which their header fits; else a comma.

    The lines have their ends, as the `csv` module wants them.
    """
    rest = iter(lines)
    header = list(_header(rest))
    found = (one for one in DELIMITERS if fits(_cells(header, one)))
    return chain(header, rest), next(found, DELIMITERS[0])


def refuse_utf16(start: bytes, where: Path | str) -> None:
    """Raise BadInput where a file's first bytes say that it is in UTF-16."""
    if start.startswith(_UTF16):
        raise BadInput("the file is in UTF-16, which is not read", where=where, fix=IN_UTF8)


def decoded(content: bytes, where: Path | str) -> str:
    """A whole file's text. Raises BadInput, with the line, where it is not UTF-8."""
    refuse_utf16(content[:2], where)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Counted in `error.object`, where the byte order mark is already gone.
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInput("not valid UTF-8", where=where, line=line, fix=IN_UTF8) from None


def _header(lines: Iterator[str]) -> Iterator[str]:
    """The first row: a cell in quotes may go on in the next line."""
    quotes = 0
    for line in lines:
        yield line
        quotes += line.count('"')
        if quotes % 2 == 0:
            return


def _cells(lines: Sequence[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True), [])
    except csv.Error:  # by this delimiter the quotes stand wrong
        return []
