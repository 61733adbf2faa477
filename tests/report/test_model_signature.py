"""model.sig holds for the package that defines the format, and is bound to the report."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from model_signing.signing import Config as Signing
from model_signing.verifying import Config as Verifying

from tests.report.conftest import Keys, Written, make_keys, write_sample
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.language_model.folder import model_digest, model_files
from unlearnkit.report.model_signature import disagreement, sign_model
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.verifying import verify_report


@pytest.fixture
def signed(written: Written) -> Written:
    """The same report with the model's folder signed too."""
    write_sample(written.folder, written.model, written.keys, sign_model_too=True)
    return written


def model_signing(model: Path, signature: Path, key: Path) -> subprocess.CompletedProcess[str]:
    """That package's own command."""
    given = ["--signature", str(signature), "--public_key", str(key)]
    return subprocess.run(
        [sys.executable, "-m", "model_signing", "verify", "key", str(model), *given],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_packages_own_command_accepts_it_and_refuses_a_changed_model(signed: Written) -> None:
    signature = signed.folder / "model.sig"
    good = model_signing(signed.model, signature, signed.keys.public)
    assert (good.returncode, good.stdout) == (0, "Verification succeeded\n")
    (signed.model / "config.json").write_text("{}")
    bad = model_signing(signed.model, signature, signed.keys.public)
    assert bad.returncode != 0
    assert "Hash mismatch for" in bad.stderr


def test_the_packages_own_functions_refuse_an_extra_file_and_another_key(
    signed: Written, tmp_path: Path
) -> None:
    signature = signed.folder / "model.sig"
    mine = Verifying().use_elliptic_key_verifier(public_key=signed.keys.public)
    mine.verify(signed.model, signature)
    other = make_keys(tmp_path / "other").public
    with pytest.raises(ValueError, match="Key mismatch"):
        Verifying().use_elliptic_key_verifier(public_key=other).verify(signed.model, signature)
    (signed.model / "extra.bin").touch()
    with pytest.raises(ValueError, match="Extra files"):
        mine.verify(signed.model, signature)


def test_signing_leaves_the_model_as_it_was(written: Written) -> None:
    before = model_digest(written.model)
    sign_model(written.model, written.keys.private)
    assert model_digest(written.model) == before


def test_verify_checks_it_with_the_report(signed: Written) -> None:
    found = verify_report(signed.folder, signed.keys.public, signed.model)
    assert "model.sig signs the audited model" in [one.what for one in found.claims]
    (signed.folder / "model.sig").unlink()
    with pytest.raises(VerificationFailed, match=r"model\.sig is missing"):
        verify_report(signed.folder, signed.keys.public)


def test_a_report_written_again_without_it_takes_it_away(signed: Written) -> None:
    write_sample(signed.folder, signed.model, signed.keys)
    assert not (signed.folder / "model.sig").exists()
    assert verify_report(signed.folder, signed.keys.public, signed.model)


def resigned(model: Path, keys: Keys, to: Path) -> bytes:
    Signing().use_elliptic_key_signer(private_key=keys.private.path).sign(model, to)
    return to.read_bytes()


def test_a_signature_of_another_model_by_another_key_or_of_another_kind_does_not_agree(
    signed: Written, tmp_path: Path
) -> None:
    key = load_public_key(signed.keys.public)
    files = model_files(signed.model)
    own = (signed.folder / "model.sig").read_bytes()
    assert disagreement(own, key, files) == ""
    other = make_keys(tmp_path / "other")
    assert "not signed by this key" in disagreement(
        resigned(signed.model, other, tmp_path / "1"), key, files
    )
    attestation = (signed.folder / "attestation.json").read_bytes()
    assert "no signature in the OpenSSF format" in disagreement(attestation, key, files)
    changed = json.loads(own)
    changed["dsseEnvelope"]["payload"] = changed["dsseEnvelope"]["payload"][:-8]
    assert "not signed by this key" in disagreement(json.dumps(changed).encode(), key, files)
    (signed.model / "config.json").write_text("{}")
    assert "other files" in disagreement(
        resigned(signed.model, signed.keys, tmp_path / "2"), key, files
    )
    for broken in (b"", b"{}", b"[]", b"\xff", b"[" * 100_000):
        assert "no signature in the OpenSSF format" in disagreement(broken, key, files)


def test_gits_own_files_and_an_adapters_base_are_left_to_the_attestation(
    signed: Written, tmp_path: Path
) -> None:
    (signed.model / ".gitattributes").write_text("*.safetensors filter=lfs\n")
    files = model_files(signed.model) | {"base//config.json": "0" * 64}
    raw = sign_model(signed.model, signed.keys.private)
    assert disagreement(raw, load_public_key(signed.keys.public), files) == ""


def test_a_model_that_cannot_be_signed_is_bad_input(written: Written, tmp_path: Path) -> None:
    moved = shutil.move(written.model / "model.safetensors", tmp_path / "moved")
    (written.model / "model.safetensors").symlink_to(moved)
    with pytest.raises(BadInput, match="the model cannot be signed"):
        sign_model(written.model, written.keys.private)


def test_without_the_package_it_says_what_to_install(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing.signing", None)
    with pytest.raises(BadInput, match="not installed") as caught:
        sign_model(written.model, written.keys.private)
    assert caught.value.fix == "pip install 'unlearnkit[model-signing]'"
