"""Reading a file of requests: all of it or nothing, and never a word of it in an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from unlearnkit.config import Clock
from unlearnkit.delimited import decoded
from unlearnkit.domain import IdentityVerification, Request, Subject
from unlearnkit.errors import BadInput
from unlearnkit.requests.build import Submission, build_request, content_digest
from unlearnkit.requests.opendsr import parse_opendsr
from unlearnkit.requests.table import MalformedTable, csv_rows, parse_row

MAX_BYTES = 100_000_000
"""A file is read whole: a hundred thousand requests are a third of it."""
Row = tuple[int, Any]
"""Line the value begins on, and the value."""


def read_requests(
    path: Path,
    key: bytes,
    now: datetime,
    clock: Clock,
    declared: IdentityVerification | None = None,
) -> list[tuple[Request, Subject]]:
    """Every request in a .json (OpenDSR), .jsonl or .csv file, in the file's order.

    `key` is the workspace's pseudonym key, `now` is aware. A request that stands twice in the file
    with the same content is returned twice; the ledger takes it once. `declared` is how the
    identity of those was verified of which the file does not say it.
    Raises BadInput with file and line when anything in the file cannot be used.
    """
    readers: dict[str, tuple[Callable[[Path, str], Iterator[Row]], Callable[[Any], Submission]]] = {
        ".json": (_json_values, parse_opendsr),
        ".jsonl": (_json_lines, _parse_either),
        ".csv": (_csv_rows, parse_row),
    }
    if path.suffix.lower() not in readers:
        raise BadInput("requests are read from .json (OpenDSR), .jsonl and .csv files", where=path)
    rows, parse = readers[path.suffix.lower()]
    read: list[tuple[Request, Subject]] = []
    seen: dict[str, str] = {}
    for line, value in rows(path, _text(path)):
        submission = _checked(parse, value, path, line)
        verified = submission.verification
        # A day's grace: a bare date is read in UTC, and elsewhere it is tomorrow already.
        if verified is not None and verified.at is not None and verified.at > now + timedelta(1):
            raise BadInput("identity_verified: this day has not come yet", where=path, line=line)
        request, subject = build_request(
            submission.identifiers,
            submission.regulation,
            key,
            now,
            clock,
            submitted=submission.submitted,
            request_id=submission.request_id,
            verification=submission.verification or declared,
            callback_urls=submission.callback_urls,
        )
        digest = content_digest(request, subject, key)
        if seen.setdefault(request.id, digest) != digest:
            raise BadInput(
                f"request {request.id} stands in this file twice, with different content",
                where=path,
                line=line,
            )
        read.append((request, subject))
    if not read:
        raise BadInput("there is no request in this file", where=path)
    return read


def _checked(parse: Callable[[Any], Submission], value: Any, path: Path, line: int) -> Submission:
    try:
        return parse(value)
    except ValidationError as error:
        raise BadInput(_in_words(error), where=path, line=line) from None


def _in_words(error: ValidationError) -> str:
    """The first thing that does not fit, without the value and without names the file made up."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = [str(part) for part in first["loc"]]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        place, message = place[:-1], "a field that is not known here"
    if first["type"] == "missing":
        message = "this field is required"
    if first["type"] in ("model_type", "dict_type"):
        message = "an object is expected here: {...}"
    return f"{'.'.join(place)}: {message}" if place else message


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot read it: {error.strerror}", where=path) from None
    if len(content) > MAX_BYTES:
        raise BadInput(
            f"more than {MAX_BYTES // 1_000_000} MB: this is no file of requests",
            where=path,
            fix="Split it, if it is one.",
        )
    return decoded(content, path)


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    try:
        yield from csv_rows(text)
    except MalformedTable as error:
        raise BadInput(str(error), where=path, line=error.line) from None


def _json_lines(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _parse_json(line, path, number)


def _json_values(path: Path, text: str) -> Iterator[Row]:
    """The one object, or each value of the outermost list, with the line it begins on."""
    whole = _parse_json(text, path, 1)
    at = _skip(text, 0)
    if not isinstance(whole, list):
        yield _line(text, at), whole
        return
    # The text is known to be a good list: walk it once more for the positions.
    scan = json.JSONDecoder()
    at = _skip(text, at + 1)
    for value in whole:
        yield _line(text, at), value
        _, at = scan.raw_decode(text, at)
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    found = re.compile(r"[\s,]*").match(text, at)
    return found.end() if found else at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _parse_json(text: str, path: Path, first_line: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise BadInput(
            f"not valid JSON: {error.msg} (column {error.colno})", where=path, line=line
        ) from None
    except RecursionError:
        raise BadInput("not valid JSON: nested too deeply", where=path, line=first_line) from None
    except ValueError as error:
        raise BadInput(f"not valid JSON: {_ours(error)}", where=path, line=first_line) from None


class _NotJson(ValueError):
    """What Python's parser lets through although it is ambiguous or no JSON."""


def _ours(error: ValueError) -> str:
    return str(error) if isinstance(error, _NotJson) else "a number that is too long"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _NotJson("an object has the same key twice")
    return dict(pairs)


def _refuse_constant(_: str) -> Any:
    raise _NotJson("NaN and Infinity are no JSON")


def _parse_either(value: Any) -> Submission:
    """A line of JSON Lines: OpenDSR when it has a field of it, else the flat form of the CSV."""
    if isinstance(value, dict) and any(str(key).startswith("subject_") for key in value):
        return parse_opendsr(value)
    return parse_row(value)
