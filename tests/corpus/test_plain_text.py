"""Texts that are no training records, and what is refused as one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from unlearnkit.corpus.plain_text import read_plain_text
from unlearnkit.corpus.reader import Fields
from unlearnkit.errors import BadInput


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_plain_file_is_one_text_named_by_its_bytes(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfOne line.\n\nAnother: caf\xc3\xa9.\n"
    found = read_plain_text(write(tmp_path / "text.txt", content))
    assert found.texts == ("One line.\n\nAnother: caf\N{LATIN SMALL LETTER E WITH ACUTE}.\n",)
    assert found.digest == hashlib.sha256(content).hexdigest()


def test_of_records_each_prompt_with_its_text_is_a_text(tmp_path: Path) -> None:
    rows = [{"body": "one", "prompt": "ask"}, {"body": "two"}]
    path = write(tmp_path / "texts.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert read_plain_text(path, Fields(text="body")).texts == ("ask\none", "two")


CONVERSATION = {
    "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
}


@pytest.mark.parametrize(
    ("name", "content", "says", "line"),
    [
        ("empty.txt", b"", "no text", None),
        ("blank.txt", b" \n\t\n", "no text", None),
        ("latin.txt", b"one\ncaf\xe9\n", "invalid UTF-8", 2),
        ("empty.jsonl", b"", "no usable record", None),
        ("latin.jsonl", b'{"text": "one"}\n{"text": "caf\xe9"}\n', "invalid UTF-8", 2),
        ("half.jsonl", b'{"text": "one"}\n{"text": ""}\n', "no text", 2),
        ("chat.jsonl", json.dumps(CONVERSATION).encode(), "a conversation", 1),
        ("text.docx", b"one", "not a corpus format", None),
        ("missing.txt", None, "no such file", None),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(
    name: str, content: bytes | None, says: str, line: int | None, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        write(path, content)
    with pytest.raises(BadInput, match=says) as refusal:
        read_plain_text(path)
    assert str(path) == refusal.value.where
    assert refusal.value.line == line
    assert refusal.value.fix
