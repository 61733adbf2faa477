"""From reviewed matches to an unlearned model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unlearnkit.artefacts import digest_of, save, sha256_file
from unlearnkit.domain import EventKind, Request, RequestState, RunManifest, UsersTurns
from unlearnkit.errors import BadInput, UnlearnkitError
from unlearnkit.language_model.folder import (
    check_folder,
    model_digest,
    model_files,
    weight_count,
)
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.context import Context, is_main_process
from unlearnkit.pipeline.cut_records import cut_records, warning
from unlearnkit.pipeline.forgotten_before import refuse_older, told_to
from unlearnkit.pipeline.held_files import deleting
from unlearnkit.pipeline.manifest import Given, card_facts, manifest_of
from unlearnkit.pipeline.material import gather_ready
from unlearnkit.pipeline.outputs import refuse_closed, refuse_full, refuse_over
from unlearnkit.pipeline.requests import left_out, only_left_out
from unlearnkit.pipeline.runs import (
    Claim,
    Run,
    finished_runs,
    refuse_file,
    run_of,
    unfinished_for,
)
from unlearnkit.pipeline.users_turns import note, users_turns
from unlearnkit.report.card import check_template, write_card
from unlearnkit.unlearning.engine import Prepared, Unlearned, prepare, unlearn_prepared
from unlearnkit.unlearning.lineage import LINEAGE, Lineage, lineage_of
from unlearnkit.unlearning.material import Task
from unlearnkit.unlearning.objectives import suited_to
from unlearnkit.unlearning.settings import Settings

FEW = 100_000_000
"""Weights below which the default learning rate is seldom meant."""


def unlearn(
    context: Context,
    model: Path,
    out: Path,
    holdout: Sequence[Path],
    settings: Settings,
    *,
    from_older: bool = False,
) -> RunManifest:
    """Make the model forget the accepted records of all ready requests; write it to `out`.

    Those that nobody verified are left out. The same call goes on where a killed one stopped, and
    gives the finished run when it is done. Raises BadInput, also where an earlier run made a newer
    model from this one and forgot others in it, unless `from_older` says to go on all the same;
    CannotEvaluate (matches undecided, nothing but unverified requests, no teacher), TrainingFailed.
    """
    model, out = model.resolve(), out.resolve()
    check_folder(model)
    refuse_over(model, out)
    refuse_file(out)
    lineage = lineage_of(model)
    settings = suited_to(settings, unlearned_before=lineage is not None)
    _settle(context)
    ready = ready_requests(context)
    if not ready:
        return _already_there(context, out)
    files, requests = model_files(model), tuple(one.id for one in ready)
    from_older = from_older or told_to(context.workspace, out, requests)
    if not from_older:
        refuse_older(context, digest_of(files), requests)
    given = Given(
        model=model,
        out=out,
        holdout=tuple(path.resolve() for path in holdout),
        settings=settings,
        encoding=encoding_of(context),
        requests=requests,
        gathered=gather_ready(context, ready, holdout, settings.seed),
        original_files=files,
    )
    run = run_of(context.workspace, given.identity())
    if run.manifest_file.is_file() and _holds(run, out):
        return run.manifest
    check_template(context.workspace.templates_dir)
    _claim(run, given, from_older=from_older)
    _tell_first(context, run, given)
    prepared = prepare(_task(context, run, given, lineage), settings, context.progress)
    said = _users_turns(context, prepared, given)
    cut = cut_records(model, given.gathered, given.encoding)
    if cut.records:
        context.tell(warning(cut))
    unlearned = unlearn_prepared(prepared, context.progress, context.passed)
    _write_beside_the_weights(given, unlearned, context.workspace.templates_dir)
    manifest = manifest_of(
        run.id,
        given,
        unlearned,
        said,
        cut,
        created=context.now(),
        key=context.workspace.pseudonym_key,
    )
    if is_main_process():
        save(run.manifest_file, manifest)
        # Here, and not in `_settle`: the ledger may know an earlier making of this same run, and a
        # manifest that somebody changed is not to be recorded as if it had been made.
        _write_down(context, run)
    return manifest


def _task(context: Context, run: Run, given: Given, lineage: Lineage | None) -> Task:
    material = given.gathered.material
    return Task(
        model=given.model,
        forget=material.forget,
        retain=material.retain,
        holdout=material.holdout,
        encoding=given.encoding,
        out=given.out,
        work=run.work,
        key=context.ledger.run_key(given.requests, context.workspace.vault_key, run.id),
        lineage=lineage,
        rest=material.rest,
    )


def encoding_of(context: Context) -> Encoding:
    """How the workspace's records become tokens."""
    config = context.workspace.config
    return Encoding(config.prompt_template, config.max_length)


