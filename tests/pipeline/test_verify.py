"""What is given for a report: the mistake is named, before any key is talked of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.conftest import make_keys, write_sample
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.verify import verify


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """In a folder that an auditor has, with the signer's key in `keys`."""
    model, keys = sample.model_folder(tmp_path / "model"), make_keys(tmp_path / "keys")
    return write_sample(tmp_path / "report", model, keys).parent


def refused(given: Path, key: Path | None) -> BadInput:
    with pytest.raises(BadInput) as refusal:
        verify(given, key, None, given.parent)
    return refusal.value


@pytest.mark.parametrize("name", ["report.html", "report.json", "policy.yaml"])
@pytest.mark.parametrize("has_key", [True, False])
def test_another_file_of_the_report_is_not_called_forged(
    report: Path, name: str, has_key: bool
) -> None:
    key = report.parent / "keys" / "signing.pub" if has_key else None
    told = refused(report / name, key)
    assert told.what == "this is no report's attestation"
    assert told.fix == "Give the report's folder, or the attestation.json in it."


def test_a_file_beside_the_workspace_does_not_make_its_key_one_that_came_with_it(
    report: Path,
) -> None:
    given = Path(shutil.copy(report / "report.json", report.parent / "got.json"))
    told = refused(given, report.parent / "keys" / "signing.pub")
    assert told.what == "this is no report's attestation"


def test_an_attestation_by_itself_is_no_report(report: Path) -> None:
    given = Path(shutil.copy(report / "attestation.json", report.parent))
    told = refused(given, report.parent / "keys" / "signing.pub")
    assert told.what.startswith("an attestation by itself")
    assert told.where == str(given)


@pytest.mark.parametrize("has_key", [True, False])
def test_what_is_not_there_is_said(report: Path, has_key: bool) -> None:
    key = report.parent / "keys" / "signing.pub" if has_key else None
    assert "there is no such file" in refused(report.parent / "nowhere", key).what
    assert "there is no attestation.json" in refused(report.parent / "model", key).what
