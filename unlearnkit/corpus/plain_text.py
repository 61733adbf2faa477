"""A text that is no training record: a plain file, or the texts of a file of records."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from unlearnkit.artefacts import sha256_file
from unlearnkit.corpus.reader import Fields, read_whole
from unlearnkit.errors import BadInput

SUFFIX = ".txt"
FIX = "Give a text in UTF-8 (.txt), or records with texts (.jsonl, .json, .csv, .parquet)."


@dataclass(frozen=True, slots=True)
class PlainText:
    """The texts of a file, in its order."""

    path: Path
    digest: str
    """Hex SHA-256 of the file."""
    texts: tuple[str, ...] = field(repr=False)


def read_plain_text(path: Path, fields: Fields | None = None) -> PlainText:
    """The whole of a .txt file as one text; of a file of records each prompt and text as one.

    Raises BadInput: no such file, another format, not UTF-8, no text in it, a record that cannot be
    used, a conversation.
    """
    if not path.is_file():
        raise BadInput("there is no such file", where=path, fix=FIX)
    texts = (_whole(path),) if path.suffix == SUFFIX else _of_records(path, fields)
    return PlainText(path, sha256_file(path), texts)


def _whole(path: Path) -> str:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput("invalid UTF-8", where=path, line=line, fix=FIX) from None
    if not text.strip():
        raise BadInput("the file holds no text", where=path, fix=FIX)
    return text


def _of_records(path: Path, fields: Fields | None) -> tuple[str, ...]:
    corpus = read_whole([path], fields)
    for record in corpus.records:
        if record.roles:
            raise BadInput(
                "a conversation, and this is measured on plain texts",
                where=path,
                line=record.line,
                fix=FIX,
            )
    return tuple(record.content for record in corpus.records)