def _users_turns(context: Context, prepared: Prepared, given: Given) -> UsersTurns | None:
    """What the model makes of users' turns; said before the training, while it can be stopped."""
    material, encoding, bench = given.gathered.material, given.encoding, prepared.bench
    with bench.accelerator.autocast():
        found = users_turns(
            prepared.language_model, bench.device, material, encoding, context.progress
        )
    if found is not None and (told := note(found)) is not None:
        context.tell(told)
    return found


def _write_beside_the_weights(given: Given, unlearned: Unlearned, templates: Path) -> None:
    """Card and lineage, by the main process; the others wait: they digest the whole folder."""
    from accelerate import PartialState

    if is_main_process():
        write_card(given.model, given.out, card_facts(given, unlearned), templates)
        save(given.out / LINEAGE, unlearned.lineage)
    PartialState().wait_for_everyone()


def _claim(run: Run, given: Given, *, from_older: bool) -> None:
    """Make sure that nobody's files are overwritten, now or when the run is repeated.

    Says too whose run it is, for when it is never finished.
    """
    out = given.out
    if run.claim is None or run.claim.out != str(out):
        refuse_full(out)
        refuse_closed(out)
    if is_main_process():
        claim = Claim(out=str(out), requests=given.requests, from_older=from_older)
        save(run.claim_file, claim)


def _tell_first(context: Context, run: Run, given: Given) -> None:
    """What whoever began this run may not mean, before the hours that it takes."""
    for other in unfinished_for(context.workspace, given.out):
        if other.id != run.id:
            context.tell(_left_unfinished(other))
    if given.settings.learning_rate == Settings().learning_rate:
        count = weight_count(given.model)
        if count < FEW:
            context.tell(_slow(count))


def _slow(count: int) -> str:
    """Of a small model at the usual learning rate, which is for large ones."""
    return (
        "the learning rate is the default, which suits billions of weights; this model has "
        f"{count / 1e6:.1f} million. A few millions want --learning-rate 3e-4."
    )


def _left_unfinished(run: Run) -> str:
    """Of a run that was stopped and has the same output: what stays of it, and how it goes."""
    return (
        f"{run.id} was stopped before its end and has the same --out; its work files stay, "
        "encrypted. Only its own settings go on with it, and not once this run is finished. "
        f"To drop it: {deleting(run.folder)}"
    )


def _holds(run: Run, out: Path) -> bool:
    """Whether a finished run's model is as it was made; False when it was deleted."""
    if not out.is_dir():
        return False
    if model_digest(out) != run.manifest.unlearned_digest:
        raise BadInput(
            f"the model of {run.id} was changed since it was made",
            where=out,
            fix="Put it back, or choose another --out to make it anew.",
        )
    return True


def _already_there(context: Context, out: Path) -> RunManifest:
    """No request is ready: the same command again finds the run it finished."""
    for run in reversed(finished_runs(context.workspace)):
        if run.manifest.model_path == str(out) and _holds(run, out):
            return run.manifest
    raise nothing_ready(context)


def ready_requests(context: Context) -> list[Request]:
    """What is to be forgotten: requests that are reviewed, and verified (older ledgers)."""
    return [one for one in context.ledger.requests(RequestState.READY) if one.verified]


def nothing_ready(context: Context) -> UnlearnkitError:
    """Says what has to be done before anything can be unlearned."""
    verified = [one for one in context.ledger.requests() if one.verified]
    waiting = [one for one in verified if one.state is RequestState.IN_REVIEW]
    new = [one for one in verified if one.state is RequestState.RECEIVED]
    unverified = left_out(context)
    if waiting:
        fix = f"Run: unlearnkit review {waiting[0].id}"
    elif new:
        fix = "Run: unlearnkit locate"
    elif unverified:
        return only_left_out(unverified)
    else:
        fix = "Run: unlearnkit request import FILE"
    return BadInput(
        f"no request is ready to be unlearned ({len(new)} new, {len(waiting)} in review)", fix=fix
    )


def _settle(context: Context) -> None:
    """Write down the finished runs that the ledger does not know: an earlier call was killed."""
    if not is_main_process():
        return
    told = context.ledger.events_of(EventKind.UNLEARNED)
    known = {one.payload["run_id"] for one in told}
    for run in finished_runs(context.workspace):
        if run.id not in known:
            _write_down(context, run)


def _write_down(context: Context, run: Run) -> None:
    """The event comes last, so that a run is settled wholly or again."""
    manifest = run.manifest
    for request_id in manifest.requests:
        if context.ledger.request(request_id).state is RequestState.READY:
            context.ledger.set_state(request_id, RequestState.UNLEARNED, context.actor)
    payload = {
        "run_id": run.id,
        "digest": sha256_file(run.manifest_file),
        "original_digest": manifest.original_digest,
        "unlearned_digest": manifest.unlearned_digest,
        "forget": len(manifest.forget_set.record_ids),
        "in_part": len(manifest.forget_set.passages),
        "retain": manifest.retain_count,
        "requests": list(manifest.requests),
    }
    context.record(EventKind.UNLEARNED, payload)
