"""The whole line in one call: from request files and records to a signed report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.config import FILE_NAME, Config
from unlearnkit.corpus.nlp import NlpSettings
from unlearnkit.corpus.own_recognisers import read_recognisers
from unlearnkit.corpus.reader import Fields
from unlearnkit.corpus.sources import Place, absolute, find_sources
from unlearnkit.counted import counted, noun
from unlearnkit.domain import AuditResult, Located, Request, RunManifest, Uncertain
from unlearnkit.errors import CannotEvaluate
from unlearnkit.language_model.folder import check_folder, model_digest
from unlearnkit.ledger.store import utc_now
from unlearnkit.locate.review import decide as decide_all
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, index_corpus, locate, undecided
from unlearnkit.pipeline.forget import ready_requests, unlearn
from unlearnkit.pipeline.forgotten_before import refuse_older, told_to
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.pipeline.keys import refuse_half_rotated
from unlearnkit.pipeline.ledger import create_workspace
from unlearnkit.pipeline.outputs import refuse_closed, refuse_full, refuse_over
from unlearnkit.pipeline.prove import Reported, find_policy, report
from unlearnkit.pipeline.requests import OPEN, is_open
from unlearnkit.pipeline.runs import claimed, find_run, finished_runs, refuse_file
from unlearnkit.report.writing import refuse_foreign_files
from unlearnkit.requests.intake import read_requests
from unlearnkit.unlearning.settings import Settings
from unlearnkit.workspace import Workspace


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


def settings_at(root: Path) -> Config:
    """The settings of the workspace there; where there is none, those that a new one has."""
    return Workspace.open(root).config if (root / FILE_NAME).is_file() else Config()


def workspace_for(root: Path, job: Job) -> Workspace | None:
    """Make the workspace of a job where there is none, and return it; None where there is one.

    Raises BadInput, before anything is made, where the job could not begin in it.
    """
    if (root / FILE_NAME).is_file():
        return None
    config = Config()
    refuse_at_once(Workspace(root.resolve(), config), job)
    if job.nlp is not None and job.nlp.recognisers is not None:
        read_recognisers(job.nlp.recognisers, job.nlp.language)
    for path in job.requests:
        # The key is nobody's: what is read is thrown away.
        read_requests(path, bytes(32), utc_now(), config.clock)
    return create_workspace(root)


def refuse_at_once(workspace: Workspace, job: Job) -> None:
    """Raise BadInput for what a look can tell: keys, policy, models, records, outputs.

    The workspace need not have been made yet.
    """
    refuse_half_rotated(workspace)
    find_policy(workspace, job.policy)
    for model in (job.model, job.reference):
        if model is not None:
            check_folder(model)
    made, written = job.out / "model", job.out / "report"
    for folder in (made, written):
        refuse_over(job.model, folder)
        refuse_file(folder)
    if str(made.resolve()) not in claimed(workspace):
        refuse_full(made)
        refuse_closed(made)
    refuse_foreign_files(written)
    for places in (job.corpus, job.holdout):
        find_sources([absolute(place) for place in places])


def process(context: Context, job: Job, settings: Settings) -> Processed:
    """Import, index, locate, review, unlearn, audit and report; what is done is not done again.

    Requests whose identity nobody verified are imported and left out of the rest. Raises
    CannotEvaluate, with the commands, while matches wait for a person, and whatever the steps
    raise; what can be refused at once (`refuse_at_once`) is, before anything is done.
    """
    refuse_at_once(context.workspace, job)
    taken = import_requests(context, job.requests)
    _say_closed(context, [request for request, _ in taken])
    searched = [one.id for one, _ in taken if one.state in OPEN and one.verified]
    _refuse_older_at_once(context, job, searched)
    index_corpus(context, job.corpus, job.fields, nlp=job.nlp)
    if searched:
        review(context, locate(context, searched), job.uncertain)
    manifest = unlearn(context, job.model, job.out / "model", job.holdout, settings)
    run = find_run(context.workspace, manifest.run_id)
    measured = audit(context, run, job.out / "model", job.reference)
    return Processed(manifest, measured, report(context, run, job.policy, job.out / "report"))


def _refuse_older_at_once(context: Context, job: Job, searched: Sequence[str]) -> None:
    """What `unlearn` will refuse, before the hours that finding and reviewing may take."""
    requests = {*searched, *(one.id for one in ready_requests(context))}
    out = (job.out / "model").resolve()
    if not requests or told_to(context.workspace, out, requests):
        return
    if finished_runs(context.workspace):
        refuse_older(context, model_digest(job.model.resolve()), requests)


def _say_closed(context: Context, taken: Sequence[Request]) -> None:
    for one in taken:
        if not is_open(one):
            context.tell(
                f"request {one.id} is {one.state} already and not run again; if the person asks "
                "anew, give the request a new id, or the date on which it was submitted"
            )


def review(context: Context, found: Sequence[Located], uncertain: Uncertain) -> None:
    """What becomes of the matches that nobody decided about: as `uncertain` says.

    Somebody else's record that names the person is accepted in part. Raises CannotEvaluate where a
    person is to be asked, and BadInput where one of these has no part that names the person.
    """
    waiting = [one for one in found if undecided(context, one)]
    if waiting and uncertain is Uncertain.ASK:
        count = sum(len(undecided(context, one)) for one in waiting)
        raise CannotEvaluate(
            f"{counted(count, 'uncertain match', 'uncertain matches')} of "
            f"{counted(len(waiting), 'request')} {noun(count, 'waits', 'wait')} for a person",
            fix="\n".join(f"Run: unlearnkit review {one.request_id}" for one in waiting)
            + "\nThen run the same command again.",
        )
    for one in waiting:
        left = {match.record_id for match in undecided(context, one)}
        accept = left if uncertain is Uncertain.ACCEPT else set[str]()
        made = decide_all(one, accept, f"--uncertain {uncertain}", context.now())
        decide(context, one, [decision for decision in made if decision.record_id in left])
