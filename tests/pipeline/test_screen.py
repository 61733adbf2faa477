"""What a screening comes to: in itself, and as one check of a gate."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.company import opened
from tests.forgotten import TRAINED, forgotten, jsonl, ready
from unlearnkit.domain import Check, Finding, Outcome, RequestState, Screened, Sureness, Verdict
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.pipeline.installation import examine_workspace
from unlearnkit.pipeline.screen import as_check, left_out, outcome_of, screen
from unlearnkit.policy.verdict import with_check
from unlearnkit.workspace import Workspace

CERTAIN, POSSIBLE = Sureness.CERTAIN, Sureness.POSSIBLE


def screened(
    *sureness: Sureness,
    strict: bool = False,
    unread: int = 0,
    unlisted: int = 0,
    earlier: int = 0,
    people: int = 1,
) -> Screened:
    """A screening that found these, each in a record of its own."""
    found = Screened(
        outcome=Outcome.PASS,
        strict=strict,
        people=people,
        unlisted=("r",) * unlisted,
        earlier=("r",) * earlier,
        corpus_digest="d",
        records=9,
        quarantined={"no text": unread} if unread else {},
        findings=tuple(finding(str(at), one) for at, one in enumerate(sureness)),
    )
    return found.model_copy(update={"outcome": outcome_of(found)})


def finding(record_id: str, sureness: Sureness, request: str = "r") -> Finding:
    return Finding(
        request_id=request,
        record_id=record_id,
        source="a.jsonl",
        line=1,
        sureness=sureness,
        reason="why",
    )


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        (screened(), Outcome.PASS, 0),
        (screened(CERTAIN), Outcome.FAIL, 1),
        (screened(POSSIBLE), Outcome.PASS, 0),
        (screened(POSSIBLE, strict=True), Outcome.FAIL, 1),
        (screened(unread=1), Outcome.PASS, 0),
        (screened(unread=1, strict=True), Outcome.CANNOT_TELL, 3),
        (screened(unlisted=1), Outcome.CANNOT_TELL, 3),
        (screened(earlier=1), Outcome.PASS, 0),
        (screened(earlier=1, strict=True), Outcome.CANNOT_TELL, 3),
        (screened(CERTAIN, earlier=1, strict=True), Outcome.FAIL, 1),
        (screened(CERTAIN, unlisted=1), Outcome.FAIL, 1),
    ],
)
def test_one_function_gives_the_outcome_and_its_exit_code(
    found: Screened, outcome: Outcome, code: int
) -> None:
    assert (found.outcome, found.exit_code) == (outcome, code)


def test_a_record_that_is_certainly_one_persons_is_not_possibly_anothers() -> None:
    found = screened().model_copy(
        update={"findings": (finding("1", POSSIBLE), finding("1", CERTAIN, "s"))}
    )
    assert found.found(CERTAIN) == {"1"}
    assert found.found(POSSIBLE) == frozenset()
    assert left_out(found) == {"1"}


def test_another_workspace_s_key_would_find_nobody_and_is_refused(tmp_path: Path) -> None:
    workspace = forgotten(tmp_path)
    other = Workspace.create(tmp_path / "other").root
    shutil.copy(other / "keys" / "workspace.key", workspace / "keys" / "workspace.key")
    with (
        opened(workspace) as context,
        pytest.raises(BadInput, match="another workspace's key") as refused,
    ):
        screen(context, [jsonl(tmp_path / "new.jsonl", TRAINED)])
    assert "keys/" in refused.value.fix
    assert (
        "another workspace's key"
        in {one.part: one for one in examine_workspace(Workspace.open(workspace))}[
            "do-not-train list"
        ].found
    )


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (screened(), Outcome.PASS),
        (screened(CERTAIN), Outcome.FAIL),
        (screened(unlisted=1), Outcome.CANNOT_TELL),
        (screened(unread=1), Outcome.CANNOT_TELL),
        (screened(CERTAIN, unread=1), Outcome.FAIL),
        (screened(people=0), Outcome.CANNOT_TELL),
    ],
)
def test_in_a_gate_it_counts_as_a_rule_does(found: Screened, outcome: Outcome) -> None:
    rule = Check(
        rule="one", outcome=Outcome.PASS, severity="fail", observed=0.0, bound="", explanation=""
    )
    verdict = Verdict(policy="p", policy_digest="d", outcome=Outcome.PASS, checks=(rule,))
    assert with_check(verdict, as_check(found)).outcome is outcome


def test_a_gate_says_whom_an_earlier_list_may_miss() -> None:
    assert "an earlier version did not list" in as_check(screened(earlier=2)).explanation
    assert "earlier version" not in as_check(screened()).explanation


def test_in_a_gate_it_says_what_was_not_looked_at() -> None:
    whole = as_check(screened())
    assert whole.bound == "0 <= 0 records of 1 person on the list in 9"
    assert whole.explanation == "Nobody who was forgotten may be trained on again."
    unread = as_check(screened(unread=18))
    assert "18 records could not be read" in unread.explanation
    assert "--write-clean" in unread.explanation
    empty = as_check(screened(people=0).model_copy(update={"waiting": ("abcdefgh-1",)}))
    assert empty.bound == "0 <= 0 records of 0 people on the list in 9"
    assert "1 request was unlearned and not completed" in empty.explanation
    assert "abcdefgh)" in empty.explanation


def test_a_person_whose_report_is_not_written_yet_is_not_looked_for_and_no_pass(
    tmp_path: Path,
) -> None:
    workspace = ready(tmp_path)
    with opened(workspace) as context:
        [request] = context.ledger.requests()
        context.ledger.set_state(request.id, RequestState.UNLEARNED, "dpo")
        found = screen(context, [jsonl(tmp_path / "new.jsonl", TRAINED)])
    assert found.waiting == (request.id,)
    assert as_check(found).outcome is Outcome.CANNOT_TELL


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """A file that is not what was screened, were it by one word, is no clean corpus."""
    workspace = forgotten(tmp_path)
    corpus = jsonl(tmp_path / "in" / "new.jsonl", ["a first", "a second"])

    def meanwhile(*_: object) -> None:
        """Told when the corpus was read and is not yet written."""
        jsonl(corpus, ["a first", "another"])

    with opened(workspace) as context, pytest.raises(CannotEvaluate, match="changed while"):
        screen(replace(context, progress=meanwhile), [corpus], clean=tmp_path / "out")


def test_a_folder_that_may_not_be_written_to_is_refused_before_anything_is_read(
    tmp_path: Path,
) -> None:
    workspace = forgotten(tmp_path)
    with opened(workspace) as context, pytest.raises(BadInput, match="written over"):
        screen(context, [tmp_path / "trained.jsonl"], clean=tmp_path)
    assert not (workspace / "screening").exists()


def test_the_records_that_were_forgotten_are_told_and_nobody_elses(tmp_path: Path) -> None:
    workspace = forgotten(tmp_path)
    with opened(workspace) as context:
        found = screen(context, [tmp_path / "trained.jsonl"])
    assert len(found.found(CERTAIN)) == len(TRAINED) - 1
    assert found.found(POSSIBLE) == frozenset()


def test_screening_again_reads_no_shard_anew(tmp_path: Path) -> None:
    workspace = forgotten(tmp_path)
    shards = workspace / "screening" / "shards"
    with opened(workspace) as context:
        screen(context, [tmp_path / "trained.jsonl"])
        before = {path.name: path.stat().st_mtime_ns for path in shards.iterdir()}
        screen(context, [tmp_path / "trained.jsonl"])
        assert {path.name: path.stat().st_mtime_ns for path in shards.iterdir()} == before
