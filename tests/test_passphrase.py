"""The keys' passphrase: read from its place when it is needed, and kept nowhere."""

from __future__ import annotations

import hashlib
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from unlearnkit.errors import BadInput
from unlearnkit.passphrase import Protection, Way, read_passphrase

SECRET = "correct horse battery"


class InMemory(KeyringBackend):
    """A keyring as the library defines one, that ends with the test."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture
def ring() -> Iterator[KeyringBackend]:
    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield keyring.get_keyring()
    keyring.set_keyring(before)


def test_it_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYS", SECRET)
    assert read_passphrase("env:KEYS") == SECRET
    monkeypatch.delenv("KEYS")
    with pytest.raises(BadInput, match="not in its place, env:KEYS"):
        read_passphrase("env:KEYS")


def test_it_comes_from_a_file_that_nobody_else_can_read(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text(SECRET + "\n")
    assert read_passphrase(f"file:{file}") == SECRET
    file.chmod(0o640)
    with pytest.raises(BadInput, match="other users") as refusal:
        read_passphrase(f"file:{file}")
    assert refusal.value.fix == f"chmod 600 {file}"
    with pytest.raises(BadInput, match="cannot read the passphrase"):
        read_passphrase(f"file:{tmp_path / 'nowhere'}")


def test_a_file_is_found_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Way.new("file:passphrase").source == f"file:{tmp_path / 'passphrase'}"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Way.new("file:~/passphrase").source == f"file:{tmp_path / 'passphrase'}"


def test_it_comes_from_the_systems_keyring(ring: KeyringBackend) -> None:
    with pytest.raises(BadInput, match="not in its place, keyring:privacy"):
        read_passphrase("keyring:privacy")
    ring.set_password("privacy", "unlearnkit", SECRET)
    assert read_passphrase("keyring:privacy") == SECRET


def test_without_a_terminal_nobody_is_asked() -> None:
    with pytest.raises(BadInput, match="no terminal to ask at"):
        read_passphrase("ask")


@pytest.mark.parametrize("source", ["", "env", "env:", "plain:hunter2hunter2", SECRET])
def test_what_is_no_source_is_refused_and_not_repeated(source: str) -> None:
    with pytest.raises(BadInput, match="a passphrase comes from env:NAME") as refusal:
        Way.new(source)
    assert not source or source not in str(refusal.value).replace("env:NAME", "")


def test_a_new_passphrase_may_not_be_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYS", "eleven char")
    with pytest.raises(BadInput, match="at least 12"):
        Way.new("env:KEYS").key(fresh=True)


def test_the_key_is_scrypt_of_it_as_the_standard_library_computes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEYS", SECRET)
    way = Way.new("env:KEYS")
    salt = bytes.fromhex(way.salt)
    memory = 2 * 128 * way.n * way.r
    expected = hashlib.scrypt(
        SECRET.encode(), salt=salt, n=way.n, r=way.r, p=way.p, maxmem=memory, dklen=32
    )
    assert way.key() == expected
    assert Way.new("env:KEYS").salt != way.salt
    assert Way.new("none").key() is None


def test_what_is_kept_says_only_where_to_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KEYS", SECRET)
    kept = Protection(now=Way.new("env:KEYS"))
    key = kept.now.key()
    assert key is not None
    assert SECRET not in kept.model_dump_json()
    assert key.hex() not in kept.model_dump_json()
    assert Protection.of(tmp_path / "passphrase.json") == Protection()


ASKING = """
from unlearnkit.errors import BadInput
from unlearnkit.passphrase import read_passphrase
try:
    print("read:", len(read_passphrase("ask", fresh=True)))
except BadInput as error:
    print("refused:", error)
"""


@pytest.mark.parametrize(
    ("second", "said"),
    [("correct horse", "read: 13"), ("another horse", "refused: the two passphrases are not")],
)
def test_at_a_terminal_it_is_typed_twice_unseen_and_has_to_be_the_same(
    second: str, said: str
) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", ASKING])
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        shown = b""
        for prompt, typed in ((b"keys: ", "correct horse"), (b"again: ", second)):
            while not shown.endswith(prompt):
                shown += screen.read(1)
            screen.write(typed.encode() + b"\n")
        while shown.count(b"\n") < 3:  # behind each prompt, and behind what came of it
            shown += screen.read(1)
    os.waitpid(child, 0)
    assert said in shown.decode()
    assert b"horse" not in shown
