"""docs/verify.md: its blocks run as they stand, pass on a good report and fail on a changed one."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SecuresystemslibError
from securesystemslib.signer import SSlibKey
from sigstore.oidc import IdentityToken

from tests.authority import Authority, make_authority
from tests.report import sample
from tests.report.conftest import Written, make_keys, needs, write_sample
from tests.sigstore_instance import ISSUER_URL, WHO, Instance, served, token
from unlearnkit.keys import SigningKey
from unlearnkit.ledger.chain import Event, export_line, next_event
from unlearnkit.pipeline.keyless import prepared
from unlearnkit.pipeline.keyless import signed as sign_keyless
from unlearnkit.pipeline.timestamp import question, stamped
from unlearnkit.report.checkpoint import Checkpoint, sign_checkpoint
from unlearnkit.report.facts import LedgerFacts
from unlearnkit.report.keyless import KEYLESS
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.verifying import verify_report

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = dict(
    section.split("\n", 1) for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
)


def blocks(language: str) -> list[tuple[str, str]]:
    """(heading, code) of every block in that language, in order."""
    found = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(title, code) for title, body in SECTIONS.items() for code in found.findall(body)]


def run_page(written: Written) -> subprocess.CompletedProcess[str]:
    """All shell blocks in one shell; each says its heading before it runs."""
    script = "\n".join(f"echo {shlex.quote(f'@ {title}')}\n{code}" for title, code in blocks("sh"))
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, **places(written)},
        capture_output=True,
        text=True,
        check=False,
    )


def places(written: Written) -> dict[str, str]:
    return {
        "REPORT": str(written.folder),
        "MODEL": str(written.model),
        "KEY": str(written.keys.public),
        "LEDGER": str(ledger_of(written)),
        "CHECKPOINT": str(checkpoint_of(written)),
        "TSA_ROOTS": str(roots_of(written)),
        "SIGSTORE_TRUST": str(trust_of(written)),
        "IDENTITY": WHO,
        "ISSUER": ISSUER_URL,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def ledger_of(written: Written) -> Path:
    """An export that came with the report."""
    return written.folder.parent / "ledger.jsonl"


def checkpoint_of(written: Written) -> Path:
    return written.folder.parent / "ledger.checkpoint.json"


def roots_of(written: Written) -> Path:
    """The certificate of the authority that stamped the report, got from elsewhere."""
    return written.folder.parent / "root.pem"


def trust_of(written: Written) -> Path:
    """What a Sigstore instance's clients trust, got from elsewhere."""
    return written.folder.parent / "client-trust.json"


def events() -> list[Event]:
    """Six, with texts that look like JSON."""
    made: list[Event] = []
    for number in range(6):
        made.append(
            next_event(
                made[-1] if made else None,
                time=f"2026-03-10T12:00:0{number}+00:00",
                actor='dpo","hash":"00",',
                kind="located",
                request_id=None if number % 2 else "00000001",
                payload={"records": number, "hash": "ab", "note": "ü \x7f \\ \n", "share": 1e-7},
            )
        )
    return made


def write_ledger(written: Written) -> None:
    """An export of which the checkpoint counted five events."""
    ledger_of(written).write_bytes(b"".join(export_line(one) for one in events()))
    write_checkpoint(written, 5)


def write_checkpoint(written: Written, size: int) -> None:
    counted = Checkpoint(size=size, head=events()[size - 1].hash, time=sample.NOW)
    checkpoint_of(written).write_bytes(sign_checkpoint(counted, written.keys.private))


def cut_before_the_report(written: Written) -> None:
    """And signed as it stands then: who holds the key can."""
    change_lines(written, lambda lines: lines[:2])
    write_checkpoint(written, 2)


def stopped_in(written: Written) -> str:
    """The heading of the block that failed."""
    done = run_page(written)
    assert done.returncode != 0, done.stdout
    return re.findall("^@ (.*)$", done.stdout, re.MULTILINE)[-1]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with served(Instance()) as one:
        yield one


