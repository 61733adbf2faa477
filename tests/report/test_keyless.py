"""Sigstore's signature beside the key's, made by an instance on this machine and checked by
sigstore's own verifier."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigstore.models import Bundle, TrustedRoot
from sigstore.oidc import IdentityToken
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from tests.report.conftest import Written, write_sample
from tests.sigstore_instance import ISSUER_URL, WHO, Instance, served, token
from unlearnkit.artefacts import write_atomic
from unlearnkit.errors import BadInput, Busy, CannotEvaluate, VerificationFailed
from unlearnkit.pipeline import keyless
from unlearnkit.pipeline.keyless import expected, prepared, signed
from unlearnkit.report.claim import Claim
from unlearnkit.report.keyless import KEYLESS, Expected, Signer, expected_signer
from unlearnkit.report.verifying import Verification, verify_report

JOB = "https://ci.example/privacy/erase.yml@refs/heads/main"


@pytest.fixture
def now(written: Written) -> Written:
    """A report written at the time that the instance's clock shows."""
    write_sample(written.folder, written.model, written.keys, created=datetime.now(UTC))
    return written


def sign(written: Written, trust: Path, who: str = WHO) -> Signer:
    what = prepared(written.folder, written.keys.public, trust)
    return signed(what, IdentityToken(token(who)))


def verify(written: Written, whom: Expected | None = None) -> Verification:
    return verify_report(written.folder, written.keys.public, expected=whom)


def of_sigstore(found: Verification) -> list[Claim]:
    return [one for one in found.claims if one.what == "Sigstore signature"]


def refused(written: Written, whom: Expected | None) -> str:
    with pytest.raises(VerificationFailed) as caught:
        verify(written, whom)
    return str(caught.value)


def bundle_of(written: Written) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((written.folder / KEYLESS).read_bytes())
    return found


def statement_of(written: Written) -> bytes:
    bundle = json.loads((written.folder / "attestation.json").read_bytes())
    return b64decode(bundle["dsseEnvelope"]["payload"])


@pytest.mark.parametrize("who", [WHO, JOB])
def test_a_report_is_signed_by_a_person_or_a_job_and_holds(
    now: Written, trust: Path, who: str
) -> None:
    signer = sign(now, trust, who)
    assert (signer.identity, signer.issuer) == (who, ISSUER_URL)
    [claim] = of_sigstore(verify(now, expected(who, ISSUER_URL, trust)))
    assert claim.ok
    assert claim.detail.startswith(f"made by {who}, says {ISSUER_URL}, between 20")


def test_sigstores_own_verifier_agrees(now: Written, trust: Path, instance: Instance) -> None:
    sign(now, trust)
    root = TrustedRoot.from_file(str(instance.write_root(trust.parent)))
    bundle = Bundle.from_json((now.folder / KEYLESS).read_bytes())
    policy = Identity(identity=WHO, issuer=ISSUER_URL)
    Verifier(trusted_root=root).verify_artifact(statement_of(now), bundle, policy)


def test_the_key_stays_what_decides(now: Written, trust: Path, tmp_path: Path) -> None:
    """Who has an identity of that instance, and not the key, has no report."""
    from tests.report.conftest import make_keys

    sign(now, trust)
    with pytest.raises(VerificationFailed, match="signed by another key"):
        verify_report(
            now.folder,
            make_keys(tmp_path / "other").public,
            expected=expected(WHO, ISSUER_URL, trust),
        )


def test_only_the_digest_of_the_statement_leaves_the_machine(
    now: Written, trust: Path, instance: Instance
) -> None:
    instance.heard.clear()
    sign(now, trust)
    [certificate, entry] = map(json.loads, instance.heard)
    assert set(certificate) == {"certificateSigningRequest"}
    assert entry["kind"] == "hashedrekord"
    assert set(entry["spec"]) == {"data", "signature"}
    assert set(entry["spec"]["data"]) == {"hash"}


