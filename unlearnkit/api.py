"""The line for Python: five functions of paths and frozen settings, the commands' counterparts.

They work in a workspace, as the commands do (`unlearnkit init`), and leave the same artefacts and
events, so that either goes on where the other stopped. Importing this loads nothing heavy.

Two stages' packages have the name of a function. Import from them by name, `from unlearnkit.audit
import engine`: `import unlearnkit.audit.engine as e` finds the function.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from unlearnkit.unlearning.settings import Settings

if TYPE_CHECKING:
    from unlearnkit.domain import Attack, AuditResult, Located, Progress, RunManifest, Uncertain
    from unlearnkit.pipeline.line import Processed
    from unlearnkit.report.verifying import Verification

AnyPath = str | os.PathLike[str]
Paths = AnyPath | Sequence[AnyPath]
"""One path, or several."""


def process(
    model: AnyPath,
    *,
    corpus: Paths,
    requests: Paths,
    out: AnyPath,
    holdout: Paths = (),
    reference: AnyPath | None = None,
    policy: str = "",
    uncertain: Uncertain | Literal["ask", "accept", "reject"] = "ask",
    settings: Settings | None = None,
    workspace: AnyPath = ".",
    progress: Progress | None = None,
) -> Processed:
    """Run the whole line: import, index, locate, unlearn, audit, report; the run and its report.

    Makes the workspace where there is none; `out` gets `model/` and `report/`. What was done is not
    done again: after a stop, the same call goes on. Requests that nobody verified are left out.

    Without `settings` it is the defaults, with the workspace's seed; the default learning rate is
    for billions of weights. `holdout` are comparable records the model never saw; without, decoys
    are made. `progress` is called with what is done, how many steps of it, and of how many.

    Raises `CannotEvaluate` while matches wait for a person, unless `uncertain` says what becomes
    of them, and when no teacher is good enough; `BadInput` for a file that cannot be used; `Busy`
    while another process works in the workspace.

    >>> import unlearnkit
    >>> from unlearnkit.errors import CannotEvaluate
    >>> line = dict(corpus="records.jsonl", requests="erasure.json", out="result", workspace="new")
    >>> try:
    ...     unlearnkit.process("model", **line)
    ... except CannotEvaluate as stopped:
    ...     print(stopped)
    ...     print(stopped.fix)
    5 uncertain matches of 1 request wait for a person
    Run: unlearnkit review 73935ae9-87ff-4865-955b-a54cc77e47d4
    Then run the same command again.

    Somebody reviews them, or the call says that what is uncertain stays in the model:

    >>> settings = unlearnkit.Settings(learning_rate=2e-3, max_passes=2, tolerance=0.3)
    >>> done = unlearnkit.process("model", **line, uncertain="reject", settings=settings)
    >>> done.reported.report.verdict.outcome.value
    'fail'
    >>> sorted(path.name for path in done.reported.folder.iterdir())
    ['attestation.json', 'letters', 'policy.yaml', 'report.html', 'report.json', 'signing.pub']
    """
    from unlearnkit.domain import Uncertain
    from unlearnkit.pipeline.ledger import working
    from unlearnkit.pipeline.line import Job, workspace_for
    from unlearnkit.pipeline.line import process as run_line

    job = Job(
        Path(model),
        _paths(corpus),
        _paths(requests),
        Path(out),
        holdout=_paths(holdout),
        reference=_path(reference),
        policy=policy,
        uncertain=Uncertain(uncertain),
    )
    workspace_for(Path(workspace), job)
    with working(Path(workspace), progress) as context:
        return run_line(context, job, settings or Settings(seed=context.workspace.config.seed))


def locate(
    requests: str | Sequence[str] = (),
    *,
    workspace: AnyPath = ".",
    progress: Progress | None = None,
) -> list[Located]:
    """Find the records that concern each person, in what `unlearnkit index` read, and why.

    `requests` are ids or their beginnings; none means all that are open and verified. A match names
    no person: it has the record's id, a score, and where in the record the evidence is. The score
    is the log-odds, in bits, that the record is about this person: it orders what is to be
    reviewed, and decides nothing (docs/locate.md, "The score").

    Raises `BadInput` for a request that is unknown, closed or unverified and for records that
    changed since they were indexed; `CannotEvaluate` when all that are open are unverified.

    >>> import unlearnkit
    >>> [found] = unlearnkit.locate("73935ae9", workspace="privacy")
    >>> match = found.matches[0]
    >>> match.certainty.value, round(match.score, 1), match.reason
    ('certain', 23.6, "The subject's phone number in another spelling")
    """
    from unlearnkit.pipeline.find import locate as locate_requests
    from unlearnkit.pipeline.ledger import working

    wanted = [requests] if isinstance(requests, str) else list(requests)
    with working(Path(workspace), progress) as context:
        return locate_requests(context, wanted)


def unlearn(
    model: AnyPath,
    out: AnyPath,
    *,
    holdout: Paths = (),
    settings: Settings | None = None,
    from_older: bool = False,
    workspace: AnyPath = ".",
    progress: Progress | None = None,
) -> RunManifest:
    """Make the model forget the accepted records of all ready requests (RKLU); what the run did.

    `out` is an empty folder for the new model. `settings` and `holdout` are as for `process`; the
    method is in docs/method.md. The same call goes on where a killed one stopped. `from_older` goes
    on where a run made a newer model from this one; the new model then knows what that run forgot.

    Raises `BadInput`, where there is such a newer model too; `CannotEvaluate` where matches are
    undecided; `TeacherNotReady` with its figures before anything is distilled; `TrainingFailed`
    where the loss is no number.

    >>> import unlearnkit
    >>> settings = unlearnkit.Settings(learning_rate=2e-3, max_passes=2, tolerance=0.3)
    >>> run = unlearnkit.unlearn("model", "forgotten", settings=settings, workspace="privacy")
    >>> run.objective, len(run.requests), len(run.forget_set.record_ids), len(run.passes)
    ('rklu', 2, 18, 2)
    """
    from unlearnkit.pipeline.forget import unlearn as run_unlearn
    from unlearnkit.pipeline.ledger import working

    with working(Path(workspace), progress) as context:
        chosen = settings or Settings(seed=context.workspace.config.seed)
        return run_unlearn(
            context, Path(model), Path(out), _paths(holdout), chosen, from_older=from_older
        )


def audit(
    model: AnyPath,
    *,
    run: str = "",
    reference: AnyPath | None = None,
    utility: AnyPath | None = None,
    attacks: Sequence[Attack] | None = None,
    workspace: AnyPath = ".",
    progress: Progress | None = None,
) -> AuditResult:
    """Measure the model on what a run forgot, beside the original: every figure with its interval.

    `run` is an id or its beginning; without, it is the run that made the model, else the newest.
    `reference` is a model retrained without the forget set, `utility` a text of yours for
    perplexity. `attacks` are the workspace's where none are named; `()` makes none, but those
    that were made before on the run's own model stay part of its audit.

    Raises `BadInput` where there is no run yet, and when the corpus changed since.

    >>> import unlearnkit
    >>> from unlearnkit.domain import ModelRole, Split
    >>> found = unlearnkit.audit("unlearned", attacks=(), workspace="finished")
    >>> figure = found.measurement("exact_memorization", Split.FORGET, ModelRole.UNLEARNED)
    >>> figure.low <= figure.value <= figure.high, figure.n
    (True, 18)
    """
    from unlearnkit.pipeline.audit import audit as run_audit
    from unlearnkit.pipeline.ledger import working
    from unlearnkit.pipeline.runs import run_named

    with working(Path(workspace), progress) as context:
        return run_audit(
            context,
            run_named(context.workspace, run, Path(model)),
            Path(model),
            _path(reference),
            utility=_path(utility),
            attacks=attacks,
        )


def verify(
    report: AnyPath,
    *,
    key: AnyPath | None = None,
    model: AnyPath | None = None,
    workspace: AnyPath = ".",
) -> Verification:
    """Check a report's signature and files and, with `model`, that this model is the audited one.

    `report` is its folder, or its attestation.json. `key` is the signer's public key; without, it
    is the workspace's. The key in the report's folder is never trusted.

    Raises `VerificationFailed` naming all that does not hold; `BadInput` where there is no report,
    neither a key nor a workspace, or `key` lies in the report's folder.

    >>> import unlearnkit
    >>> holds = unlearnkit.verify("report", key="signing.pub", model="unlearned")
    >>> holds.outcome.value
    'pass'
    >>> [claim.what for claim in holds.claims if not claim.ok]
    []
    """
    from unlearnkit.pipeline.verify import verify as verify_with

    return verify_with(Path(report), _path(key), _path(model), Path(workspace))


def _path(given: AnyPath | None) -> Path | None:
    return None if given is None else Path(given)


def _paths(given: Paths) -> list[Path]:
    return [Path(given)] if isinstance(given, str | os.PathLike) else [Path(one) for one in given]
