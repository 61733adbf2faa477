"""Requests as rows: a CSV file, or the same fields as JSON objects."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from unlearnkit.counted import counted
from unlearnkit.delimited import with_delimiter
from unlearnkit.domain import Identifier, IdentifierKind, IdentityVerification
from unlearnkit.requests.build import Submission
from unlearnkit.requests.clock import Regulation, parse_time, time_text
from unlearnkit.requests.identifiers import identifier

IN_THE_FILE = "as the request file says"
"""How the identity behind a row was verified, as far as anybody knows here."""
COLUMNS = {
    "name": IdentifierKind.NAME,
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "customer_id": IdentifierKind.CUSTOMER_ID,
    "address": IdentifierKind.ADDRESS,
    "date_of_birth": IdentifierKind.DATE_OF_BIRTH,
    "handle": IdentifierKind.HANDLE,
    "alias": IdentifierKind.NAME,
    "other": IdentifierKind.OTHER,
}
"""Column -> what its values are; an alias is one more name."""


class MalformedTable(ValueError):
    """The file is no table of requests; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def _split(value: Any) -> Any:
    """Several values in one cell stand between semicolons."""
    if isinstance(value, str):
        return [part for part in value.split(";") if part.strip()]
    return value


def _uuid_text(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("this is no UUID; leave it empty to get one") from None


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _stripped_or_none(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


def _verified_text(value: Any) -> Any:
    """yes, no, or the time it was verified; nothing is no, and JSON may say true or false."""
    if value is None or isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        raise ValueError(VERIFIED_AS)
    text = value.strip().lower() or "no"
    if text not in ("yes", "no"):
        try:
            parse_time(text)
        except ValueError:
            raise ValueError(VERIFIED_AS) from None
    return text


VERIFIED_AS = "write yes, no, or when the person's identity was verified, as in 2026-01-31"
Cell = Annotated[list[str], BeforeValidator(_split)]


class Row(BaseModel):
    """One request. Any UUID will do as its id: it may come from a ticket system."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    regulation: Annotated[Regulation, BeforeValidator(_lower)]
    request_id: Annotated[
        Annotated[str, AfterValidator(_uuid_text)] | None, BeforeValidator(_stripped_or_none)
    ] = None
    submitted: Annotated[
        Annotated[str, AfterValidator(time_text)] | None, BeforeValidator(_stripped_or_none)
    ] = None
    identity_verified: Annotated[str, BeforeValidator(_verified_text)] = "no"
    name: Cell = Field(default=[])
    email: Cell = Field(default=[])
    phone: Cell = Field(default=[])
    customer_id: Cell = Field(default=[])
    address: Cell = Field(default=[])
    date_of_birth: Cell = Field(default=[])
    handle: Cell = Field(default=[])
    alias: Cell = Field(default=[])
    other: Cell = Field(default=[])

    @model_validator(mode="after")
    def _about_somebody(self) -> Self:
        if not list(self.identifiers()):
            raise ValueError(f"no identifier: fill at least one of {', '.join(COLUMNS)}")
        return self

    def identifiers(self) -> Iterator[Identifier]:
        """All cells, column by column. Raises ValueError."""
        for column, kind in COLUMNS.items():
            for value in getattr(self, column):
                yield identifier(kind, value)


def parse_row(value: Any) -> Submission:
    """One request from a row. Raises pydantic.ValidationError."""
    row = Row.model_validate(value)
    return Submission(
        regulation=row.regulation,
        identifiers=tuple(row.identifiers()),
        submitted=parse_time(row.submitted) if row.submitted else None,
        request_id=row.request_id,
        verification=_verification(row.identity_verified),
    )


def _verification(said: str) -> IdentityVerification | None:
    if said == "no":
        return None
    return IdentityVerification(IN_THE_FILE, at=None if said == "yes" else parse_time(said))


def csv_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line it begins on, column -> cell) for each row that is not blank. Raises MalformedTable."""
    lines, delimiter = with_delimiter(
        io.StringIO(text, newline=""), lambda cells: "regulation" in _names(cells)
    )
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        header = _names(next(reader, []))
        _check_header(header)
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise MalformedTable(
                    f"{counted(len(cells), 'cell')} under {counted(len(header), 'column')}", line
                )
            yield line, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        # The csv module's messages speak of the syntax and never repeat a cell.
        raise MalformedTable(f"not valid CSV: {error}", line) from None


def _names(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _check_header(header: list[str]) -> None:
    known = ("request_id", "regulation", "submitted", "identity_verified", *COLUMNS)
    expected = (
        "the first line names the columns, separated by commas, semicolons or tabs, "
        f"out of: {', '.join(known)}"
    )
    unknown = [at for at, name in enumerate(header, start=1) if name not in known]
    if unknown:
        # Without repeating it: in a file without header the first line is somebody's data.
        raise MalformedTable(f"column {unknown[0]} has no known name; {expected}", 1)
    if len(set(header)) != len(header):
        raise MalformedTable("a column is given twice", 1)
    if "regulation" not in header:
        raise MalformedTable(f"there is no column 'regulation'; {expected}", 1)