def test_without_an_identity_it_is_told_of_and_not_believed(now: Written, trust: Path) -> None:
    sign(now, trust)
    found = verify(now)
    assert of_sigstore(found) == []
    assert any("give --sigstore-identity" in one for one in found.not_checked)


def test_who_is_expected_must_have_signed(now: Written, trust: Path) -> None:
    whom = expected(WHO, ISSUER_URL, trust)
    assert "there is no Sigstore signature" in refused(now, whom)
    sign(now, trust, "somebody-else@example.org")
    said = refused(now, whom)
    assert "somebody else than this identity" in said
    assert "somebody-else@" not in said
    other_issuer = expected("somebody-else@example.org", "https://another.example", trust)
    assert "somebody else than this identity" in refused(now, other_issuer)


def test_another_instance_is_not_trusted(now: Written, trust: Path, tmp_path: Path) -> None:
    sign(now, trust)
    stranger = Instance(url="http://127.0.0.1:9").write_root(tmp_path)
    assert "does not hold" in refused(now, expected(WHO, ISSUER_URL, stranger))


def test_a_signature_of_another_report_is_refused_even_unasked(
    now: Written, trust: Path, tmp_path: Path
) -> None:
    sign(now, trust)
    later = datetime.now(UTC) + timedelta(seconds=1)
    other = write_sample(tmp_path / "other", now.model, now.keys, created=later).parent
    (other / KEYLESS).write_bytes((now.folder / KEYLESS).read_bytes())
    moved = Written(other, now.model, now.keys)
    for whom in (None, expected(WHO, ISSUER_URL, trust)):
        assert "is over something else" in refused(moved, whom)


def test_a_digest_that_was_changed_to_fit_another_report_is_refused(
    now: Written, trust: Path, tmp_path: Path
) -> None:
    sign(now, trust)
    later = datetime.now(UTC) + timedelta(seconds=1)
    other = Written(
        write_sample(tmp_path / "other", now.model, now.keys, created=later).parent,
        now.model,
        now.keys,
    )
    sign(other, trust)
    mine, theirs = bundle_of(now), bundle_of(other)
    theirs["messageSignature"]["messageDigest"] = mine["messageSignature"]["messageDigest"]
    (now.folder / KEYLESS).write_text(json.dumps(theirs))
    assert "does not hold" in refused(now, expected(WHO, ISSUER_URL, trust))


