"""One way to write JSON that is hashed or signed, and one to write a file whole or not at all."""

from __future__ import annotations

import errno
import math
import os
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from safetensors import SafetensorError
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from tests.disk import no_file_larger_than
from unlearnkit.artefacts import (
    canonical,
    digest_of,
    disk_failed,
    document_digest,
    load,
    read_canonical,
    same_document,
    save,
    write_atomic,
    writing_atomic,
)
from unlearnkit.domain import Measurement, ModelRole, Split
from unlearnkit.errors import BadInput

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON))
def test_canonical_bytes_depend_on_the_value_alone(document: dict[str, Any]) -> None:
    """Not on the order of the keys, nor on having been written and read back."""
    written = canonical(document)
    assert canonical(dict(reversed(document.items()))) == written
    assert canonical(read_canonical(written)) == written


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, {"a": [-(2**60)]}])
def test_what_readers_would_read_differently_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical({"a": value})


@pytest.mark.parametrize("digits", [b"9007199254740993", b"1" * 400, b"1" * 5000])
def test_a_whole_number_that_no_float_is_does_not_come_out_the_same(digits: bytes) -> None:
    with pytest.raises((ValueError, OverflowError, AssertionError)):
        assert canonical(read_canonical(b'{"a":' + digits + b"}")) == b'{"a":' + digits + b"}"


@given(st.floats() | st.none(), st.floats() | st.none())
def test_documents_are_the_same_where_they_are_stored_alike(
    tmp_path_factory: pytest.TempPathFactory, first: float | None, second: float | None
) -> None:
    file = tmp_path_factory.getbasetemp() / "figure.json"
    one, other = (
        Measurement(metric="loss", split=Split.FORGET, model=ModelRole.UNLEARNED, value=value, n=1)
        for value in (first, second)
    )
    save(file, one)
    assert same_document(one, load(file, Measurement))
    assert same_document(one, other) == (repr(first) == repr(second) or first == second)


def test_a_documents_digest_is_that_of_its_canonical_bytes() -> None:
    class Document(BaseModel):
        b: int = 1
        a: str = "x"

    assert canonical(Document().model_dump()) == b'{"a":"x","b":1}'
    assert document_digest(Document()) == digest_of({"a": "x", "b": 1})  # type: ignore[dict-item]


# --- written whole or not at all ----------------------------------------------------------------


def test_a_file_of_many_pieces_is_there_when_all_of_it_is(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with writing_atomic(path, mode=0o600) as file:
        for _ in range(3):
            file.write(bytes(10_000))
        assert not path.exists()
    assert path.read_bytes() == bytes(30_000)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("pieces", [1, 300])
def test_a_write_that_fails_is_said_wherever_it_fails(tmp_path: Path, pieces: int) -> None:
    """At once, or only when what was buffered is written at the end."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with (
        pytest.raises(BadInput, match="cannot write: File too large") as refused,
        no_file_larger_than(2000),
        writing_atomic(path) as file,
    ):
        for _ in range(pieces):
            file.write(bytes(3000 // pieces))
    assert refused.value.where == str(path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"file": b"old"}


def test_so_is_one_that_a_library_makes(tmp_path: Path) -> None:
    table = pa.table({"text": [str(number) for number in range(5000)]})
    with (
        pytest.raises(BadInput, match="cannot write: File too large"),
        no_file_larger_than(2000),
        writing_atomic(tmp_path / "file") as file,
        pq.ParquetWriter(file, table.schema, compression="NONE") as writer,
    ):
        writer.write_table(table)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot write: File exists"):
        write_atomic(tmp_path / "file" / "below", b"")


def test_what_cannot_be_read_meanwhile_is_no_want_of_disk(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError), writing_atomic(path) as file:
        file.write((tmp_path / "not there").read_bytes())
    assert list(tmp_path.iterdir()) == []


FULL = os.strerror(errno.ENOSPC)


@pytest.mark.parametrize(
    ("error", "of_the_disk"),
    [
        (OSError(errno.ENOSPC, FULL), True),
        (OSError(errno.EDQUOT, "quota"), True),
        (FileNotFoundError(errno.ENOENT, "gone"), False),
        (ConnectionResetError(errno.ECONNRESET, "reset"), False),
        (SafetensorError(f"Error while serializing: I/O error: {FULL} (os error 28)"), True),
        (SafetensorError("Error while deserializing header: header too large"), False),
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 640"), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"), False),
        (RuntimeError("NCCL error: unhandled system error"), False),
    ],
    ids=str,
)
def test_only_errors_of_writing_are_the_disks(error: Exception, of_the_disk: bool) -> None:
    assert disk_failed(error) is of_the_disk


def test_full_disks_are_told_by_the_libraries_own_words(tmp_path: Path) -> None:
    weights = {"a": torch.zeros(10_000)}
    words = Tokenizer(WordLevel({str(number): number for number in range(5000)}))
    path = tmp_path / "file"
    for write in (
        lambda: save_file(weights, path),
        lambda: torch.save(weights, path),
        lambda: words.save(str(path)),
    ):
        with no_file_larger_than(20_000), pytest.raises(Exception) as raised:
            write()
        assert disk_failed(raised.value)


def test_no_file_takes_the_place_of_a_pipe(tmp_path: Path) -> None:
    """Nor of a device: with root's rights that of /dev/null would be gone for everybody."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadInput, match="a device or a pipe, and stays"):
        write_atomic(tmp_path / "pipe", b"new")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("place", ["/dev/null", "/proc/self/fd/1"])
def test_nor_of_a_link_to_a_device_or_a_stream(tmp_path: Path, place: str) -> None:
    (link := tmp_path / "link").symlink_to(place)
    with pytest.raises(BadInput, match="a device or a pipe, and stays"):
        write_atomic(link, b"new")
    assert str(link.readlink()) == place
