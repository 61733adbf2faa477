import itertools
import json
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.conftest import Keys, Written, make_keys, write_sample
from unlearnkit import artefacts, resources
from unlearnkit.artefacts import folder_digests, locked
from unlearnkit.errors import BadInput, Busy
from unlearnkit.report.facts import Report, build_report
from unlearnkit.report.verifying import verify_report
from unlearnkit.report.writing import taken_away, write_report


def test_a_report_folder_holds_exactly_what_it_should(written: Written) -> None:
    assert sorted(path.name for path in written.folder.iterdir()) == [
        "attestation.json",
        "policy.yaml",
        "report.html",
        "report.json",
        "signing.pub",
    ]
    report = Report.model_validate_json((written.folder / "report.json").read_bytes())
    assert report.run_id == sample.RUN


def test_writing_again_replaces_the_report(written: Written) -> None:
    first = (written.folder / "attestation.json").read_bytes()
    write_sample(written.folder, written.model, written.keys)
    assert (written.folder / "attestation.json").read_bytes() != first  # ECDSA signs with a nonce
    assert verify_report(written.folder, written.keys.public, written.model)


@pytest.mark.parametrize("value", [2.0**53, 1e17, 1e20, 1e21, 1e300])
def test_a_huge_figure_is_signed_and_holds(written: Written, value: float) -> None:
    """As a perplexity can be; canonical JSON writes some of them as whole numbers."""
    run = sample.manifest(written.model)
    audit = sample.audit(run)
    huge = audit.measurements[0].model_copy(update={"value": value, "low": None, "high": None})
    audit = audit.model_copy(update={"measurements": (huge, *audit.measurements[1:])})
    write_report(
        written.folder,
        build_report(run, audit, sample.verdict(), sample.requests(), created=sample.NOW),
        policy_path=resources.find("policies", "default.yaml"),
        model_dir=written.model,
        signing_key=written.keys.private,
        public_key=written.keys.public,
    )
    assert verify_report(written.folder, written.keys.public, written.model)


def test_what_a_killed_write_left_is_cleared_away(written: Written) -> None:
    (written.folder / ".report.json.abc123").write_text("half")
    letters = written.folder / "letters"
    letters.mkdir()
    for name in (".processing-record.md.abcd_123", "finished.md", ".mine.md"):
        (letters / name).write_text("half")
    write_sample(written.folder, written.model, written.keys)
    assert {one.name for one in letters.iterdir()} == {"finished.md", ".mine.md"}
    assert verify_report(written.folder, written.keys.public, written.model)


def test_nothing_is_written_while_somebody_puts_a_time_stamp_in(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose stamp would land in the new attestation, or the old attestation in its place."""
    before = folder_digests(written.folder)
    hours = (3600.0 * hour for hour in itertools.count())
    with locked(written.folder), monkeypatch.context() as clock:
        clock.setattr(artefacts, "monotonic", lambda: next(hours))
        with pytest.raises(Busy, match="another process is writing here"):
            write_sample(written.folder, written.model, written.keys, created=datetime.now(UTC))
    assert folder_digests(written.folder) == before
    write_sample(written.folder, written.model, written.keys, created=datetime.now(UTC))
    assert folder_digests(written.folder) != before


def test_a_write_that_fails_half_way_leaves_no_attestation(written: Written) -> None:
    page = written.folder / "report.html"
    page.unlink()
    page.mkdir()
    (page / "in the way").touch()
    with pytest.raises(BadInput, match="cannot write"):
        write_sample(written.folder, written.model, written.keys)
    with pytest.raises(BadInput, match="no report here"):
        verify_report(written.folder, written.keys.public)


def test_a_full_disk_leaves_the_earlier_report_as_it_was(written: Written) -> None:
    """A limit on the size of files is the same to the program: the write of the page fails."""
    before = folder_digests(written.folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(BadInput, match="cannot write"):
            write_sample(written.folder, written.model, written.keys, created=datetime.now(UTC))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert folder_digests(written.folder) == before
    assert verify_report(written.folder, written.keys.public, written.model)
    assert list(written.folder.parent.glob(".*.writing-*")) == []


def test_what_goes_with_an_earlier_report_can_be_told(written: Written) -> None:
    assert taken_away(written.folder, sign_model_too=False) == ()
    for name in ("attestation.sigstore.json", "model.sig"):
        (written.folder / name).write_text("{}")
    path = written.folder / "attestation.json"
    bundle = json.loads(path.read_bytes())
    stamps = {"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}]}
    bundle["verificationMaterial"]["timestampVerificationData"] = stamps
    path.write_text(json.dumps(bundle))
    gone = ("attestation.sigstore.json", "1 time stamp")
    assert taken_away(written.folder, sign_model_too=True) == gone
    assert taken_away(written.folder, sign_model_too=False) == (*gone, "model.sig")


def test_a_model_that_changed_since_the_run_is_refused(written: Written, tmp_path: Path) -> None:

    run = sample.manifest(written.model)
    (written.model / "config.json").write_text("{}")
    with pytest.raises(BadInput, match="not the one the run made"):
        write_sample(tmp_path / "new", written.model, written.keys, run=run)
    assert not (tmp_path / "new").exists()


def test_keys_that_do_not_belong_together_are_refused(written: Written, tmp_path: Path) -> None:
    other = make_keys(tmp_path / "other")
    mixed = Keys(private=written.keys.private, public=other.public)
    with pytest.raises(BadInput, match="does not belong"):
        write_sample(tmp_path / "new", written.model, mixed)
    assert not (tmp_path / "new").exists()


def test_foreign_files_and_the_models_own_folder_are_refused(written: Written) -> None:
    with pytest.raises(BadInput, match="inside the model"):
        write_sample(written.model / "report", written.model, written.keys)
    (written.folder / "notes.txt").touch()
    with pytest.raises(BadInput, match="no part of a report"):
        write_sample(written.folder, written.model, written.keys)
    assert (written.folder / "attestation.json").exists()
