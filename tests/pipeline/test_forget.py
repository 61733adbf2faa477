"""Unlearning a model that is given as an adapter, and the card of what comes out."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from tests.company import HURRIED, Line, events_of, opened, unlearnkit
from tests.language_model import tiny
from unlearnkit.artefacts import folder_digests
from unlearnkit.domain import CutRecords, ModelRole, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.language_model.adapter_folder import is_adapter
from unlearnkit.language_model.folder import load_language_model, model_digest
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.recorded import refuse_changed
from unlearnkit.pipeline.runs import finished_runs
from unlearnkit.unlearning.lineage import lineage_of
from unlearnkit.unlearning.settings import ObjectiveName, Settings

QUICK = Settings(learning_rate=2e-3, tolerance=0.3, retain_tolerance=0.1, max_passes=1)
CARD = "---\nlicense: mit\n---\n# Support model\n"


@pytest.fixture
def ready(line: Line, tmp_path: Path) -> Path:
    """A copy of the reviewed workspace."""
    return line.copy_ready(tmp_path / "work")


@pytest.fixture
def adapter(line: Line, tmp_path: Path) -> Path:
    """The company's model as an adapter that changes little, with a card; its base beside it."""
    base = Path(shutil.copytree(line.story.model, tmp_path / "base"))
    made = tiny.saved_adapter(tmp_path / "adapter", base, lora_alpha=0.01)
    (made / "README.md").write_text(CARD)
    return made


def test_an_adapter_goes_through_the_line_and_its_digest_covers_the_base(
    line: Line, ready: Path, adapter: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with opened(ready) as context:
        manifest = unlearn(context, adapter, out, [line.story.files.holdout], QUICK)
        assert manifest.original_digest == model_digest(adapter)
        assert manifest.unlearned_digest == model_digest(out)
        assert unlearn(context, adapter, out, [line.story.files.holdout], QUICK) == manifest
        (run,) = finished_runs(context.workspace)
        measured = audit(context, run, out)
        assert measured.models[ModelRole.ORIGINAL] == manifest.original_digest
        weights = bytearray((tmp_path / "base" / "model.safetensors").read_bytes())
        weights[-1] ^= 1
        (tmp_path / "base" / "model.safetensors").write_bytes(weights)
        with pytest.raises(BadInput, match="the original model changed"):
            audit(context, run, out)


def test_nothing_is_written_into_an_adapters_base(line: Line, ready: Path, adapter: Path) -> None:
    base = adapter.parent / "base"
    before = folder_digests(base)
    with opened(ready) as context, pytest.raises(BadInput, match="over the one it is made from"):
        unlearn(context, adapter, base / "out", [line.story.files.holdout], QUICK)
    assert folder_digests(base) == before


def test_the_output_says_in_its_card_what_was_done_and_about_nobody(line: Line) -> None:
    card = (line.model / "README.md").read_text()
    assert card.startswith("<!-- unlearnkit")
    asked = {one for ids in line.story.truth.values() for one in ids}
    assert f"| Records to forget | {len(asked)} |" in card
    told = [*line.story.spellings(), *line.story.truth, *asked, str(line.folder), line.run_id]
    assert [one for one in told if one in card] == []


def test_the_originals_card_comes_along_and_a_broken_template_is_said_before_training(
    line: Line, ready: Path, adapter: Path, tmp_path: Path
) -> None:
    template = ready / "templates" / "model_card.md.j2"
    template.parent.mkdir(exist_ok=True)
    template.write_text("{{ facts.")
    out, before = tmp_path / "out", events_of(ready)
    arguments = ("unlearn", adapter, "--holdout", line.story.files.holdout, "--out", out)
    said = unlearnkit(*arguments, "--workspace", ready, *HURRIED)
    assert said.exit_code == 2
    assert "model_card.md.j2" in said.stderr
    assert events_of(ready) == before
    assert not out.exists()
    template.unlink()
    assert unlearnkit(*arguments, "--workspace", ready, *HURRIED).exit_code == 0
    assert (out / "README.md").read_text().startswith(f"{CARD}\n<!-- unlearnkit")
    assert not is_adapter(out)
    assert load_language_model(out).model.dtype == torch.float32


def test_an_adapter_of_an_adapter_is_written_for_the_same_base(
    line: Line, ready: Path, adapter: Path, tmp_path: Path
) -> None:
    out, settings = (
        tmp_path / "out",
        replace(QUICK, objective=ObjectiveName.NPO, lora_rank=4, as_adapter=True),
    )
    before = folder_digests(adapter.parent / "base")
    with opened(ready) as context:
        manifest = unlearn(context, adapter, out, [line.story.files.holdout], settings)
    assert is_adapter(out)
    assert load_language_model(out).base == adapter.parent / "base"
    assert manifest.settings["lora_rank"] == 4
    assert manifest.unlearned_digest == model_digest(out)
    assert folder_digests(adapter.parent / "base") == before


def test_the_run_says_which_objective_it_had(line: Line, ready: Path, tmp_path: Path) -> None:
    settings = replace(QUICK, objective=ObjectiveName.NPO)
    with opened(ready) as context:
        manifest = unlearn(
            context, line.story.model, tmp_path / "out", [line.story.files.holdout], settings
        )
    assert manifest.objective == "npo"
    assert manifest.cut == CutRecords(
        records=0, with_evidence=0, of=len(manifest.forget_set.record_ids)
    )
    assert manifest.calibration == ()
    assert "objective npo" in (tmp_path / "out" / "README.md").read_text()


def test_a_model_that_has_unlearned_before_is_held_to_what_the_first_one_had(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    settings = replace(QUICK, objective=ObjectiveName.FORWARD_KL, fixed_alpha=8.0)
    before = Path(shutil.copytree(line.model, tmp_path / "before"))
    said = lineage_of(before)
    assert said is not None
    assert said.runs == 1
    with opened(ready) as context:
        manifest = unlearn(context, before, tmp_path / "out", [line.story.files.holdout], settings)
    assert manifest.settings["retain_term"] == "ce"
    assert manifest.retain_level == asdict(said.retain_level)
    assert lineage_of(tmp_path / "out") == said.next()


def test_a_run_whose_model_was_deleted_is_made_again_and_recorded_as_it_is_now(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    """As after a report that failed: the requests are ready again."""
    out, settings = tmp_path / "out", replace(QUICK, objective=ObjectiveName.NPO)
    with opened(ready) as context:
        call = (context, line.story.model, out, [line.story.files.holdout], settings)
        first = unlearn(*call)
        for request_id in first.requests:
            context.ledger.set_state(request_id, RequestState.READY, "dpo")
        shutil.rmtree(out)
        again = unlearn(*call)
        assert again.run_id == first.run_id
        assert again.created > first.created
        assert {one.state for one in context.ledger.requests()} == {RequestState.UNLEARNED}
        (run,) = finished_runs(context.workspace)
        refuse_changed(context, run)
