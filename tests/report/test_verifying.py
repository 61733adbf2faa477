import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope

from tests.report import sample
from tests.report.conftest import Written, make_keys, write_sample
from unlearnkit.artefacts import canonical
from unlearnkit.domain import Outcome
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.report.bundle import bundle_bytes
from unlearnkit.report.signing import load_public_key, load_signer
from unlearnkit.report.statement import PAYLOAD_TYPE
from unlearnkit.report.verifying import SIGNED_FILES, Verification, verify_report

many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def verify(written: Written, *, model: bool = True) -> Verification:
    return verify_report(written.folder, written.keys.public, written.model if model else None)


def refused(written: Written) -> str:
    with pytest.raises(VerificationFailed) as caught:
        verify(written)
    assert caught.value.exit_code == 4
    return str(caught.value)


def flip(path: Path, position: int, bit: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= 1 << bit
    path.write_bytes(content)


def attestation(written: Written) -> Path:
    return written.folder / "attestation.json"


def sign_again(written: Written, payload: bytes, payload_type: str = PAYLOAD_TYPE) -> None:
    """Sign any payload with the real key: what a careless or dishonest signer could do."""
    envelope = Envelope(payload, payload_type, {})
    signer = load_signer(written.keys.private)
    envelope.sign(signer)
    attestation(written).write_bytes(bundle_bytes(envelope, signer.public_key.keyid))


def payload_of(written: Written) -> dict[str, Any]:
    bundle = json.loads(attestation(written).read_bytes())
    statement: dict[str, Any] = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    return statement


def test_a_report_holds_and_says_what_was_checked(written: Written) -> None:
    found = verify(written)
    assert found.keyid == load_public_key(written.keys.public).keyid
    assert (found.run_id, found.created, found.outcome) == (sample.RUN, sample.NOW, Outcome.PASS)
    assert all(claim.ok for claim in found.claims)
    assert [claim.what for claim in found.claims] == [
        "signature",
        "policy.yaml",
        "report.html",
        "report.json",
        "signing.pub",
        "report.json says what was signed",
        "the models' digests are those of their files",
        "report.json agrees with itself",
        "report.html shows report.json",
        "report.html embeds what was signed",
        "model file config.json",
        "model file model.safetensors",
        "model file tokenizer.json",
        "the model is the audited one",
    ]


def test_without_a_model_it_says_that_the_model_was_not_checked(written: Written) -> None:
    assert any("the model" in one for one in verify(written, model=False).not_checked)
    assert not any("the model" in one for one in verify(written).not_checked)


def test_the_attestation_itself_can_be_named(written: Written) -> None:
    assert verify_report(attestation(written), written.keys.public).run_id == sample.RUN


@many
@given(name=st.sampled_from(SIGNED_FILES), position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_one_changed_bit_in_a_report_file_is_named(
    written: Written, name: str, position: int, bit: int
) -> None:
    flip(written.folder / name, position, bit)
    assert f"{name} was changed" in refused(written)
    flip(written.folder / name, position, bit)


@many
@given(
    name=st.sampled_from(["config.json", "model.safetensors", "tokenizer.json"]),
    position=st.integers(0, 10**6),
    bit=st.integers(0, 7),
)
def test_one_changed_bit_in_the_model_is_named(
    written: Written, name: str, position: int, bit: int
) -> None:
    flip(written.model / name, position, bit)
    assert f"model file {name} was changed" in refused(written)
    flip(written.model / name, position, bit)


def test_one_changed_bit_anywhere_in_the_attestation_is_refused(written: Written) -> None:
    path = attestation(written)
    whole = path.read_bytes()
    payload = whole.index(b'"payload":"') + 11
    end = whole.index(b'"', payload)
    # The payload is one run of base64, where every 97th byte stands for its neighbours.
    for position in [n for n in range(len(whole)) if not payload < n < end or n % 97 == 0]:
        flip(path, position, position % 8)
        with pytest.raises(VerificationFailed):
            verify_report(path, written.keys.public)
        path.write_bytes(whole)
    assert verify(written).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw + b"\n",
        lambda raw: raw.replace(b'{"', b'{ "', 1),
        lambda raw: raw[:-2] + b',"note":1}\n',
        lambda raw: raw.replace(b'"sig":', b'"note":1,"sig":'),
        lambda raw: raw.replace(b"bundle.v0.3", b"bundle.v0.2"),
    ],
)
def test_what_the_signature_does_not_cover_cannot_be_changed_either(
    written: Written, change: Callable[[bytes], bytes]
) -> None:
    raw = attestation(written).read_bytes()
    assert change(raw) != raw
    attestation(written).write_bytes(change(raw))
    assert "outside its signed part" in refused(written)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_bundle_is_malformed(written: Written, content: bytes) -> None:
    attestation(written).write_bytes(content)
    assert "malformed" in refused(written)


