"""A run's files say nothing without its key, and are noticed when they were changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.encrypted import (
    BLOCK,
    Blocks,
    create_blocks,
    encrypt_file,
    erase,
    is_encrypted,
    open_blocks,
    opened,
    payload,
    read_encrypted,
    write_encrypted,
)
from unlearnkit.errors import VerificationFailed

KEY, OTHER = b"k" * 32, b"o" * 32
SECRET = b"Zoltana Quibbleworth asked about the green lamp. "


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7])
def test_a_file_encrypted_where_it_lies_comes_back(tmp_path: Path, size: int) -> None:
    plain = (SECRET * (size // len(SECRET) + 1))[:size]
    folder = tmp_path / "checkpoint"
    (folder / "deep").mkdir(parents=True)
    file = folder / "deep" / "weights"
    file.write_bytes(plain)
    encrypt_file(file, KEY)
    assert SECRET not in file.read_bytes()
    assert read_encrypted(file, KEY) == plain
    with opened(folder, KEY, tmp_path / "copy") as copy:
        assert (copy / "deep" / "weights").read_bytes() == plain
        assert (copy / "deep" / "weights").stat().st_mode & 0o077 == 0
    assert not (tmp_path / "copy").exists()
    assert is_encrypted(file)


@given(st.binary(max_size=200))
def test_bytes_that_are_written_encrypted_come_back(
    tmp_path_factory: pytest.TempPathFactory, plain: bytes
) -> None:
    file = tmp_path_factory.mktemp("written") / "head"
    write_encrypted(file, KEY, plain)
    assert read_encrypted(file, KEY) == plain


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=6), st.randoms())
def test_blocks_are_written_and_read_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, plain: list[bytes], draw: object
) -> None:
    file = tmp_path_factory.mktemp("blocks") / "states"
    bounds = [sum(len(one) for one in plain[:at]) for at in range(len(plain) + 1)]
    numbers = list(range(len(plain)))
    draw.shuffle(numbers)  # type: ignore[attr-defined]
    made = create_blocks(file, KEY, bounds)
    for number in numbers:
        made.write(number, plain[number])
    draw.shuffle(numbers)  # type: ignore[attr-defined]
    found = open_blocks(file, KEY, bounds)
    assert {number: found.read(number) for number in numbers} == dict(enumerate(plain))
    assert payload(file, len(plain)) == bounds[-1]


def blocks(folder: Path) -> Blocks:
    """A file of two blocks."""
    made = create_blocks(folder / "states", KEY, [0, 4, 10])
    made.write(0, b"lamp")
    made.write(1, b"repair")
    return made


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    found = open_blocks(blocks(tmp_path).path, OTHER, [0, 4, 10])
    with pytest.raises(VerificationFailed, match="cannot be decrypted") as refusal:
        found.read(0)
    assert refusal.value.exit_code == 4


@pytest.mark.parametrize("bounds", [[0, 5, 10], [0, 10], [0, 4, 9], [0, 4, 10, 10]])
def test_blocks_are_not_taken_for_others(tmp_path: Path, bounds: list[int]) -> None:
    path = blocks(tmp_path).path
    with pytest.raises(VerificationFailed):
        open_blocks(path, KEY, bounds).read(0)


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = blocks(tmp_path).path
    whole = path.read_bytes()
    for bit in range(len(whole) * 8):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(VerificationFailed):  # either of them may notice
            found = open_blocks(path, KEY, [0, 4, 10])
            found.read(0)
            found.read(1)


def test_a_block_that_was_never_written_is_no_block(tmp_path: Path) -> None:
    create_blocks(tmp_path / "states", KEY, [0, 4, 10]).write(0, b"lamp")
    found = open_blocks(tmp_path / "states", KEY, [0, 4, 10])
    assert found.read(0) == b"lamp"
    with pytest.raises(VerificationFailed):
        found.read(1)


def test_a_plain_file_is_not_taken_for_an_encrypted_one(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(SECRET)
    assert not is_encrypted(tmp_path / "weights")
    with pytest.raises(VerificationFailed):
        read_encrypted(tmp_path / "weights", KEY)
    with pytest.raises(VerificationFailed), opened(tmp_path, KEY, tmp_path / "copy"):
        raise AssertionError
    assert not (tmp_path / "copy").exists()


def test_the_same_bytes_never_look_the_same(tmp_path: Path) -> None:
    write_encrypted(tmp_path / "one", KEY, SECRET)
    write_encrypted(tmp_path / "two", KEY, SECRET)
    assert (tmp_path / "one").read_bytes()[: len(SECRET)] != (
        (tmp_path / "two").read_bytes()[: len(SECRET)]
    )


def test_what_is_plain_is_overwritten_before_it_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / "deep").mkdir(parents=True)
    plain, encrypted = folder / "deep" / "weights", folder / "states"
    plain.write_bytes(SECRET * 3)
    write_encrypted(encrypted, KEY, SECRET)
    stays = encrypted.read_bytes()
    # A second name for the same bytes on the disk shows what became of them.
    (tmp_path / "plain").hardlink_to(plain)
    (tmp_path / "encrypted").hardlink_to(encrypted)
    erase(folder)
    assert not folder.exists()
    assert (tmp_path / "plain").read_bytes() == bytes(3 * len(SECRET))
    assert (tmp_path / "encrypted").read_bytes() == stays
    erase(folder)
