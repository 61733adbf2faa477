"""unlearnkit key, and that no secret is ever told."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.company import unlearnkit
from unlearnkit.cli.main import main
from unlearnkit.keys import read_secret
from unlearnkit.passphrase import Protection
from unlearnkit.workspace import Workspace

PASSPHRASE = "quince marmalade 77"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEYS", PASSPHRASE)
    root = tmp_path / "work"
    assert unlearnkit("init", root, "--passphrase-from", "env:KEYS").exit_code == 0
    return root


def test_rotating_and_listing(place: Path) -> None:
    rotated = unlearnkit("key", "rotate", "--workspace", place, "--json").json
    listed = unlearnkit("key", "list", "--workspace", place, "--json").json
    assert listed["passphrase_from"] == "env:KEYS"
    assert [(one["keyid"], one["retired"]) for one in listed["keys"]] == [
        (rotated["keyid"], False),
        (rotated["retired"], True),
    ]
    assert rotated["keyid"] in unlearnkit("key", "list", "--workspace", place).stdout
    assert "auditor" in unlearnkit("key", "rotate", "--workspace", place).stdout


def test_a_passphrase_that_is_gone_is_said_and_nothing_is_lost(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ("request", "add", "--name", "Ada Quarr", "--workspace", place)
    monkeypatch.delenv("KEYS")
    said = unlearnkit(*ask)
    assert said.exit_code == 2
    assert "not in its place, env:KEYS" in said.stderr
    monkeypatch.setenv("KEYS", PASSPHRASE)
    assert unlearnkit(*ask).exit_code == 0


def test_no_secret_is_in_a_file_or_in_what_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace.open(place)
    unlocking = Protection.of(workspace.passphrase_file).now.key()
    assert unlocking is not None
    keys = (unlocking, workspace.vault_key, workspace.pseudonym_key)
    raw = (*keys, read_secret(workspace.secret_file, unlocking))
    hidden = [PASSPHRASE.encode(), *raw, *(one.hex().encode() for one in raw)]
    hidden += [base64.b64encode(one) for one in raw]

    options = ("--workspace", place)
    said = [
        unlearnkit("request", "add", "--name", "Ada Quarr", *options),
        unlearnkit("key", "rotate", *options),
        unlearnkit("key", "protect", "--passphrase-from", "env:KEYS", *options),
        unlearnkit("key", "list", *options, "--json"),
        unlearnkit("key", "protect", "--passphrase-from", PASSPHRASE, *options),
    ]
    assert [one.exit_code for one in said] == [0, 0, 0, 0, 2]
    monkeypatch.setenv("KEYS", PASSPHRASE + "!")
    arguments = ["unlearnkit", "--debug", "key", "rotate", *map(str, options)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(Exception, match="does not open") as wrong:
        main()
    told = [text.encode() for one in said for text in (one.stdout, one.stderr)]
    told += [repr(wrong.value).encode(), repr(workspace).encode()]
    told += [str(text).encode() for text in capsys.readouterr()]
    files = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
    assert len(files) > 8
    for content in (*files, *told):
        assert not any(secret in content for secret in hidden)


def test_no_option_takes_a_passphrase_itself() -> None:
    for command in (("init",), ("key", "protect")):
        words = set(unlearnkit(*command, "--help").stdout.replace("=", " ").split())
        options = {word for word in words if word.startswith("--pass")}
        assert options == {"--passphrase-from"}


def test_a_workspace_may_sign_with_ed25519_and_change_its_mind(tmp_path: Path) -> None:
    work = tmp_path / "work"
    made = unlearnkit("init", work, "--report-key", "ed25519", "--json")
    public = Path(made.json["public_key"])
    here = ("--workspace", work)
    assert isinstance(load_pem_public_key(public.read_bytes()), Ed25519PublicKey)
    assert (work / "keys" / "model.pem").stat().st_mode & 0o777 == 0o600
    assert unlearnkit("ledger", "verify", *here).exit_code == 0
    changed = unlearnkit("key", "rotate", "--report-key", "ecdsa", "--json", *here)
    assert changed.exit_code == 0
    assert isinstance(load_pem_public_key(public.read_bytes()), EllipticCurvePublicKey)
    assert not (work / "keys" / "model.pem").exists()
    assert unlearnkit("ledger", "verify", *here).exit_code == 0
    retired = unlearnkit("key", "list", "--json", *here).json["keys"][1]
    assert (retired["keyid"], retired["retired"]) == (changed.json["retired"], True)


def test_a_key_that_is_there_is_not_taken_for_one_of_another_kind(tmp_path: Path) -> None:
    """`init` that was killed, and is run again with another wish."""
    work = tmp_path / "work"
    assert unlearnkit("init", work, "--report-key", "ed25519").exit_code == 0
    (work / "unlearnkit.yaml").unlink()
    said = unlearnkit("init", work)
    assert said.exit_code == 2
    assert "ed25519" in said.stderr and "ecdsa" in said.stderr
    assert unlearnkit("init", work, "--report-key", "ed25519").exit_code == 0
