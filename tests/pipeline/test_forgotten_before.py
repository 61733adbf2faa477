"""The next request: whom earlier runs forgot is not trained on again, and the line goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.company import HURRIED, Line, opened, unlearnkit
from tests.forgotten import asked
from unlearnkit.artefacts import save
from unlearnkit.domain import (
    EventKind,
    Identifier,
    IdentifierKind,
    RequestState,
    RunManifest,
    Split,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import model_digest
from unlearnkit.locate.review import decide as decide_all
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, locate
from unlearnkit.pipeline.forget import ready_requests, unlearn
from unlearnkit.pipeline.forgotten_before import forgotten_before, refuse_older, told_to
from unlearnkit.pipeline.line import Job, process
from unlearnkit.pipeline.material import gather_ready
from unlearnkit.pipeline.preview import preview
from unlearnkit.pipeline.runs import Claim, Run, finished_runs
from unlearnkit.unlearning.settings import Settings


@pytest.fixture
def third(line: Line, tmp_path: Path) -> Iterator[Context]:
    """The finished workspace, in which somebody else has asked since: their request is ready."""
    company = line.story.company
    stays = next(one for one in company.customers if one not in company.asking)
    with opened(line.copy(tmp_path / "work")) as context:
        asked(context, Identifier(IdentifierKind.EMAIL, stays.email))
        [found] = locate(context)
        decide(context, found, decide_all(found, [], "dpo", context.now()))
        yield context


def first_two(line: Line) -> set[str]:
    return {record for records in line.story.truth.values() for record in records}


def test_records_of_earlier_runs_are_in_neither_set(line: Line, third: Context) -> None:
    gathered = gather_ready(third, ready_requests(third), [line.story.files.holdout], 0)
    assert set(gathered.forget_set.forgotten_before) == first_two(line)
    held = {one.id for one in (*gathered.material.retain, *gathered.material.forget)}
    assert held
    assert not held & first_two(line)
    assert not {one.id for one in gathered.material.audited(0)[Split.NEIGHBOUR]} & first_two(line)


def test_the_model_that_an_earlier_run_began_at_is_refused_and_the_newer_one_named(
    line: Line, third: Context, tmp_path: Path
) -> None:
    out = tmp_path / "next"
    with pytest.raises(BadInput, match="what 2 other requests were to make it forget") as refusal:
        unlearn(third, line.story.model, out, [line.story.files.holdout], Settings())
    assert f"Give the newer model: {line.model}." in refusal.value.fix
    assert not out.exists()
    with pytest.raises(BadInput, match="made a newer model from it"):
        preview(third, line.story.model, [line.story.files.holdout], 0)
    assert preview(third, line.model, [line.story.files.holdout], 0).counts


def test_who_lost_the_newer_model_may_go_on_with_the_older(
    line: Line, third: Context, tmp_path: Path
) -> None:
    call = line.story.unlearn(tmp_path / "next", third.workspace.root, *HURRIED)
    assert unlearnkit(*call, "--dry-run").exit_code == 2
    assert unlearnkit(*call, "--dry-run", "--from-older").exit_code == 0
    assert unlearnkit(*call, "--from-older").exit_code == 0
    claims = [one.claim for one in finished_runs(third.workspace)]
    assert [one.from_older for one in claims if one is not None] == [False, True]


def test_the_whole_line_refuses_an_older_model_before_it_reads_any_record(
    line: Line, third: Context, tmp_path: Path
) -> None:
    """Its advice can be followed: what was begun as told goes on without being told again."""
    corpus, out = tmp_path / "later.jsonl", tmp_path / "out"
    corpus.write_bytes(line.story.files.records.read_bytes())
    job = Job(line.story.model, [str(corpus)], [], out)
    before = third.ledger.events()
    with pytest.raises(BadInput, match="made a newer model from it") as refusal:
        process(third, job, Settings())
    assert "unlearnkit unlearn --from-older" in refusal.value.fix
    assert third.ledger.events() == before
    [ready] = [one.id for one in ready_requests(third)]
    begun = Run(third.workspace.runs_dir / "run-ffffffffffff")
    model = (out / "model").resolve()
    save(begun.claim_file, Claim(out=str(model), requests=(ready,)))
    assert not told_to(third.workspace, model, [ready])
    save(begun.claim_file, Claim(out=str(model), requests=(ready,), from_older=True))
    assert told_to(third.workspace, model, [ready])
    assert not told_to(third.workspace, model, [ready, "another"])
    assert not told_to(third.workspace, tmp_path, [ready])


def test_a_run_whose_requests_are_ready_again_may_be_made_anew(line: Line, tmp_path: Path) -> None:
    """As after a report that failed, beside somebody who has asked since."""
    with opened(line.copy_ready(tmp_path / "work", with_run=True)) as context:
        digest, both = model_digest(line.story.model), list(line.story.truth)
        refuse_older(context, digest, [*both, "new"])
        assert forgotten_before(context, [*both, "new"]) == frozenset()
        with pytest.raises(BadInput, match="what 1 other request was to make it forget"):
            refuse_older(context, digest, both[:1])
        context.ledger.set_state(both[1], RequestState.REJECTED, "legal", "Art. 17(3)(e)")
        refuse_older(context, digest, both[:1])
        assert forgotten_before(context, both[:1]) == frozenset()


def test_of_a_request_that_was_reviewed_again_its_newest_run_counts(
    line: Line, third: Context
) -> None:
    """A record that an earlier run took by mistake may be trained on again."""
    (first,) = finished_runs(third.workspace)
    request, *others = line.story.truth
    mistaken, *rest = first.manifest.forget_set.records[request]
    records = first.manifest.forget_set.records | {request: tuple(rest)}
    forget_set = first.manifest.forget_set.model_copy(update={"records": records})
    kept = {record for one in others for record in records[one]} | set(rest)
    assert mistaken in forgotten_before(third, []) - kept
    after(third, first.manifest, "f", forget_set=forget_set)
    assert forgotten_before(third, []) == kept


def after(context: Context, earlier: RunManifest, name: str, **more: object) -> RunManifest:
    """One more finished run, which began at the earlier one's model; `name` is a hex digit."""
    update = {
        "run_id": f"run-{name * 12}",
        "created": context.now(),
        "original_digest": earlier.unlearned_digest,
        "unlearned_digest": name * 64,
        "model_path": f"/models/{name}",
    }
    made = earlier.model_copy(update=update | more)
    save(Run(context.workspace.runs_dir / made.run_id).manifest_file, made)
    return made


