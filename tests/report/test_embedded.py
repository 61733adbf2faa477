"""The envelope in report.html: for whoever has the page alone, checked by others and by us."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from tests.report.conftest import Written, make_keys, write_sample
from tests.report.test_shown import sign_files_again
from tests.report.test_verifying import attestation, payload_of, refused, verify
from unlearnkit import resources
from unlearnkit.artefacts import canonical
from unlearnkit.report.bundle import sign_statement
from unlearnkit.report.embedded import contradiction, embedded_in, to_embed
from unlearnkit.report.render import render_html
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.verifying import Report

CLAIM = "report.html embeds what was signed"


def page_of(written: Written) -> Path:
    return written.folder / "report.html"


def envelope_of(written: Written) -> bytes:
    return base64.b64decode(embedded_in(page_of(written).read_bytes()))


def test_it_signs_what_the_attestation_signs_but_for_the_page(written: Written) -> None:
    bundle = json.loads(envelope_of(written))
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    signed = payload_of(written)
    assert "report.html" in [one["name"] for one in signed["subject"]]
    signed["subject"] = [one for one in signed["subject"] if one["name"] != "report.html"]
    assert statement == signed
    assert CLAIM in [one.what for one in verify(written).claims]


def test_securesystemslib_alone_verifies_it(written: Written) -> None:
    envelope = Envelope.from_dict(json.loads(envelope_of(written))["dsseEnvelope"])
    (keyid,) = envelope.signatures
    pem = load_pem_public_key(written.keys.public.read_bytes())
    assert len(envelope.verify([SSlibKey.from_crypto(pem, keyid=keyid)], threshold=1)) == 1


def test_in_the_attestations_place_it_is_refused(written: Written) -> None:
    attestation(written).write_bytes(envelope_of(written))
    assert "its subjects are not one report and one model" in refused(written)


def another_keys(written: Written) -> str:
    other = make_keys(written.folder.parent / "other")
    return to_embed(without_page(written), other.private)


def another_claim(written: Written) -> str:
    statement = without_page(written)
    statement["predicate"]["verdict"]["outcome"] = "fail"
    return to_embed(statement, written.keys.private)


def without_page(written: Written) -> dict:  # type: ignore[type-arg]
    signed = payload_of(written)
    signed["subject"] = [one for one in signed["subject"] if one["name"] != "report.html"]
    return signed


@pytest.mark.parametrize(
    ("envelope", "says"),
    [
        (another_keys, "the envelope in report.html: signed by another key"),
        (another_claim, "the envelope in report.html: it says something else than attestation"),
        (lambda one: "AAAA", "the envelope in report.html: malformed"),
        (lambda one: "A", "the envelope in report.html: it is no base64"),
        (lambda one: "", "the envelope in report.html: there is none"),
    ],
    ids=["another key's", "another claim", "no envelope", "no base64", "none"],
)
def test_a_signed_page_with_another_envelope_is_refused(
    written: Written, envelope: Callable[[Written], str], says: str
) -> None:
    """A dishonest signer, who renders the page as it should be but for the envelope."""
    document = (written.folder / "report.json").read_bytes()
    digest = next(
        one["digest"]["sha256"]
        for one in payload_of(written)["subject"]
        if one["name"] == "report.json"
    )
    keyid = load_public_key(written.keys.public).keyid
    report = Report.model_validate_json(document)
    page_of(written).write_text(
        render_html(report, digest, keyid, embedded=envelope(written)), encoding="utf-8"
    )
    sign_files_again(written)
    assert says in refused(written)


def test_a_page_of_ones_own_template_needs_none(written: Written, tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    shipped = resources.find("templates", "report.html.j2").read_text(encoding="utf-8")
    (own / "report.html.j2").write_text(shipped.replace("{{ embedded }}", ""), encoding="utf-8")
    write_sample(written.folder, written.model, written.keys, templates_dir=own)
    assert CLAIM not in [one.what for one in verify(written).claims]


def test_the_same_report_written_again_is_the_same_page(written: Written) -> None:
    before = page_of(written).read_bytes()
    write_sample(written.folder, written.model, written.keys)
    assert page_of(written).read_bytes() == before


def test_another_key_s_envelope_is_not_taken_over(written: Written, tmp_path: Path) -> None:
    again = Written(written.folder, written.model, make_keys(tmp_path / "new"))
    write_sample(again.folder, again.model, again.keys)
    assert CLAIM in [one.what for one in verify(again).claims]


def test_of_two_in_one_page_none_is_taken(written: Written) -> None:
    page = page_of(written).read_bytes()
    assert embedded_in(page)
    assert embedded_in(page + page) == embedded_in(b"<p>nothing</p>") == ""


def test_no_signature_over_other_bytes_is_taken_for_it(written: Written) -> None:
    key = load_public_key(written.keys.public)
    signed = canonical(payload_of(written))
    whole = base64.b64encode(sign_statement(payload_of(written), written.keys.private)).decode()
    assert contradiction(whole, key, signed) == "it says something else than attestation.json"
    assert contradiction(embedded_in(page_of(written).read_bytes()), key, signed) == ""
