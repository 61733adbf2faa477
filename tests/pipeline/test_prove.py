"""Audit, gate and report of a finished run, and what becomes of its requests."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.company import Line, opened, unreachable_policy
from unlearnkit.artefacts import document_digest, load, save, sha256_file
from unlearnkit.domain import AuditResult, EventKind, ModelRole, Outcome, RequestState, Split
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import SigningKey, new_private_key, public_half
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.keys import rotate
from unlearnkit.pipeline.ledger import create_workspace, holds_report
from unlearnkit.pipeline.prove import gate, report
from unlearnkit.pipeline.runs import Run, finished_runs
from unlearnkit.report.verifying import verify_report
from unlearnkit.unlearning.settings import Settings


@pytest.fixture
def unlearned(line: Line, tmp_path: Path) -> Path:
    """A workspace whose run is finished and audited, and not reported yet."""
    work = line.copy_ready(tmp_path / "work", with_run=True)
    with opened(work) as context:
        unlearn(context, line.story.model, line.model, [line.story.files.holdout], Settings())
        assert states(context) == {RequestState.UNLEARNED}
    return work


def states(context: Context) -> set[RequestState]:
    """The states the requests are in."""
    return {one.state for one in context.ledger.requests()}


def the_run(context: Context) -> Run:
    """The workspace's newest run."""
    return finished_runs(context.workspace)[-1]


def moved(context: Context, **places: str) -> Run:
    """The run, as if its models had lain in these places when it was recorded."""
    run = the_run(context)
    save(run.manifest_file, run.manifest.model_copy(update=places))
    payload = {"run_id": run.id, "digest": sha256_file(run.manifest_file)}
    context.record(EventKind.UNLEARNED, payload)
    return run


# --- the report and the requests -------------------------------------------------------------


def test_a_passed_report_completes_the_requests_and_erases_who_they_are_about(
    line: Line, unlearned: Path
) -> None:
    with opened(unlearned) as context:
        key = context.workspace.vault_key
        for request_id in line.story.truth:
            assert context.ledger.subject(request_id, key).identifiers
        done = report(context, the_run(context), str(line.story.policy))
        assert done.report.verdict.outcome is Outcome.PASS
        assert states(context) == {RequestState.COMPLETED}
        for request_id in line.story.truth:
            with pytest.raises(BadInput, match="no longer in the vault"):
                context.ledger.subject(request_id, key)
        assert context.ledger.verify() == len(context.ledger.events())


def test_a_later_report_keeps_drafts_and_calls_what_was_completed_completed(
    line: Line, unlearned: Path, unreachable: str
) -> None:
    told: list[str] = []
    with opened(unlearned) as quiet:
        context = replace(quiet, tell=told.append)
        done = report(context, the_run(context), str(line.story.policy))
        draft = done.letters[0]
        draft.write_text("Dear Ms. Quibble", encoding="utf-8")
        (done.folder / "attestation.sigstore.json").write_text("{}")
        assert told == []
        again = report(context, the_run(context), unreachable)
        assert again.report.verdict.outcome is Outcome.FAIL
        assert "attestation.sigstore.json" in told[0]
        assert any(f"kept as {draft.with_suffix('.before-1.md')}" in one for one in told)
        text = draft.read_text(encoding="utf-8")
        assert "We do not regard your request as finished" not in text
        assert f"by the policy “{done.report.verdict.policy}”" in text
        verify_report(again.folder, context.workspace.public_key, line.model)


def test_whose_request_was_rejected_after_a_failed_run_gets_no_letter_on_it(
    line: Line, unlearned: Path, unreachable: str
) -> None:
    told: list[str] = []
    rejected, other = line.story.truth
    with opened(unlearned) as quiet:
        context = replace(quiet, tell=told.append)
        report(context, the_run(context), unreachable)
        context.ledger.set_state(rejected, RequestState.REJECTED, "legal", "Art. 17(3)(e)")
        drafts = the_run(context).report / "letters"
        first = {one.stem for one in drafts.glob(f"{rejected}*")}
        assert first
        done = report(context, the_run(context), str(line.story.policy))
        assert done.letters
        assert {one.name.partition(".")[0] for one in done.letters} == {other}
        left = {one.stem for one in drafts.glob(f"{rejected}*")}
        assert left == {f"{one}.before-1" for one in first}
        assert any(f"{rejected}.before-1.md" in one for one in told)
        assert f"request {rejected} was rejected, so no letter on this run was written" in told