def test_another_key_is_told_from_a_signature_that_does_not_match(
    written: Written, tmp_path: Path
) -> None:
    other = make_keys(tmp_path / "other")
    write_sample(written.folder, written.model, other)
    mine, theirs = (load_public_key(key).keyid for key in (written.keys.public, other.public))
    assert f"signed by another key (keyid {theirs}, expected {mine})" in refused(written)

    raw = attestation(written).read_text().replace(theirs, mine)
    attestation(written).write_text(raw)
    assert "signature does not match" in refused(written)


def test_the_key_in_the_folder_is_never_trusted(written: Written, tmp_path: Path) -> None:
    other = make_keys(tmp_path / "other")
    write_sample(written.folder, written.model, other)
    assert (written.folder / "signing.pub").read_bytes() == other.public.read_bytes()
    assert "another key" in refused(written)


def test_extra_files_are_named_but_letters_may_be_edited(written: Written) -> None:
    letters = written.folder / "letters"
    letters.mkdir()
    (letters / "one.md").write_text("edited by hand")
    assert verify(written).outcome is Outcome.PASS
    (written.folder / "addendum.html").write_text("trust me")
    (written.model / "pytorch_model.bin").write_bytes(b"pickle")
    message = refused(written)
    assert "addendum.html is an extra file" in message
    assert "model file pytorch_model.bin is an extra file" in message


def test_everything_that_does_not_hold_is_said_at_once(written: Written) -> None:
    flip(written.folder / "report.html", 100)
    flip(written.folder / "policy.yaml", 100)
    message = refused(written)
    assert "report.html was changed" in message
    assert "policy.yaml was changed" in message


def test_a_signature_over_something_else_is_refused(written: Written) -> None:
    statement = payload_of(written)
    sign_again(written, canonical(statement | {"predicateType": "https://slsa.dev/provenance/v1"}))
    assert "wrong predicate type 'https://slsa.dev/provenance/v1'" in refused(written)
    sign_again(written, canonical(statement | {"_type": "https://in-toto.io/Statement/v0.1"}))
    assert "wrong statement type" in refused(written)
    sign_again(written, canonical(statement), payload_type="text/plain")
    assert "payload of type 'text/plain'" in refused(written)


@pytest.mark.parametrize("payload", [b"", b"not json", b"{}", b'{"_type": 1}'])
def test_a_signed_payload_that_is_no_statement_is_malformed(
    written: Written, payload: bytes
) -> None:
    sign_again(written, payload)
    assert "payload malformed" in refused(written)


def test_a_statement_without_report_or_model_is_malformed(written: Written) -> None:
    statement = payload_of(written)
    subjects = statement["subject"]
    for kept in (
        [one for one in subjects if not one["name"].startswith("model/")],
        [one for one in subjects if one["name"] != "report.html"],
        [*subjects, subjects[0]],
    ):
        sign_again(written, canonical(statement | {"subject": kept}))
        assert "payload malformed" in refused(written)


def test_claims_that_contradict_the_report_are_refused(written: Written) -> None:
    statement = payload_of(written)
    statement["predicate"]["verdict"]["outcome"] = "fail"
    sign_again(written, canonical(statement))
    assert "report.json contradicts the signed claims: ['verdict']" in refused(written)


def test_no_report_and_no_model_are_bad_input(written: Written, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no report here"):
        verify_report(tmp_path / "nowhere", written.keys.public)
    with pytest.raises(BadInput, match="model folder"):
        verify_report(written.folder, written.keys.public, tmp_path / "nowhere")