@pytest.fixture
def signed(written: Written, authority: Authority, instance: Instance) -> Written:
    """With model.sig beside it, a letter, a time stamp, and an identity's signature."""
    with_everything(written, authority)
    sign_as(WHO, written, instance)
    return written


def sign_as(who: str, written: Written, instance: Instance) -> None:
    trust = instance.write_config(written.folder.parent)
    what = prepared(written.folder, written.keys.public, trust)
    sign_keyless(what, IdentityToken(token(who)))


def with_everything(
    written: Written, authority: Authority, model_key: SigningKey | None = None
) -> Written:
    then = LedgerFacts(size=4, head=events()[3].hash)
    write_sample(
        written.folder,
        written.model,
        written.keys,
        sign_model_too=True,
        model_key=model_key,
        ledger=then,
    )
    answer = authority.answer(question(written.folder, written.keys.public))
    stamped(written.folder, written.keys.public, answer)
    shutil.copy(authority.root, roots_of(written))
    (written.folder / "letters").mkdir()
    (written.folder / "letters" / "one.md").write_text("to be edited")
    write_ledger(written)
    return written


tools = needs("bash", "openssl", "jq", "sha256sum", "base64", "diff", "find")


@tools
def test_every_shell_block_passes_on_a_good_report(signed: Written) -> None:
    done = run_page(signed)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verified OK" in done.stdout
    assert load_public_key(signed.keys.public).keyid in done.stdout
    assert done.stdout.count(": OK") == 1 + 5 + 3
    assert "time stamps: 1" in done.stdout
    assert "Time stamp: " in done.stdout
    assert "OK: " in done.stderr
    assert "Records nobody could search: 3" in done.stdout
    assert "6 events hold each other" in done.stdout


def test_no_block_is_left_out() -> None:
    languages = re.findall(r"^```(\w+)$", TEXT, re.MULTILINE)
    assert set(languages) == {"sh", "python"}
    assert len(languages) == len(blocks("sh")) + len(blocks("python"))


def test_the_python_block_verifies_and_refuses_another_key(signed: Written, tmp_path: Path) -> None:
    [(_, code)] = blocks("python")

    def run(of: Written) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **places(of)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert run(signed).stdout == "verified by securesystemslib\n"
    other = run(replace(signed, keys=make_keys(tmp_path / "other")))
    assert other.returncode != 0
    assert "VerificationError" in other.stderr


SIGNATURE = "The signature holds"
STAMPED = "By when it was signed"
VOUCHED = "Who signed, by an issuer's word"
FILES = "The report's files are those that were signed, and no others"
AUDITED = "The model is the one that was audited"
LEDGER = "The ledger is whole"


def change_payload(written: Written) -> None:
    path = written.folder / "attestation.json"
    bundle = json.loads(path.read_bytes())
    payload = base64.b64decode(bundle["dsseEnvelope"]["payload"])
    assert b'"pass"' in payload
    changed = payload.replace(b'"pass"', b'"fail"')
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(changed).decode()
    path.write_text(json.dumps(bundle))


def second_signature(written: Written) -> None:
    path = written.folder / "attestation.json"
    bundle = json.loads(path.read_bytes())
    bundle["dsseEnvelope"]["signatures"] *= 2
    path.write_text(json.dumps(bundle))


def replace_by_link(path: Path) -> None:
    moved = path.rename(path.parent.parent / "moved")
    path.symlink_to(moved)