def named(context: Context, digest: str) -> str:
    """Which model the refusal says to give."""
    with pytest.raises(BadInput) as refusal:
        refuse_older(context, digest, [])
    return refusal.value.fix.removeprefix("Give the newer model: ").partition(". ")[0]


def test_the_last_model_of_a_longer_line_is_the_one_that_is_named(
    line: Line, third: Context
) -> None:
    (first,) = finished_runs(third.workspace)
    second = after(third, first.manifest, "f")
    assert named(third, first.manifest.original_digest) == "/models/f"
    assert named(third, first.manifest.unlearned_digest) == "/models/f"
    refuse_older(third, second.unlearned_digest, [])


def test_a_model_that_failed_is_not_the_one_that_is_named_unless_all_failed(
    line: Line, third: Context
) -> None:
    (first,) = finished_runs(third.workspace)
    second = after(third, first.manifest, "f")
    third.record(EventKind.REPORTED, {"run_id": second.run_id, "outcome": "fail"})
    assert named(third, first.manifest.original_digest) == str(line.model)
    assert named(third, first.manifest.unlearned_digest) == "/models/f"
    third.record(EventKind.UNLEARNED, {"run_id": second.run_id, "digest": "made again"})
    assert named(third, first.manifest.original_digest) == "/models/f"


def test_of_two_lines_the_one_that_forgot_more_is_named(line: Line, third: Context) -> None:
    (first,) = finished_runs(third.workspace)
    start, (request, *_) = first.manifest.original_digest, line.story.truth
    records = {request: first.manifest.forget_set.records[request]}
    fewer = first.manifest.forget_set.model_copy(update={"records": records})
    after(third, first.manifest, "e", original_digest=start, forget_set=fewer)
    assert named(third, start) == str(line.model)
