"""RFC 3161 time stamps, made by openssl's own authority and checked by openssl too."""

from __future__ import annotations

import base64
import json
import multiprocessing
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.authority import Authority, make_authority
from tests.report.conftest import Written, needs, write_sample
from unlearnkit.artefacts import locked, write_atomic
from unlearnkit.errors import BadInput, Busy, VerificationFailed
from unlearnkit.pipeline import timestamp
from unlearnkit.pipeline.timestamp import question, stamped
from unlearnkit.report.timestamp import answers_in, load_roots, query, stamp_of
from unlearnkit.report.verifying import Claim, Verification, verify_report

pytestmark = needs("openssl")
SIGNATURE = b"any signature"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "other", "Somebody else altogether")


def stamp(written: Written, authority: Authority, *options: str) -> None:
    asked = question(written.folder, written.keys.public)
    stamped(written.folder, written.keys.public, authority.answer(asked, *options))


def verify(written: Written, roots: Path | None = None) -> Verification:
    return verify_report(written.folder, written.keys.public, tsa_roots=roots)


def of_stamps(found: Verification) -> list[Claim]:
    return [one for one in found.claims if one.what == "time stamp"]


def refused(written: Written, roots: Path | None) -> str:
    with pytest.raises(VerificationFailed) as caught:
        verify(written, roots)
    return str(caught.value)


@pytest.fixture
def now(written: Written) -> Written:
    """A report written at the time that the authority's clock shows."""
    write_sample(written.folder, written.model, written.keys, created=datetime.now(UTC))
    return written


@pytest.fixture(scope="module")
def answer(authority: Authority) -> bytes:
    """To a query for the signature `SIGNATURE`."""
    return authority.answer(query(SIGNATURE))


def test_a_stamped_report_holds_and_says_by_when_it_was_signed(
    now: Written, authority: Authority
) -> None:
    stamp(now, authority)
    [claim] = of_stamps(verify(now, authority.root))
    assert claim.ok
    assert claim.detail.startswith("signed by 20")


def test_without_roots_the_stamp_is_told_of_but_not_believed(
    now: Written, authority: Authority
) -> None:
    stamp(now, authority)
    found = verify(now)
    assert of_stamps(found) == []
    assert any(one.startswith("the time stamp of 20") for one in found.not_checked)


def test_roots_ask_for_a_stamp(now: Written, authority: Authority) -> None:
    assert "has no time stamp" in refused(now, authority.root)


def test_another_authoritys_root_does_not_do(
    now: Written, authority: Authority, stranger: Authority
) -> None:
    stamp(now, authority)
    assert "none of the given roots" in refused(now, stranger.root)


def test_an_authority_that_sends_its_own_root_along_is_not_trusted_for_it(
    now: Written, authority: Authority, stranger: Authority
) -> None:
    stamp(now, stranger, "-chain", "root.pem")
    assert [claim.ok for claim in of_stamps(verify(now, stranger.root))] == [True]
    assert "none of the given roots" in refused(now, authority.root)


def test_an_authority_may_send_its_certificates_in_any_order(now: Written, tmp_path: Path) -> None:
    """openssl sends its own first; where the root is the shorter, that is not DER's order."""
    short = make_authority(tmp_path / "short", "R")
    stamp(now, short, "-chain", "root.pem")
    [claim] = of_stamps(verify(now, short.root))
    assert claim.ok


def test_of_two_authorities_one_that_is_trusted_is_enough(
    now: Written, authority: Authority, stranger: Authority
) -> None:
    for one in (authority, stranger, authority):
        stamp(now, one)
    found = verify(now, authority.root)
    assert len(of_stamps(found)) == 2
    assert sum(one.startswith("the time stamp of 20") for one in found.not_checked) == 1


def test_a_stamp_of_another_report_is_refused_and_changes_nothing(
    now: Written, authority: Authority, tmp_path: Path
) -> None:
    other = write_sample(tmp_path / "other", now.model, now.keys).parent
    answer = authority.answer(question(other, now.keys.public))
    before = (now.folder / "attestation.json").read_bytes()
    with pytest.raises(VerificationFailed, match="something else"):
        stamped(now.folder, now.keys.public, answer)
    assert (now.folder / "attestation.json").read_bytes() == before


def test_a_stamp_moved_to_another_report_by_hand_is_refused(
    now: Written, authority: Authority, tmp_path: Path
) -> None:
    stamp(now, authority)
    write_sample(tmp_path / "other", now.model, now.keys)
    target = tmp_path / "other" / "attestation.json"
    there = json.loads((now.folder / "attestation.json").read_bytes())
    bundle = json.loads(target.read_bytes())
    bundle["verificationMaterial"] = there["verificationMaterial"]
    compact = json.dumps(bundle, sort_keys=True, separators=(",", ":"))
    target.write_text(compact + "\n")
    with pytest.raises(VerificationFailed, match="something else"):
        verify_report(target.parent, now.keys.public)