def change_lines(written: Written, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path = ledger_of(written)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def lower_checkpoint(written: Written) -> None:
    path = checkpoint_of(written)
    envelope = json.loads(path.read_bytes())
    payload = base64.b64decode(envelope["payload"]).replace(b'"size":5', b'"size":3')
    envelope["payload"] = base64.b64encode(payload).decode()
    path.write_text(json.dumps(envelope))


TAMPERED: dict[str, tuple[str, Callable[[Written], object]]] = {
    "payload": (SIGNATURE, change_payload),
    "two signatures": (SIGNATURE, second_signature),
    "another authority's root": (
        STAMPED,
        lambda one: shutil.copy(make_authority(one.folder.parent / "x").root, roots_of(one)),
    ),
    "page": (FILES, lambda one: (one.folder / "report.html").write_text("all is well")),
    "model.sig": (FILES, lambda one: (one.folder / "model.sig").unlink()),
    "extra file": (FILES, lambda one: (one.folder / "notes.txt").touch()),
    "linked file": (FILES, lambda one: replace_by_link(one.folder / "policy.yaml")),
    "model": (AUDITED, lambda one: (one.model / "config.json").write_text("{}")),
    "extra in model": (AUDITED, lambda one: (one.model / "code.py").touch()),
    "event edited": (
        LEDGER,
        lambda one: change_lines(
            one, lambda lines: [lines[0].replace(b"located", b"lost"), *lines[1:]]
        ),
    ),
    "event removed": (LEDGER, lambda one: change_lines(one, lambda all_: [*all_[:2], *all_[3:]])),
    "events exchanged": (
        LEDGER,
        lambda one: change_lines(one, lambda all_: [all_[1], all_[0], *all_[2:]]),
    ),
    "ledger cut off": (LEDGER, lambda one: change_lines(one, lambda lines: lines[:4])),
    "checkpoint lowered": (LEDGER, lower_checkpoint),
    "ledger and checkpoint older than the report": (LEDGER, cut_before_the_report),
    "linked in model": (AUDITED, lambda one: replace_by_link(one.model / "model.safetensors")),
}


@tools
@pytest.mark.parametrize(("heading", "tamper"), TAMPERED.values(), ids=TAMPERED.keys())
def test_the_blocks_stop_where_something_was_changed(
    signed: Written, heading: str, tamper: Callable[[Written], object]
) -> None:
    tamper(signed)
    assert stopped_in(signed) == heading


@tools
def test_the_blocks_stop_at_the_signature_with_another_key(signed: Written, tmp_path: Path) -> None:
    other = replace(signed, keys=make_keys(tmp_path / "other"))
    assert stopped_in(other) == SIGNATURE


@tools
def test_the_blocks_stop_where_somebody_else_signed(signed: Written, instance: Instance) -> None:
    sign_as("somebody-else@example.org", signed, instance)
    assert stopped_in(signed) == VOUCHED


@tools
def test_a_report_that_no_identity_signed_passes_too(signed: Written) -> None:
    (signed.folder / KEYLESS).unlink()
    assert run_page(signed).returncode == 0


# --- the same bytes, read by implementations that are not ours -------------------------------


def signed_parts(written: Written) -> tuple[bytes, bytes]:
    """(pre-authentication bytes built from the raw file by the documented rule, signature)."""
    envelope = json.loads((written.folder / "attestation.json").read_bytes())["dsseEnvelope"]
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    return encoded, base64.b64decode(envelope["signatures"][0]["sig"])


def test_plain_ecdsa_over_the_documented_bytes_holds(written: Written) -> None:
    key = load_pem_public_key(written.keys.public.read_bytes())
    assert isinstance(key, EllipticCurvePublicKey)
    encoded, signature = signed_parts(written)
    key.verify(signature, encoded, ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signature, encoded + b" ", ECDSA(SHA256()))


def test_securesystemslib_alone_verifies_the_raw_file(written: Written, tmp_path: Path) -> None:
    """Its own Envelope.verify with a key made from the PEM file, none of our functions."""

    def verified(key_file: Path) -> dict[str, object]:
        raw = json.loads((written.folder / "attestation.json").read_bytes())
        envelope = Envelope.from_dict(raw["dsseEnvelope"])
        (keyid,) = envelope.signatures
        pem = load_pem_public_key(key_file.read_bytes())
        return dict(envelope.verify([SSlibKey.from_crypto(pem, keyid=keyid)], threshold=1))

    assert len(verified(written.keys.public)) == 1
    with pytest.raises(SecuresystemslibError):
        verified(make_keys(tmp_path / "other").public)


def test_the_page_names_the_predicate_type_that_is_signed(written: Written) -> None:
    encoded, _ = signed_parts(written)
    statement = json.loads(encoded[encoded.index(b"{") :])
    assert statement["predicateType"] in TEXT
    assert verify_report(written.folder, written.keys.public).run_id == sample.RUN
