"""A report about an adapter covers the base it belongs to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.conftest import Written, make_keys, write_sample
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.report.verifying import verify_report


@pytest.fixture
def about_adapter(tmp_path: Path) -> Written:
    """A report about an adapter in `adapter`, whose base lies in `base`."""
    sample.model_folder(tmp_path / "base")
    model = tmp_path / "adapter"
    model.mkdir()
    settings = {"peft_type": "LORA", "base_model_name_or_path": "../base"}
    (model / "adapter_config.json").write_text(json.dumps(settings))
    (model / "adapter_model.safetensors").write_bytes(b"matrices")
    keys = make_keys(tmp_path / "keys")
    return Written(write_sample(tmp_path / "report", model, keys).parent, model, keys)


def refused(written: Written) -> str:
    with pytest.raises(VerificationFailed) as caught:
        verify_report(written.folder, written.keys.public, written.model)
    return str(caught.value)


def test_the_bases_files_are_signed_and_checked_with_the_adapters(about_adapter: Written) -> None:
    found = verify_report(about_adapter.folder, about_adapter.keys.public, about_adapter.model)
    assert [claim.what for claim in found.claims if claim.what.startswith("model file ")] == [
        "model file adapter_config.json",
        "model file adapter_model.safetensors",
        "model file base//config.json",
        "model file base//model.safetensors",
        "model file base//tokenizer.json",
    ]


def test_a_change_of_either_is_named(about_adapter: Written, tmp_path: Path) -> None:
    (tmp_path / "base" / "config.json").write_text("{}")
    (about_adapter.model / "adapter_model.safetensors").write_bytes(b"others")
    said = refused(about_adapter)
    assert "model file base//config.json was changed" in said
    assert "model file adapter_model.safetensors was changed" in said


def test_without_its_base_an_adapter_is_not_the_audited_model(
    about_adapter: Written, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "base")
    assert "the adapter's base model is not here" in refused(about_adapter)
    (about_adapter.model / "adapter_config.json").unlink()
    said = refused(about_adapter)
    assert "model file adapter_config.json is missing" in said
    assert "model file base//config.json is missing" in said


def test_a_report_is_not_written_into_the_base(about_adapter: Written, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="inside the model"):
        write_sample(tmp_path / "base" / "report", about_adapter.model, about_adapter.keys)
