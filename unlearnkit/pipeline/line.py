"""The whole line in one call: from request files and records to a signed report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.corpus.nlp import NlpSettings
from unlearnkit.corpus.reader import Fields
from unlearnkit.corpus.sources import Place
from unlearnkit.domain import AuditResult, Located, RunManifest, Uncertain
from unlearnkit.errors import CannotEvaluate
from unlearnkit.language_model.folder import check_folder
from unlearnkit.locate.review import decide as decide_all
from unlearnkit.locate.review import pending
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, decisions, index_corpus, locate
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.pipeline.keys import refuse_half_rotated
from unlearnkit.pipeline.prove import Reported, find_policy, report
from unlearnkit.pipeline.requests import OPEN
from unlearnkit.pipeline.runs import find_run, refuse_file
from unlearnkit.unlearning.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """What `process` was asked to do."""

    model: Path
    corpus: Sequence[Place]
    requests: Sequence[Path]
    out: Path
    """Gets `model/` and `report/`."""
    holdout: Sequence[Path] = ()
    reference: Path | None = None
    policy: str = ""
    uncertain: Uncertain = Uncertain.ASK
    fields: Fields | None = None
    """How the records are read; the workspace's where there are none."""
    nlp: NlpSettings | None = None
    """The same, of what is looked for in them."""


@dataclass(frozen=True, slots=True)
class Processed:
    """What came of it."""

    manifest: RunManifest
    audit: AuditResult
    reported: Reported


def process(context: Context, job: Job, settings: Settings) -> Processed:
    """Import, index, locate, review, unlearn, audit and report; what is done is not done again.

    Requests whose identity nobody verified are imported and left out of the rest. Raises
    CannotEvaluate, with the commands, while matches wait for a person, and whatever the steps
    raise; what can be refused at once (keys, policy, models, output) is, before anything is done.
    """
    refuse_half_rotated(context.workspace)
    find_policy(context.workspace, job.policy)
    for model in (job.model, job.reference):
        if model is not None:
            check_folder(model)
    refuse_file(job.out)
    taken = import_requests(context, job.requests)
    index_corpus(context, job.corpus, job.fields, nlp=job.nlp)
    searched = [one.id for one, _ in taken if one.state in OPEN and one.verified]
    if searched:
        review(context, locate(context, searched), job.uncertain)
    manifest = unlearn(context, job.model, job.out / "model", job.holdout, settings)
    run = find_run(context.workspace, manifest.run_id)
    measured = audit(context, run, job.out / "model", job.reference)
    return Processed(manifest, measured, report(context, run, job.policy, job.out / "report"))


def review(context: Context, found: Sequence[Located], uncertain: Uncertain) -> None:
    """What becomes of the matches that nobody decided about: as `uncertain` says.

    Somebody else's record that names the person is accepted in part. Raises CannotEvaluate where a
    person is to be asked, and BadInput where one of these has no part that names the person.
    """
    waiting = [one for one in found if pending(one, decisions(context, one))]
    if waiting and uncertain is Uncertain.ASK:
        count = sum(len(pending(one, decisions(context, one))) for one in waiting)
        raise CannotEvaluate(
            f"{count} uncertain matches of {len(waiting)} requests wait for a person",
            fix="\n".join(f"Run: unlearnkit review {one.request_id}" for one in waiting)
            + "\nThen run the same command again.",
        )
    for one in waiting:
        left = {match.record_id for match in pending(one, decisions(context, one))}
        accept = left if uncertain is Uncertain.ACCEPT else set[str]()
        made = decide_all(one, accept, f"--uncertain {uncertain}", context.now())
        decide(context, one, [decision for decision in made if decision.record_id in left])
