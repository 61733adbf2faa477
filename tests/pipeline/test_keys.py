"""The keys' life: protected, replaced, interrupted at any write, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.report import sample
from tests.report.conftest import Keys, write_sample
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import WRAPPED_BYTES, ReportKey
from unlearnkit.passphrase import Protection
from unlearnkit.pipeline import keys as rooms
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.keys import known_keys, own_key, protect, refuse_half_rotated, rotate
from unlearnkit.report.bundle import sign_statement
from unlearnkit.report.signing import load_signer
from unlearnkit.report.verifying import verify_report
from unlearnkit.workspace import Workspace

FIRST, SECOND = "the first passphrase", "another passphrase"


class Killed(BaseException):
    """What ends a process between two writes."""


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    monkeypatch.setenv("FIRST", FIRST)
    monkeypatch.setenv("SECOND", SECOND)
    place = Workspace.create(tmp_path / "work")
    with place.open_ledger() as ledger:
        yield Context(place, ledger, "dpo")


def secrets_of(workspace: Workspace) -> tuple[bytes, bytes, str]:
    """What must stay the same whatever protects it."""
    return (
        workspace.vault_key,
        workspace.pseudonym_key,
        load_signer(workspace.signing_key).public_key.keyid,
    )


def test_protected_keys_are_the_same_keys(context: Context) -> None:
    workspace = context.workspace
    before = secrets_of(workspace)
    protect(context, "env:FIRST")
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in workspace.signing_file.read_bytes()
    assert len(workspace.secret_file.read_bytes()) == WRAPPED_BYTES
    assert secrets_of(Workspace.open(workspace.root)) == before
    protect(context, "env:SECOND")
    assert secrets_of(workspace) == before
    protect(context, "none")
    assert b"BEGIN PRIVATE KEY" in workspace.signing_file.read_bytes()
    assert not workspace.passphrase_file.exists()
    assert secrets_of(workspace) == before
    kinds = [one.payload["by"] for one in context.ledger.events() if one.kind == "keys_protected"]
    assert kinds == ["env", "env", "none"]


def test_a_workspace_can_begin_protected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRST", FIRST)
    workspace = Workspace.create(tmp_path / "work", "env:FIRST")
    assert b"ENCRYPTED" in workspace.signing_file.read_bytes()
    assert len(workspace.vault_key) == 32


def test_the_wrong_passphrase_opens_nothing(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    protect(context, "env:FIRST")
    monkeypatch.setenv("FIRST", SECOND)
    with pytest.raises(BadInput, match="does not open the workspace secret"):
        _ = context.workspace.vault_key
    with pytest.raises(BadInput, match="does not open the private key"):
        load_signer(context.workspace.signing_key)


def test_keys_without_the_file_that_says_where_their_passphrase_is(context: Context) -> None:
    protect(context, "env:FIRST")
    context.workspace.passphrase_file.unlink()
    with pytest.raises(BadInput, match="protected by a passphrase, and none is set"):
        _ = context.workspace.vault_key
    with pytest.raises(BadInput, match="protected by a passphrase, and none is set"):
        load_signer(context.workspace.signing_key)


def test_the_pem_opens_for_other_programs_with_scrypts_bytes_in_hex(context: Context) -> None:
    protect(context, "env:FIRST")
    workspace = context.workspace
    key = Protection.of(workspace.passphrase_file).now.key()
    assert key is not None
    assert load_pem_private_key(workspace.signing_file.read_bytes(), key.hex().encode())


@pytest.mark.parametrize("writes", range(4))
def test_changing_the_passphrase_goes_on_after_any_write(
    context: Context, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    protect(context, "env:FIRST")
    before = secrets_of(context.workspace)
    with monkeypatch.context() as patched:
        cut_off_after(writes, patched)
        with pytest.raises(Killed):
            protect(context, "env:SECOND")
    if writes:
        with pytest.raises(BadInput, match="was interrupted") as refusal:
            _ = context.workspace.vault_key
        assert "env:SECOND" in refusal.value.fix
        with pytest.raises(BadInput, match="finish that one first") as refusal:
            protect(context, "none")
        assert refusal.value.fix == "Run: unlearnkit key protect --passphrase-from env:SECOND"
    protect(context, "env:SECOND")
    assert secrets_of(context.workspace) == before


def cut_off_after(writes: int, patched: pytest.MonkeyPatch) -> None:
    """Let so many files be written, then end the process."""
    left = [writes]

    def counted(write):  # type: ignore[no-untyped-def]
        def instead(*arguments: object) -> None:
            if not left[0]:
                raise Killed
            left[0] -= 1
            write(*arguments)

        return instead

    patched.setattr(rooms, "save", counted(rooms.save))
    patched.setattr(rooms, "write_secret", counted(rooms.write_secret))
    patched.setattr(rooms, "write_atomic", counted(rooms.write_atomic))
    patched.setattr(rooms.SigningKey, "write", counted(rooms.SigningKey.write))


def test_reports_of_a_retired_key_still_verify(context: Context, tmp_path: Path) -> None:
    workspace = context.workspace
    model = sample.model_folder(tmp_path / "model")
    keys = Keys(workspace.signing_key, workspace.public_key)
    older = write_sample(tmp_path / "older", model, keys).parent
    old, new = rotate(context)
    newer = write_sample(tmp_path / "newer", model, keys).parent
    assert [(one.keyid, one.retired) for one in known_keys(workspace)] == [
        (new, False),
        (old, True),
    ]
    for report, keyid in ((older, old), (newer, new)):
        assert verify_report(report, own_key(workspace, report)).keyid == keyid
    with pytest.raises(VerificationFailed, match="signed by another key"):
        verify_report(older, workspace.public_key)
    rotated = [one.payload for one in context.ledger.events() if one.kind == "key_rotated"]
    assert rotated == [{"from": old, "to": new}]


def test_a_reports_hint_cannot_choose_a_key_that_is_not_ours(
    context: Context, tmp_path: Path
) -> None:
    foreign = Workspace.create(tmp_path / "foreign")
    bundle = tmp_path / "attestation.json"
    bundle.write_bytes(sign_statement({"a": 1}, foreign.signing_key))
    assert own_key(context.workspace, bundle) == context.workspace.public_key
    bundle.write_bytes(b"[" * 100_000)
    assert own_key(context.workspace, bundle) == context.workspace.public_key
    with pytest.raises(BadInput, match="no report here"):
        own_key(context.workspace, tmp_path / "nowhere")


@pytest.mark.parametrize("writes", range(3))
@pytest.mark.parametrize("source", ["none", "env:FIRST"])
def test_a_rotation_goes_on_after_any_write(
    context: Context, monkeypatch: pytest.MonkeyPatch, writes: int, source: str
) -> None:
    protect(context, source)
    old = load_signer(context.workspace.signing_key).public_key.keyid
    with monkeypatch.context() as patched:
        cut_off_after(writes, patched)
        with pytest.raises(Killed):
            rotate(context)
    retired, new = rotate(context)
    assert retired == old != new
    signs, *before = known_keys(context.workspace)
    assert signs.keyid == new == load_signer(context.workspace.signing_key).public_key.keyid
    assert [one.keyid for one in before] == [old]
    assert sum(one.kind == "key_rotated" for one in context.ledger.events()) == 1
    assert not (context.workspace.keys_dir / "next.pem").exists()


@pytest.mark.parametrize("writes", [1, 2])
def test_a_rotation_that_was_interrupted_leaves_no_key_unprotected(
    context: Context, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    old = load_signer(context.workspace.signing_key).public_key.keyid
    with monkeypatch.context() as patched:
        cut_off_after(writes, patched)
        with pytest.raises(Killed):
            rotate(context)
    assert (context.workspace.keys_dir / "next.pem").exists()
    protect(context, "env:FIRST")
    assert rotate(context)[0] == old
    for pem in context.workspace.keys_dir.glob("*.pem"):
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in pem.read_bytes()


KINDS = [(ReportKey.ECDSA, ReportKey.ED25519), (ReportKey.ED25519, ReportKey.ECDSA)]


@pytest.mark.parametrize(("first", "second"), KINDS)
def test_a_change_of_kind_keeps_reports_of_the_other_verifiable(
    tmp_path: Path, first: ReportKey, second: ReportKey
) -> None:
    workspace = Workspace.create(tmp_path / "work", report_key=first)
    model = sample.model_folder(tmp_path / "model")
    reports = []
    with workspace.open_ledger() as ledger:
        for number, kind in enumerate((first, second, second)):
            if number:
                rotate(Context(workspace, ledger, "dpo"), kind if number == 1 else None)
            assert workspace.signing_key.kind is kind
            keys = Keys(workspace.signing_key, workspace.public_key)
            out, own = tmp_path / str(number), workspace.model_key
            assert (own is None) is (kind is ReportKey.ECDSA)
            write_sample(out, model, keys, sign_model_too=True, model_key=own)
            reports.append(out)
    for one in reports:
        found = verify_report(one, own_key(workspace, one), model)
        assert "model.sig signs the audited model" in [claim.what for claim in found.claims]
    assert len({own_key(workspace, one) for one in reports}) == 3


def test_a_passphrase_protects_the_models_key_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRST", FIRST)
    workspace = Workspace.create(tmp_path / "work", report_key=ReportKey.ED25519)
    with workspace.open_ledger() as ledger:
        protect(Context(workspace, ledger, "dpo"), "env:FIRST")
    assert b"ENCRYPTED" in workspace.model_file.read_bytes()
    assert workspace.model_key is not None
    assert workspace.model_key.kind is ReportKey.ECDSA
    workspace.model_file.chmod(0o644)
    with pytest.raises(BadInput, match="other users"):
        Workspace.open(workspace.root)


@pytest.mark.parametrize(("first", "second"), KINDS)
@pytest.mark.parametrize("writes", range(5))
def test_a_change_of_kind_goes_on_after_any_write(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    writes: int,
    first: ReportKey,
    second: ReportKey,
) -> None:
    workspace = Workspace.create(tmp_path / "work", report_key=first)
    with workspace.open_ledger() as ledger:
        context = Context(workspace, ledger, "dpo")
        old = load_signer(workspace.signing_key).public_key.keyid
        with monkeypatch.context() as patched:
            cut_off_after(writes, patched)
            with suppress(Killed):
                rotate(context, second)
        if (workspace.keys_dir / "next.pem").exists():
            with pytest.raises(BadInput, match="finish that one first") as refusal:
                rotate(context, first)
            assert refusal.value.fix == f"Run: unlearnkit key rotate --report-key {second}"
            with pytest.raises(BadInput, match="nothing can be signed until it is done") as refusal:
                refuse_half_rotated(workspace)
            assert "Run: unlearnkit key rotate" in refusal.value.fix
        if workspace.signing_key.kind is first:
            assert rotate(context, second)[0] == old
        refuse_half_rotated(workspace)
        assert workspace.signing_key.kind is second
        assert workspace.model_file.exists() is (second is ReportKey.ED25519)
        assert sum(one.kind == "key_rotated" for one in ledger.events()) == 1