def test_a_report_dated_after_its_stamp_is_refused(now: Written, authority: Authority) -> None:
    """The signer's clock may be ahead by minutes, not by an hour."""
    for ahead, holds in ((timedelta(minutes=4), True), (timedelta(hours=1), False)):
        created = datetime.now(UTC) + ahead
        write_sample(now.folder, now.model, now.keys, created=created)
        stamp(now, authority)
        if holds:
            assert verify(now, authority.root).created == created
        else:
            assert "stamped before" in refused(now, authority.root)


def test_what_is_no_answer_or_was_not_granted_is_refused(
    now: Written, authority: Authority
) -> None:
    with pytest.raises(VerificationFailed, match="not an RFC 3161"):
        stamped(now.folder, now.keys.public, b"<html>Too many requests</html>")
    authority.openssl("ts", "-query", "-data", "tsa.cnf", "-sha1", "-out", "sha1.tsq")
    declined = authority.answer((authority.folder / "sha1.tsq").read_bytes())
    with pytest.raises(VerificationFailed, match="did not grant"):
        stamped(now.folder, now.keys.public, declined)


@settings(max_examples=200)
@given(position=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_changed_bit_of_an_answer_never_makes_another_time_believed(
    authority: Authority, answer: bytes, position: int, bit: int
) -> None:
    changed = bytearray(answer)
    changed[position % len(answer)] ^= 1 << bit
    try:
        found = stamp_of(bytes(changed), SIGNATURE)
    except VerificationFailed:
        return
    believed = found.vouched(SIGNATURE, load_roots(authority.root))
    assert not believed or found.time == stamp_of(answer, SIGNATURE).time


def test_a_malformed_place_for_stamps_is_refused(now: Written) -> None:
    path = now.folder / "attestation.json"
    bundle = json.loads(path.read_bytes())
    bundle["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [7]}
    path.write_text(json.dumps(bundle))
    assert "time stamps cannot be read" in refused(now, None)


def test_openssl_agrees(now: Written, authority: Authority, tmp_path: Path) -> None:
    """`openssl ts -verify` over the signature's bytes, as docs/verify.md has it."""
    stamp(now, authority)
    bundle = json.loads((now.folder / "attestation.json").read_bytes())
    [one] = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    (tmp_path / "answer.tsr").write_bytes(base64.b64decode(one["signedTimestamp"]))
    signature = base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])
    (tmp_path / "signature").write_bytes(signature)
    said = subprocess.run(
        [
            *("openssl", "ts", "-verify", "-data", "signature", "-in", "answer.tsr"),
            *("-CAfile", str(authority.root)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr


def test_roots_that_are_none_are_named(now: Written, tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text("nothing")
    for path, what in ((tmp_path / "roots.pem", "no certificates"), (tmp_path, "cannot read")):
        with pytest.raises(BadInput, match=what):
            load_roots(path)


def put_in(report: Path, key: Path, answer: bytes, go: Any, came: Any) -> None:
    """Put a stamp in, in another process, when it is told to."""
    assert go.wait(60)
    came.set()
    stamped(report, key, answer)


def test_two_processes_at_once_lose_no_stamp(
    now: Written, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = question(now.folder, now.keys.public)
    first, second = authority.answer(asked), stranger.answer(asked)
    processes = multiprocessing.get_context("fork")
    go, came = processes.Event(), processes.Event()
    place = (now.folder, now.keys.public)
    other = processes.Process(target=put_in, args=(*place, second, go, came))
    other.start()

    def write(path: Path, content: bytes) -> None:
        """Let the other one come in between what was read and what is written, if it can."""
        go.set()
        assert came.wait(60)
        other.join(1)
        write_atomic(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(timestamp, "write_atomic", write)
        stamped(*place, first)
    other.join(60)
    assert other.exitcode == 0
    held = answers_in((now.folder / "attestation.json").read_bytes())
    assert sorted(held) == sorted(
        stamp_of(one, signature_of(now)).answer for one in (first, second)
    )
    assert verify(now, authority.root).keyid


def signature_of(written: Written) -> bytes:
    bundle = json.loads((written.folder / "attestation.json").read_bytes())
    return base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"])


def test_who_waits_too_long_is_told(now: Written) -> None:
    with (
        locked(now.folder),
        pytest.raises(Busy, match="another process is writing here"),
        locked(now.folder, wait=0.0),
    ):
        pass
    with locked(now.folder):
        pass
    with pytest.raises(BadInput, match="cannot lock it"), locked(now.folder / "nowhere"):
        pass
