"""A workspace: made whole or not at all, and private."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from unlearnkit.config import Config
from unlearnkit.errors import BadInput
from unlearnkit.resources import shipped
from unlearnkit.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "work")


def test_a_new_workspace_is_complete(workspace: Workspace) -> None:
    opened = Workspace.open(workspace.root)
    assert opened == workspace
    assert opened.config == Config()
    with opened.open_ledger() as ledger:
        assert ledger.verify() == 0
    own = opened.policies_dir / opened.config.policy
    assert own.read_bytes() == (shipped("policies") / "default.yaml").read_bytes()


def test_the_keys_are_a_pair_and_private(workspace: Workspace) -> None:
    private = load_pem_private_key(workspace.signing_file.read_bytes(), password=None)
    assert isinstance(private, EllipticCurvePrivateKey)
    assert isinstance(private.curve, SECP256R1)
    assert b"BEGIN PRIVATE KEY" in workspace.signing_file.read_bytes()
    assert workspace.public_key.read_bytes() == private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in [workspace.keys_dir, *workspace.keys_dir.iterdir()]
    }
    assert (modes["keys"], modes["signing.pem"], modes["workspace.key"]) == (0o700, 0o600, 0o600)
    assert (workspace.keys_dir / ".gitignore").read_text() == "*\n"


def test_each_purpose_and_each_workspace_has_its_own_key(
    workspace: Workspace, tmp_path: Path
) -> None:
    other = Workspace.create(tmp_path / "other")
    keys = {
        workspace.pseudonym_key,
        workspace.vault_key,
        other.pseudonym_key,
        other.vault_key,
        (workspace.keys_dir / "workspace.key").read_bytes(),
    }
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}
    assert Workspace.open(workspace.root).vault_key == workspace.vault_key


def test_a_workspace_is_never_made_over_another(workspace: Workspace) -> None:
    before = workspace.vault_key
    with pytest.raises(BadInput, match="already is a workspace"):
        Workspace.create(workspace.root)
    assert workspace.vault_key == before


def test_an_interrupted_init_is_finished_by_the_same_command(workspace: Workspace) -> None:
    before = workspace.vault_key, workspace.signing_file.read_bytes()
    # The settings come last, so this is what an interruption leaves at most.
    (workspace.root / "unlearnkit.yaml").unlink()
    workspace.public_key.unlink()
    with pytest.raises(BadInput, match="no workspace here"):
        Workspace.open(workspace.root)
    again = Workspace.create(workspace.root)
    assert (again.vault_key, again.signing_file.read_bytes()) == before
    assert again.public_key.is_file()


@pytest.mark.parametrize("source", ["env:UNSET", "env:SHORT", "file:none.txt", "where"])
def test_without_a_passphrase_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("SHORT", "quince")
    with pytest.raises(BadInput, match="passphrase"):
        Workspace.create(tmp_path / "some" / "where", source)
    assert list(tmp_path.iterdir()) == []


def test_no_workspace_says_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no workspace here") as refusal:
        Workspace.open(tmp_path / "some where")
    assert refusal.value.fix == f"unlearnkit init '{tmp_path}/some where'"
    assert refusal.value.exit_code == 2


@pytest.mark.parametrize("name", ["signing.pem", "workspace.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_others_can_read_is_refused(workspace: Workspace, name: str, mode: int) -> None:
    key = workspace.keys_dir / name
    key.chmod(mode)
    with pytest.raises(BadInput) as refusal:
        Workspace.open(workspace.root)
    assert refusal.value.fix == f"chmod 600 {key}"
    assert refusal.value.exit_code == 2


def test_a_missing_or_cut_secret_is_refused(workspace: Workspace) -> None:
    secret = workspace.keys_dir / "workspace.key"
    secret.write_bytes(secret.read_bytes()[:31])
    with pytest.raises(BadInput, match="has 31 bytes, not 32"):
        _ = workspace.vault_key
    secret.unlink()
    with pytest.raises(BadInput, match="cannot read the key"):
        Workspace.open(workspace.root)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot make the folder"):
        Workspace.create(tmp_path / "file" / "work")


@pytest.mark.parametrize("name", ["with space", "per%20cent", "what?", "ünï#"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    workspace = Workspace.create(tmp_path / name)
    with workspace.open_ledger() as ledger:
        ledger.append("tick", "dpo", {})
    assert (tmp_path / name / "ledger.db").is_file()
