"""What a reader of report.html sees is what was signed, or it is said that nobody can tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report.conftest import Written, write_sample
from tests.report.test_verifying import payload_of, refused, sign_again, verify
from unlearnkit import resources
from unlearnkit.artefacts import canonical
from unlearnkit.errors import VerificationFailed
from unlearnkit.report.embedded import embedded_in
from unlearnkit.report.render import render_html, renderer
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.verifying import Report

CLAIM = "report.html shows report.json"


def sign_files_again(written: Written) -> None:
    """What a dishonest signer can do: sign the folder's files as they lie there now."""
    statement = payload_of(written)
    for subject in statement["subject"]:
        if not subject["name"].startswith("model/"):
            content = (written.folder / subject["name"]).read_bytes()
            subject["digest"]["sha256"] = hashlib.sha256(content).hexdigest()
    sign_again(written, canonical(statement))


def told(written: Written) -> list[str]:
    """What verify says of the page when it cannot check it."""
    found = verify(written)
    assert CLAIM not in [one.what for one in found.claims]
    return [one for one in found.not_checked if "report.html" in one]


def test_the_page_of_an_untouched_report_is_rendered_again_and_equal(written: Written) -> None:
    found = verify(written)
    assert CLAIM in [one.what for one in found.claims]
    assert not any("report.html" in one for one in found.not_checked)


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.replace("Failed", "Passed").replace("0.190", "0.010"),
        lambda page: page.replace("</body>", "<p>Certified.</p></body>"),
        lambda page: page.replace("<li>Backups", "<li hidden>Backups"),
    ],
    ids=["another figure", "one sentence more", "one sentence hidden"],
)
def test_a_signed_page_that_shows_something_else_is_refused(
    written: Written, change: Callable[[str], str]
) -> None:
    path = written.folder / "report.html"
    page = path.read_text(encoding="utf-8")
    assert change(page) != page
    path.write_text(change(page), encoding="utf-8")
    sign_files_again(written)
    assert "report.html shows something else than report.json says" in refused(written)


def report_changed(written: Written, **fields: Any) -> None:
    path = written.folder / "report.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields))
    page = written.folder / "report.html"  # its envelope would say something else
    page.write_bytes(page.read_bytes().replace(b"data:application/json;base64", b"data:"))
    sign_files_again(written)


def test_a_report_no_page_can_be_made_of_is_refused(written: Written) -> None:
    path = written.folder / "report.json"
    limits = [*json.loads(path.read_bytes())["limitations"], "This model is compliant."]
    report_changed(written, limitations=limits)
    assert "report.html cannot be made of report.json" in refused(written)


@pytest.mark.parametrize(
    ("renderer", "says"),
    [
        (None, "an earlier version made it"),
        ({"version": "9.9", "digest": "0" * 64}, "version 9.9 made it"),
    ],
)
def test_a_page_made_by_another_version_is_said_to_be_unchecked(
    written: Written, renderer: dict[str, str] | None, says: str
) -> None:
    report_changed(written, renderer=renderer)
    [sentence] = told(written)
    assert says in sentence


def test_a_page_made_with_templates_of_ones_own_is_said_to_be_unchecked(
    written: Written, tmp_path: Path
) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    shipped = resources.find("templates", "report.css").read_text()
    (own / "report.css").write_text(shipped + "\nbody { color: navy; }\n")
    write_sample(written.folder, written.model, written.keys, templates_dir=own)
    [sentence] = told(written)
    assert "other code or templates than are here" in sentence
    assert renderer(own) != renderer()
    report = Report.model_validate_json((written.folder / "report.json").read_bytes())
    digest = hashlib.sha256((written.folder / "report.json").read_bytes()).hexdigest()
    keyid = load_public_key(written.keys.public).keyid
    shown = (written.folder / "report.html").read_bytes()
    page = render_html(report, digest, keyid, own, embedded=embedded_in(shown))
    assert page.encode() == shown


@pytest.mark.parametrize("role", ["original", "unlearned"])
def test_a_models_digest_that_is_not_of_its_files_is_refused(written: Written, role: str) -> None:
    """In report.json and in what is signed alike, and without the model at hand."""
    path = written.folder / "report.json"
    other = json.loads(path.read_bytes()) | {f"{role}_digest": "0" * 64}
    path.write_text(json.dumps(other))
    statement = payload_of(written)
    statement["predicate"]["models"][role] = "0" * 64
    sign_again(written, canonical(statement))
    sign_files_again(written)
    told = f"the digest of the {role} model is not that of its signed files"
    with pytest.raises(VerificationFailed, match=told):
        verify(written, model=False)