def swap_proof(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["hashes"].reverse()


def lower_time(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = "1600000000"


def no_promise(bundle: dict[str, Any]) -> None:
    del bundle["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]


def no_entry(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = []


def other_signature(bundle: dict[str, Any]) -> None:
    bundle["messageSignature"]["signature"] = "MEUCIQ=="


@pytest.mark.parametrize("tamper", [swap_proof, lower_time, no_promise, no_entry, other_signature])
def test_a_tampered_bundle_is_refused(
    now: Written, trust: Path, tamper: Callable[[dict[str, Any]], None]
) -> None:
    sign(now, trust)
    bundle = bundle_of(now)
    tamper(bundle)
    (now.folder / KEYLESS).write_text(json.dumps(bundle))
    assert "does not hold" in refused(now, expected(WHO, ISSUER_URL, trust))


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"a": 1}'])
def test_what_is_no_bundle_is_refused(now: Written, content: bytes) -> None:
    (now.folder / KEYLESS).write_bytes(content)
    assert "is over something else" in refused(now, None)


@pytest.fixture(scope="module")
def sealed(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Expected]:
    """A bundle over `STATEMENT`, and who signed it."""
    from sigstore.models import ClientTrustConfig
    from sigstore.sign import SigningContext

    trust = instance.write_config(tmp_path_factory.mktemp("trust"))
    config = ClientTrustConfig.from_json(trust.read_text())
    with SigningContext.from_trust_config(config).signer(IdentityToken(token())) as signer:
        bundle = signer.sign_artifact(STATEMENT).to_json().encode()
    whom = expected(WHO, ISSUER_URL, trust)
    assert whom is not None
    return bundle, whom


STATEMENT = b"any statement"


@settings(max_examples=300)
@given(position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_changed_bit_never_makes_something_else_believed(
    sealed: tuple[bytes, Expected], position: int, bit: int
) -> None:
    """It is refused as what does not hold, or changes nothing that counts."""
    bundle, whom = sealed
    before = expected_signer(bundle, STATEMENT, whom)
    changed = bytearray(bundle)
    changed[position % len(bundle)] ^= 1 << bit
    try:
        found = expected_signer(bytes(changed), STATEMENT, whom)
    except VerificationFailed:
        return
    assert found == before


def test_a_report_dated_after_its_signature_is_refused(now: Written, trust: Path) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    write_sample(now.folder, now.model, now.keys, created=ahead)
    sign(now, trust)
    assert "signed before" in refused(now, expected(WHO, ISSUER_URL, trust))


def test_a_report_written_again_needs_another(now: Written, trust: Path) -> None:
    sign(now, trust)
    write_sample(now.folder, now.model, now.keys, created=datetime.now(UTC))
    assert not (now.folder / KEYLESS).exists()
    assert verify(now).keyid


def test_a_report_written_again_meanwhile_is_not_signed(now: Written, trust: Path) -> None:
    what = prepared(now.folder, now.keys.public, trust)
    later = datetime.now(UTC) + timedelta(seconds=1)
    write_sample(now.folder, now.model, now.keys, created=later)
    with pytest.raises(Busy, match="written again"):
        signed(what, IdentityToken(token()))
    assert not (now.folder / KEYLESS).exists()


def test_a_half_written_one_of_a_killed_process_goes_with_the_next_report(
    now: Written, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(path: Path, content: bytes) -> None:
        (path.parent / f".{path.name}.abcdefgh").write_bytes(content[:100])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(keyless, "write_atomic", killed)
        sign(now, trust)
    write_sample(now.folder, now.model, now.keys, created=datetime.now(UTC))
    assert [one.name for one in now.folder.iterdir() if one.name.startswith(".")] == []
    assert write_atomic is keyless.write_atomic


def test_an_instance_that_is_away_leaves_the_report_as_it_was(now: Written, tmp_path: Path) -> None:
    with served(Instance(away=True)) as away, pytest.raises(CannotEvaluate, match="FulcioClient"):
        sign(now, away.write_config(tmp_path))
    with pytest.raises(CannotEvaluate, match="ConnectionError"):
        sign(now, away.write_config(tmp_path))
    assert not (now.folder / KEYLESS).exists()


def test_an_instance_that_answers_with_another_logs_word_is_not_believed(
    now: Written, tmp_path: Path
) -> None:
    """Its log signs with a key that is not in what its clients trust."""
    with served(Instance()) as one:
        config = one.write_config(tmp_path)
        one.log = Instance().log
        with pytest.raises(VerificationFailed, match="does not hold"):
            sign(now, config)
    assert not (now.folder / KEYLESS).exists()


def test_no_token_is_sent_over_a_plain_network(
    now: Written, instance: Instance, tmp_path: Path
) -> None:
    config = instance.client_config()
    config["signingConfig"]["caUrls"][0]["url"] = "http://fulcio.example"
    (tmp_path / "plain.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match="without TLS"):
        sign(now, tmp_path / "plain.json")


def test_sigstores_command_agrees_as_the_page_has_it(
    now: Written, trust: Path, tmp_path: Path
) -> None:
    sign(now, trust)
    statement = tmp_path / "payload"

    def run(identity: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "sigstore", "--trust-config", str(trust)),
                *("verify", "identity", "--offline", "--bundle", str(now.folder / KEYLESS)),
                *("--cert-identity", identity, "--cert-oidc-issuer", ISSUER_URL, str(statement)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )

    statement.write_bytes(statement_of(now))
    assert run(WHO).returncode == 0
    assert run("somebody-else@example.org").returncode != 0
    statement.write_bytes(statement_of(now) + b" ")
    assert run(WHO).returncode != 0
