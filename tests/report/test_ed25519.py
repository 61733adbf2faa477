"""Reports signed with Ed25519: held by us, openssl and securesystemslib, and by no other key."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SecuresystemslibError
from securesystemslib.signer import SSlibKey

from tests.authority import make_authority
from tests.report.conftest import Keys, Written, make_keys, needs, write_sample
from tests.report.test_verify_page import (
    run_page,
    signed_parts,
    stopped_in,
    with_everything,
    write_ledger,
)
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import ReportKey, SigningKey
from unlearnkit.report.model_signature import sign_model
from unlearnkit.report.render import VERIFY_STEPS
from unlearnkit.report.verifying import verify_report

ED25519 = ReportKey.ED25519


@pytest.fixture
def edwards(written: Written, tmp_path: Path) -> Written:
    """A report signed with such a key, the model beside it with an ECDSA key of its own."""
    keys = make_keys(tmp_path / "keys", kind=ED25519)
    write_sample(
        written.folder, written.model, keys, sign_model_too=True, model_key=model_key(tmp_path)
    )
    return Written(written.folder, written.model, keys)


def model_key(folder: Path) -> SigningKey:
    made = folder / "keys" / "model.pem"
    return SigningKey(made) if made.exists() else make_keys(folder / "keys", "model").private


def openssl(edwards: Written, signed: bytes, signature: bytes) -> bool:
    folder = edwards.folder.parent
    (folder / "signed").write_bytes(signed)
    (folder / "signature").write_bytes(signature)
    files = ("-in", folder / "signed", "-sigfile", folder / "signature")
    key = ("-pubin", "-inkey", edwards.keys.public)
    command = ["openssl", "pkeyutl", "-verify", "-rawin", *key, *files]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_it_holds_with_its_model_and_says_so(edwards: Written) -> None:
    found = verify_report(edwards.folder, edwards.keys.public, edwards.model)
    assert "model.sig signs the audited model" in [one.what for one in found.claims]


@needs("openssl")
def test_openssl_verifies_the_documented_bytes_and_no_others(edwards: Written) -> None:
    signed, signature = signed_parts(edwards)
    assert len(signature) == 64
    assert openssl(edwards, signed, signature)
    assert not openssl(edwards, signed + b" ", signature)
    assert not openssl(edwards, signed, signature[:-1] + bytes([signature[-1] ^ 1]))
    key = load_pem_public_key(edwards.keys.public.read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(signature, signed)
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"something else")


def test_securesystemslib_alone_verifies_it(edwards: Written, tmp_path: Path) -> None:
    raw = json.loads((edwards.folder / "attestation.json").read_bytes())
    envelope = Envelope.from_dict(raw["dsseEnvelope"])
    (keyid,) = envelope.signatures

    def key(public: Path) -> SSlibKey:
        return SSlibKey.from_crypto(load_pem_public_key(public.read_bytes()), keyid=keyid)

    assert envelope.verify([key(edwards.keys.public)], threshold=1)
    for other in (ED25519, ReportKey.ECDSA):
        stranger = make_keys(tmp_path / other, kind=other).public
        with pytest.raises(SecuresystemslibError):
            envelope.verify([key(stranger)], threshold=1)


@needs("bash", "openssl", "jq", "sha256sum")
def test_every_block_of_the_page_and_the_reports_own_steps_hold(
    edwards: Written, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path / "tsa")
    signed = with_everything(edwards, authority, model_key(tmp_path))
    write_ledger(signed)
    done = run_page(signed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 3
    steps = "set -e\n" + VERIFY_STEPS.replace("KEY.pub", str(signed.keys.public))
    own = subprocess.run(
        ["bash", "-c", steps], cwd=signed.folder, capture_output=True, text=True, check=False
    )
    assert own.returncode == 0, own.stderr
    file = signed.folder / "attestation.json"
    bundle = json.loads(file.read_bytes())
    [made] = bundle["dsseEnvelope"]["signatures"]
    raw = bytearray(base64.b64decode(made["sig"]))
    raw[5] ^= 1
    made["sig"] = base64.b64encode(raw).decode()
    file.write_text(json.dumps(bundle))
    assert stopped_in(signed) == "The signature holds"


def test_another_key_of_either_kind_is_refused(edwards: Written, tmp_path: Path) -> None:
    for kind in ReportKey:
        other = make_keys(tmp_path / kind, kind=kind).public
        with pytest.raises(VerificationFailed, match="signed by another key"):
            verify_report(edwards.folder, other)


def test_the_packages_own_command_takes_the_models_key_from_the_report(edwards: Written) -> None:
    given = ["--signature", edwards.folder / "model.sig"]
    command = [sys.executable, "-m", "model_signing", "verify", "key", edwards.model, *given]
    done = subprocess.run(
        [*command, "--public_key", edwards.folder / "model.pub"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_models_key_is_signed_with_the_report(edwards: Written, tmp_path: Path) -> None:
    other = make_keys(tmp_path / "other")
    shutil.copy(other.public, edwards.folder / "model.pub")
    (edwards.folder / "model.sig").write_bytes(sign_model(edwards.model, other.private))
    with pytest.raises(VerificationFailed, match=r"model\.pub was changed"):
        verify_report(edwards.folder, edwards.keys.public)
    (edwards.folder / "model.pub").unlink()
    with pytest.raises(VerificationFailed, match=r"model\.pub is missing"):
        verify_report(edwards.folder, edwards.keys.public)


def test_a_model_is_not_signed_with_such_a_key(edwards: Written) -> None:
    with pytest.raises(BadInput, match="models are signed with an ECDSA P-256 key"):
        sign_model(edwards.model, edwards.keys.private)


def test_the_same_report_signed_again_has_the_same_bytes(edwards: Written, tmp_path: Path) -> None:
    file = edwards.folder / "attestation.json"
    keys = Keys(edwards.keys.private, edwards.keys.public)
    write_sample(edwards.folder, edwards.model, keys)
    first = file.read_bytes()
    write_sample(edwards.folder, edwards.model, keys)
    assert file.read_bytes() == first
    assert not (edwards.folder / "model.pub").exists()
