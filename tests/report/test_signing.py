import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from tests.report.conftest import Keys, Written, make_keys, needs
from unlearnkit.errors import BadInput
from unlearnkit.keys import SigningKey
from unlearnkit.report.bundle import sign_statement
from unlearnkit.report.render import VERIFY_STEPS
from unlearnkit.report.signing import load_public_key, load_signer


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return make_keys(tmp_path)


def write_private(path: Path, key: object, encryption: KeySerializationEncryption) -> Path:
    assert isinstance(key, ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey)
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def test_a_bundle_has_the_shape_of_sigstore_v03(keys: Keys) -> None:
    bundle = json.loads(sign_statement({"a": 1}, keys.private))
    keyid = load_public_key(keys.public).keyid
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert bundle["verificationMaterial"] == {"publicKey": {"hint": keyid}}
    envelope = bundle["dsseEnvelope"]
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert base64.b64decode(envelope["payload"]) == b'{"a":1}'
    assert [one["keyid"] for one in envelope["signatures"]] == [keyid]


@pytest.mark.parametrize("value", [float("nan"), 2**53 + 1])
def test_a_number_that_json_readers_round_is_not_signed(keys: Keys, value: float) -> None:
    with pytest.raises(BadInput, match="cannot be signed as JSON"):
        sign_statement({"seed": value}, keys.private)


@needs("openssl")
def test_the_key_id_is_what_openssl_prints(keys: Keys) -> None:
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", keys.public, "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    printed = subprocess.run(["openssl", "sha256"], input=der, capture_output=True, check=True)
    assert load_public_key(keys.public).keyid in printed.stdout.decode()


def printed_steps(written: Written) -> subprocess.CompletedProcess[str]:
    """As they are pasted into a shell that goes on after what fails."""
    script = VERIFY_STEPS.replace("KEY.pub", str(written.keys.public))
    command = ["bash", "-c", script]
    return subprocess.run(command, cwd=written.folder, capture_output=True, text=True, check=False)


@needs("bash", "openssl", "jq", "sha256sum")
def test_the_steps_printed_in_the_report_verify_it_without_unlearnkit(written: Written) -> None:
    letters = written.folder / "letters"
    letters.mkdir(exist_ok=True)
    (letters / "one.md").write_text("Dear")
    good = printed_steps(written)
    assert good.returncode == 0, good.stderr
    assert "Verified OK" in good.stdout
    assert good.stdout.count(": OK") == 4
    assert "and no others" in good.stdout
    (written.folder / "report.html").write_text("something else")
    bad = printed_steps(written)
    assert bad.returncode != 0
    assert "report.html: FAILED" in bad.stdout


def other_signature(bundle: dict[str, Any]) -> None:
    [made] = bundle["dsseEnvelope"]["signatures"]
    made["sig"] = base64.b64encode(bytes(len(base64.b64decode(made["sig"])))).decode()


def other_type(bundle: dict[str, Any]) -> None:
    bundle["dsseEnvelope"]["payloadType"] = "application/json"


@needs("bash", "openssl", "jq", "sha256sum")
@pytest.mark.parametrize("changed", [other_signature, other_type])
def test_the_printed_steps_end_where_the_signature_does_not_hold(
    written: Written, changed: Callable[[dict[str, Any]], None]
) -> None:
    """Though every file is the one that the envelope names."""
    file = written.folder / "attestation.json"
    bundle = json.loads(file.read_bytes())
    changed(bundle)
    file.write_text(json.dumps(bundle))
    done = printed_steps(written)
    assert done.returncode != 0
    assert ": OK" not in done.stdout


@needs("bash", "openssl", "jq", "sha256sum")
@pytest.mark.parametrize("name", ["extra.txt", "letters/script.sh", "letters/deeper/one.md"])
def test_the_printed_steps_see_a_file_that_nobody_signed(written: Written, name: str) -> None:
    path = written.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("extra")
    done = printed_steps(written)
    assert done.returncode != 0
    assert "and no others" not in done.stdout
    assert name in done.stdout


def test_a_private_key_others_can_read_is_refused(keys: Keys) -> None:
    keys.private.path.chmod(0o644)
    with pytest.raises(BadInput, match="other users") as caught:
        load_signer(keys.private)
    assert "chmod 600" in caught.value.fix


def test_keys_of_another_kind_are_refused(tmp_path: Path, keys: Keys) -> None:
    plain = NoEncryption()
    p256 = ec.generate_private_key(ec.SECP256R1())
    cases = {
        "passphrase": write_private(tmp_path / "a", p256, BestAvailableEncryption(b"secret")),
        "another kind": write_private(
            tmp_path / "b", ec.generate_private_key(ec.SECP384R1()), plain
        ),
        "kind": write_private(tmp_path / "c", ed448.Ed448PrivateKey.generate(), plain),
        "cannot read": tmp_path / "nowhere",
    }
    (tmp_path / "d").touch(mode=0o600)
    cases["PEM"] = tmp_path / "d"
    for says, path in cases.items():
        with pytest.raises(BadInput, match=says):
            load_signer(SigningKey(path))
    for path, says in (
        (keys.private.path, "not a public key"),
        (tmp_path / "nowhere", "cannot read"),
    ):
        with pytest.raises(BadInput, match=says):
            load_public_key(path)
