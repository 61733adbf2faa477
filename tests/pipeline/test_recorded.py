"""What a run left behind is used and signed only as the ledger recorded it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Line, opened
from unlearnkit.artefacts import load, save, sha256_file
from unlearnkit.domain import AuditResult, EventKind
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.prove import gate, report
from unlearnkit.pipeline.recorded import record_kept, refuse_changed_before_measuring
from unlearnkit.pipeline.runs import Run, finished_runs
from unlearnkit.unlearning.settings import Settings


@pytest.fixture
def audited(line: Line, tmp_path: Path) -> Path:
    """A workspace whose run is finished and audited, both as the ledger has it."""
    work = line.copy_ready(tmp_path / "work", with_run=True)
    with opened(work) as context:
        unlearn(context, line.story.model, line.model, [line.story.files.holdout], Settings())
        audit(context, the_run(context), line.model)
    return work


def the_run(context: Context) -> Run:
    """The workspace's only run."""
    (run,) = finished_runs(context.workspace)
    return run


def better(path: Path) -> None:
    """Write into an audit that nothing leaked."""
    found = load(path, AuditResult)
    changed = tuple(one.model_copy(update={"value": 0.0}) for one in found.measurements)
    save(path, found.model_copy(update={"measurements": changed}))


def test_an_audit_that_was_changed_is_neither_signed_nor_gone_on_with(
    line: Line, audited: Path
) -> None:
    with opened(audited) as context:
        run, events = the_run(context), context.ledger.events()
        told = next(one for one in reversed(events) if one.kind == EventKind.AUDITED)
        better(run.audit_file)
        with pytest.raises(VerificationFailed, match=f"event {told.seq}, audited") as refusal:
            report(context, run, str(line.story.policy))
        assert refusal.value.where == str(run.audit_file)
        assert refusal.value.what.startswith(f"it was changed since {told.time[:10]}")
        assert refusal.value.exit_code == 4
        with pytest.raises(VerificationFailed):
            audit(context, run, line.model)
        assert context.ledger.events() == events
        run.audit_file.unlink()
        audit(context, run, line.model)
        report(context, run, str(line.story.policy))


def test_a_manifest_that_was_changed_is_neither_signed_nor_measured_by(
    line: Line, audited: Path
) -> None:
    with opened(audited) as context:
        run = the_run(context)
        more = run.manifest.model_copy(update={"retain_count": 100_000})
        save(run.manifest_file, more)
        for step in (
            lambda: report(context, run, str(line.story.policy)),
            lambda: gate(context, run, line.model, str(line.story.policy)),
        ):
            with pytest.raises(VerificationFailed, match="unlearned") as refusal:
                step()
            assert refusal.value.where == str(run.manifest_file)


def test_a_kept_figure_that_was_changed_is_not_used_again(line: Line, audited: Path) -> None:
    with opened(audited) as context:
        run = the_run(context)
        kept = sorted(run.scores.glob("*.json"))
        assert kept
        for path in kept:
            before = path.read_bytes()
            path.write_bytes(before + b"\n")
            with pytest.raises(VerificationFailed, match="measured") as refusal:
                audit(context, run, line.model)
            assert refusal.value.where == str(path)
            path.write_bytes(before)


def test_kept_figures_that_were_taken_away_may_be_made_anew_and_the_audit_be_killed_then(
    line: Line, audited: Path
) -> None:
    with opened(audited) as context:
        run = the_run(context)
        refuse_changed_before_measuring(context, run)
        before = context.ledger.events()
        path, *_ = sorted(run.scores.glob("*.json"))
        figures = path.read_bytes()
        path.unlink()
        for _ in range(2):
            refuse_changed_before_measuring(context, run)
        [told] = context.ledger.events()[len(before) :]
        assert told.payload == {"run_id": run.id, "scores": {path.name: ""}}
        path.write_bytes(figures + b"\n")
        refuse_changed_before_measuring(context, run)
        record_kept(context, run)
        path.write_bytes(figures)
        with pytest.raises(VerificationFailed, match="measured"):
            refuse_changed_before_measuring(context, run)


def test_an_audit_before_the_last_is_not_signed_and_may_be_made_again(
    line: Line, audited: Path
) -> None:
    """As a killed audit leaves it: recorded, and not yet written."""
    with opened(audited) as context:
        run = the_run(context)
        before = run.audit_file.read_bytes()
        after = audit(context, run, line.model, line.story.reference)
        run.audit_file.write_bytes(before)
        with pytest.raises(VerificationFailed, match="was not written; this is") as refusal:
            report(context, run, str(line.story.policy))
        assert refusal.value.fix == "Run the same unlearnkit audit again."
        again = audit(context, run, line.model, line.story.reference)
        assert again.models == after.models


def test_what_an_earlier_version_recorded_without_a_digest_passes(
    line: Line, audited: Path
) -> None:
    with opened(audited) as context:
        run = the_run(context)
        context.record(EventKind.AUDITED, {"run_id": run.id})
        better(run.audit_file)
        report(context, run, str(line.story.policy))


def test_never_seen_records_that_were_exchanged_are_no_measure(
    line: Line, audited: Path, tmp_path: Path
) -> None:
    holdout = tmp_path / "holdout.jsonl"
    holdout.write_bytes(line.story.files.holdout.read_bytes())
    with opened(audited) as context:
        run = the_run(context)
        assert run.manifest.holdout_read
        save(run.manifest_file, run.manifest.model_copy(update={"holdout_paths": (str(holdout),)}))
        payload = {"run_id": run.id, "digest": sha256_file(run.manifest_file)}
        context.record(EventKind.UNLEARNED, payload)
        audit(context, run, line.model)
        holdout.write_bytes(b"".join(holdout.read_bytes().splitlines(keepends=True)[:-1]))
        with pytest.raises(BadInput, match="the holdout changed since run-") as refusal:
            gate(context, run, line.model, str(line.story.policy))
        assert refusal.value.where == str(holdout)