def test_a_half_replaced_key_signs_no_report(line: Line, unlearned: Path) -> None:
    """As a rotation leaves it that is killed at its last step, with the new public key there."""
    with opened(unlearned) as context:
        workspace, following = context.workspace, context.workspace.keys_dir / "next.pem"
        SigningKey(following).write(new_private_key())
        workspace.public_key.write_bytes(public_half(SigningKey(following)))
        with pytest.raises(BadInput, match="replacing the signing key was interrupted") as refusal:
            report(context, the_run(context), str(line.story.policy), sign_model_too=True)
        assert "Run: unlearnkit key rotate" in refusal.value.fix
        assert states(context) == {RequestState.UNLEARNED}
        rotate(context)
        done = report(context, the_run(context), str(line.story.policy), sign_model_too=True)
        assert done.report.verdict.outcome is Outcome.PASS


@pytest.fixture
def unreachable(tmp_path: Path) -> str:
    return str(unreachable_policy(tmp_path))


def test_a_failed_report_makes_the_requests_ready_again_and_keeps_who_they_are_about(
    line: Line, unlearned: Path, unreachable: str
) -> None:
    with opened(unlearned) as context:
        done = report(context, the_run(context), unreachable)
        assert done.report.verdict.outcome is Outcome.FAIL
        assert states(context) == {RequestState.READY}
        for request_id in line.story.truth:
            assert context.ledger.subject(request_id, context.workspace.vault_key).identifiers
        verify_report(done.folder, context.workspace.public_key, line.model)


def test_a_report_that_cannot_tell_moves_nobody(unlearned: Path) -> None:
    with opened(unlearned) as context:
        done = report(context, the_run(context), "research")
        assert done.report.verdict.outcome is Outcome.CANNOT_TELL
        assert states(context) == {RequestState.UNLEARNED}


def test_a_run_that_failed_once_may_pass_another_policy_later(
    line: Line, unlearned: Path, unreachable: str
) -> None:
    with opened(unlearned) as context:
        report(context, the_run(context), unreachable)
        report(context, the_run(context), str(line.story.policy))
        assert states(context) == {RequestState.COMPLETED}
        outcomes = [e.payload["outcome"] for e in context.ledger.events() if e.kind == "reported"]
        assert outcomes == ["fail", "pass"]
        passed = report(context, the_run(context), str(line.story.policy))
        [earlier] = passed.report.earlier_verdicts
        assert (earlier.outcome, earlier.policy) == (Outcome.FAIL, "unreachable")
        shown = (passed.folder / "report.html").read_text(encoding="utf-8")
        assert "Reported before on the same run: fail, by policy “unreachable”" in shown


def test_an_older_runs_report_does_not_close_what_a_newer_run_took_over(
    line: Line, unlearned: Path
) -> None:
    with opened(unlearned) as context:
        first = the_run(context)
        newer = Run(context.workspace.runs_dir / "run-ffffffffffff")
        shutil.copytree(first.folder, newer.folder)
        later = {"run_id": newer.id, "created": first.manifest.created + timedelta(days=1)}
        save(newer.manifest_file, first.manifest.model_copy(update=later))
        report(context, first, str(line.story.policy))
        assert states(context) == {RequestState.UNLEARNED}


def test_the_same_report_written_again_keeps_its_date_and_is_told_once(
    line: Line, unlearned: Path, tmp_path: Path
) -> None:
    with opened(unlearned) as context:
        first = report(context, the_run(context), str(line.story.policy))
        page = (first.folder / "report.html").read_bytes()
        events = context.ledger.events()
        again = report(context, the_run(context), str(line.story.policy))
        assert again == first
        assert (again.folder / "report.html").read_bytes() == page
        assert context.ledger.events() == events
        verify_report(again.folder, context.workspace.public_key, line.model)
        elsewhere = report(context, the_run(context), str(line.story.policy), tmp_path / "report")
        assert elsewhere.report.created > first.report.created


def test_a_report_on_a_model_that_was_changed_is_refused(
    line: Line, unlearned: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(line.model, model)
    with opened(unlearned) as context:
        run = moved(context, model_path=str(model))
        (model / "README.md").write_text("one more file")
        before = context.ledger.events()
        with pytest.raises(BadInput, match="a file was changed, added or removed"):
            report(context, run, str(line.story.policy))
        assert context.ledger.events() == before


def test_a_ledger_that_was_changed_gives_no_report(line: Line, unlearned: Path) -> None:
    import sqlite3

    with sqlite3.connect(unlearned / "ledger.db") as database:
        database.execute("UPDATE requests SET state = 'completed'")
    database.close()
    with opened(unlearned) as context, pytest.raises(VerificationFailed):
        report(context, the_run(context), str(line.story.policy))


# --- the audit -------------------------------------------------------------------------------


def test_the_same_audit_again_is_told_once(line: Line, unlearned: Path) -> None:
    with opened(unlearned) as context:
        first = audit(context, the_run(context), line.model)
        events = context.ledger.events()
        assert audit(context, the_run(context), line.model) == first
        assert context.ledger.events() == events


def test_values_came_out_before_and_after_it_no_more_than_those_never_seen(
    unlearned: Path,
) -> None:
    with opened(unlearned) as context:
        found = load(the_run(context).audit_file, AuditResult)
    before = found.value("pii_leakage", Split.FORGET, ModelRole.ORIGINAL)
    after = found.value("pii_leakage", Split.FORGET, ModelRole.UNLEARNED)
    unseen = found.value("pii_leakage", Split.HOLDOUT, ModelRole.UNLEARNED)
    assert before is not None and after is not None and unseen is not None
    assert before > 0.8
    assert after <= unseen + 0.1
    asked = [one for one in found.records if one.values]
    assert {one.split for one in asked} == {Split.FORGET, Split.HOLDOUT}
    assert found.leakage


def test_the_original_may_be_gone_where_it_was_measured_before(
    line: Line, unlearned: Path, tmp_path: Path
) -> None:
    with opened(unlearned) as context:
        run = moved(context, original_path=str(tmp_path / "gone"))
        measured = audit(context, run, line.model)
        assert measured.models[ModelRole.ORIGINAL] == run.manifest.original_digest
        shutil.rmtree(run.scores)
        with pytest.raises(BadInput, match="the original model is not there") as refusal:
            audit(context, run, line.model)
        assert refusal.value.where == str(tmp_path / "gone")


def test_an_original_that_was_changed_is_no_yardstick(
    line: Line, unlearned: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "model"
    shutil.copytree(line.story.model, changed)
    (changed / "README.md").write_text("one more file")
    with opened(unlearned) as context:
        run = moved(context, original_path=str(changed))
        with pytest.raises(BadInput, match="the original model changed since run-"):
            audit(context, run, line.model)


def test_a_reference_once_given_stays_part_of_the_run(line: Line, unlearned: Path) -> None:
    with opened(unlearned) as context:
        run = the_run(context)
        assert ModelRole.REFERENCE not in audit(context, run, line.model).models
        given = audit(context, run, line.model, line.story.reference)
        assert ModelRole.REFERENCE in given.models
        assert audit(context, run, line.model) == given
        assert (
            given.value("forget_quality", given.records[0].split, ModelRole.UNLEARNED) is not None
        )
        assert report(context, run, str(line.story.policy)).report.reference_digest is not None


def test_a_stranger_is_measured_and_leaves_the_runs_audit_alone(
    line: Line, unlearned: Path
) -> None:
    with opened(unlearned) as context:
        run = the_run(context)
        before = run.audit_file.read_bytes()
        found = gate(context, run, line.story.reference, str(line.story.policy))
        assert found.audit.models[ModelRole.UNLEARNED] != run.manifest.unlearned_digest
        assert run.audit_file.read_bytes() == before
        events = context.ledger.events()
        assert events[-1].kind == "gated"
        assert events[-1].payload["digest"] == document_digest(found.answer)
        assert "audited" not in [one.kind for one in events]


def test_the_ledger_goes_on_from_where_its_report_says_it_stood(line: Line, tmp_path: Path) -> None:
    work = line.copy(tmp_path / "work")
    with opened(work) as context:
        place, ledger = context.workspace, context.ledger
        then = holds_report(place, ledger, line.report, None)
        kinds = [one.kind for one in ledger.events()[then.size :]]
        assert kinds[0] == "reported"
    new = create_workspace(tmp_path / "new")
    with new.open_ledger() as other, pytest.raises(VerificationFailed) as refusal:
        holds_report(new, other, line.report, place.public_key)
    assert f"had {then.size} when the report of {line.run_id} was written" in refusal.value.what
    with new.open_ledger() as other:
        for _ in range(then.size + 1):
            other.append("tick", "dpo", {})
        with pytest.raises(VerificationFailed, match=f"event {then.size} of the ledger is not"):
            holds_report(new, other, line.report, place.public_key)


def test_every_event_names_its_artefact_by_digest(line: Line, tmp_path: Path) -> None:
    """Each digest is of a file that the finished workspace still has."""
    finished = line.copy(tmp_path / "work")
    with opened(finished) as context:
        events = context.ledger.events()
        run = the_run(context)
    digests = {sha256_file(file) for file in finished.rglob("*") if file.is_file()}
    digests |= {sha256_file(line.report / "report.json")}
    named = {"located": "digest", "reviewed": "digest", "unlearned": "digest"}
    named |= {"audited": "digest", "reported": "report"}
    for kind, name in named.items():
        last = {one.request_id: one.payload[name] for one in events if one.kind == kind}
        assert last
        assert set(last.values()) <= digests
    assert {one.payload["digest"] for one in events if one.kind == "unlearned"} == {
        sha256_file(run.manifest_file)
    }


def test_the_same_gate_again_is_told_again(line: Line, unlearned: Path) -> None:
    with opened(unlearned) as context:
        first = gate(context, the_run(context), line.model, str(line.story.policy))
        events = context.ledger.events()
        again = gate(context, the_run(context), line.model, str(line.story.policy))
        assert again.verdict == first.verdict
        (told,) = context.ledger.events()[len(events) :]
        assert (told.kind, told.payload) == ("gated", events[-1].payload)


def test_a_utility_text_once_given_stays_part_of_the_run(
    line: Line, unlearned: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("What is to be said of the weather in these parts. " * 200, encoding="utf-8")
    policy = tmp_path / "policy.yaml"
    rule = "{id: one, metric: perplexity, split: utility, explanation: why, "
    rule += "compare: {to: original, at_most: 1000000}}"
    policy.write_text(f"version: 1\nname: one\ndescription: none\nrules: [{rule}]\n")
    with opened(unlearned) as context:
        run = the_run(context)
        without = gate(context, run, line.model, str(policy))
        assert without.verdict.outcome is Outcome.CANNOT_TELL
        given = audit(context, run, line.model, utility=text)
        assert given.value("perplexity", Split.UTILITY, ModelRole.UNLEARNED) is not None
        assert audit(context, run, line.model) == given
        told = report(context, run, str(policy)).report
        assert told.verdict.outcome is Outcome.PASS
        assert told.utility_text == given.utility_text
        stranger = gate(context, run, line.story.reference, str(policy))
        assert stranger.audit.utility_text == given.utility_text
        text.write_text("Another text.", encoding="utf-8")
        with pytest.raises(BadInput, match="is gone or was changed") as refusal:
            gate(context, run, line.story.reference, str(policy))
        assert "--utility-corpus" in refusal.value.fix


def test_dates_are_those_of_the_clock(line: Line, unlearned: Path) -> None:
    noon = datetime(2027, 1, 1, 12, tzinfo=UTC)
    with opened(unlearned) as context:
        then = Context(context.workspace, context.ledger, "tester", now=lambda: noon)
        assert report(then, the_run(then), str(line.story.policy)).report.created == noon
