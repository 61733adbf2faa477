"""From reviewed matches to an unlearned model and the manifest of how it was made."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from unlearnkit.artefacts import canonical, digest_of, save, sha256_file
from unlearnkit.corpus.reader import digest_records
from unlearnkit.domain import Record, RecordSet, Request, RequestState, RunManifest
from unlearnkit.errors import BadInput, UnlearnkitError
from unlearnkit.language_model.folder import (
    check_folder,
    model_digest,
    model_files,
    model_folders,
)
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.context import Context, is_main_process
from unlearnkit.pipeline.material import Gathered, gather_ready
from unlearnkit.pipeline.requests import left_out, only_left_out
from unlearnkit.pipeline.runs import Claim, Run, finished_runs, refuse_file, run_of
from unlearnkit.pseudonym import keyed_hash
from unlearnkit.report.card import CardFacts, check_template, write_card
from unlearnkit.unlearning.engine import Outcome, Task
from unlearnkit.unlearning.engine import unlearn as unlearn_model
from unlearnkit.unlearning.lineage import LINEAGE, lineage_of
from unlearnkit.unlearning.objectives import suited_to
from unlearnkit.unlearning.settings import Settings

UNLEARNED = "unlearned"


def unlearn(
    context: Context, model: Path, out: Path, holdout: Sequence[Path], settings: Settings
) -> RunManifest:
    """Make the model forget the accepted records of all ready requests; write it to `out`.

    Those that nobody verified are left out. The same call goes on where a killed one stopped, and
    gives the finished run when it is done. Raises BadInput, CannotEvaluate (matches undecided,
    nothing but unverified requests, no teacher), TrainingFailed.
    """
    model, out = model.resolve(), out.resolve()
    check_folder(model)
    lineage = lineage_of(model)
    settings = suited_to(settings, unlearned_before=lineage is not None)
    _settle(context)
    ready = ready_requests(context)
    if not ready:
        return _already_there(context, out)
    gathered = gather_ready(context, ready, holdout, settings.seed)
    forget_set, material = gathered.forget_set, gathered.material
    encoding = encoding_of(context)
    recorded = settings.recorded() | {
        "prompt_template": encoding.prompt_template,
        "max_length": encoding.max_length,
    }
    original_files = model_files(model)
    original_digest = digest_of(original_files)
    made_from: dict[str, Any] = {
        "original": original_digest,
        "forget_set": forget_set.model_dump(mode="json"),
        "holdout": digest_records(material.holdout),
        "settings": recorded,
        "out": str(out),
    }
    run = run_of(context.workspace, canonical(made_from))
    if run.manifest_file.is_file() and _holds(run, out):
        return run.manifest
    check_template(context.workspace.templates_dir)
    request_ids = tuple(one.id for one in ready)
    _claim(run, out, model, request_ids)
    outcome = unlearn_model(
        Task(
            model=model,
            forget=material.forget,
            retain=material.retain,
            holdout=material.holdout,
            encoding=encoding,
            out=out,
            work=run.work,
            key=context.ledger.run_key(request_ids, context.workspace.vault_key, run.id),
            lineage=lineage,
            rest=material.rest,
        ),
        settings,
        context.progress,
    )
    facts = CardFacts(
        version=version("unlearnkit"),
        objective=settings.objective,
        forgotten=len(forget_set.record_ids),
        in_part=len(forget_set.passages),
        kept=len(material.retain),
        original_digest=original_digest,
        holdout_origin=material.holdout_origin,
        target=asdict(outcome.target),
        last=outcome.passes[-1],
    )
    _write_beside_the_weights(model, out, facts, outcome, context.workspace.templates_dir)
    manifest = RunManifest(
        run_id=run.id,
        created=context.now(),
        requests=request_ids,
        forget_set=forget_set,
        retain_count=len(material.retain),
        retain_drawn=len(outcome.retained.records),
        retain_matched=outcome.retained.matched,
        original_digest=original_digest,
        unlearned_digest=model_digest(out),
        model_path=str(out),
        original_path=str(model),
        holdout_paths=tuple(str(path.resolve()) for path in holdout),
        objective=settings.objective,
        settings=recorded,
        calibration=outcome.calibration,
        passes=outcome.passes,
        holdout_origin=material.holdout_origin,
        holdout_level=asdict(outcome.target),
        retain_level=asdict(outcome.lineage.retain_level),
        versions=_versions(),
        environment=_environment(),
        sets=_sets(gathered, context.workspace.pseudonym_key),
        original_files=original_files,
        unread_records=len(gathered.corpus.quarantined),
    )
    if is_main_process():
        save(run.manifest_file, manifest)
        _settle(context)
    return manifest


def encoding_of(context: Context) -> Encoding:
    """How the workspace's records become tokens."""
    config = context.workspace.config
    return Encoding(config.prompt_template, config.max_length)


def _write_beside_the_weights(
    model: Path, out: Path, facts: CardFacts, outcome: Outcome, templates: Path
) -> None:
    """Card and lineage, by the main process; the others wait: they digest the whole folder."""
    from accelerate import PartialState

    if is_main_process():
        write_card(model, out, facts, templates)
        save(out / LINEAGE, outcome.lineage)
    PartialState().wait_for_everyone()


def _versions() -> dict[str, str]:
    packages = ("unlearnkit", "torch", "transformers", "accelerate", "presidio-analyzer", "spacy")
    return {name: version(name) for name in packages} | {"python": platform.python_version()}


def _environment() -> dict[str, str]:
    import torch

    gpus = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "accelerators": ", ".join(gpus) or "none",
        "processes": os.environ.get("WORLD_SIZE", "1"),
    }


def _sets(gathered: Gathered, key: bytes) -> tuple[RecordSet, ...]:
    """The three sets by count and keyed digest, which only who has key and records can compute."""
    ids = gathered.forget_set.record_ids
    return (
        # As they stand in the corpus: without the decoys they are compared with.
        _set("forget", [one for one in gathered.corpus.records if one.id in ids], key),
        _set("retain", gathered.material.retain, key),
        _set("holdout", gathered.material.holdout, key),
    )


def _set(
    name: Literal["forget", "retain", "holdout"], records: Sequence[Record], key: bytes
) -> RecordSet:
    digest = keyed_hash(key, f"{name} set", digest_records(records))
    return RecordSet(name=name, count=len(records), keyed_digest=digest)


def _claim(run: Run, out: Path, model: Path, request_ids: Sequence[str]) -> None:
    """Make sure that nobody's files are overwritten, now or when the run is repeated.

    Says too whose run it is, for when it is never finished.
    """
    if any(out.is_relative_to(one) for one in model_folders(model)):
        raise BadInput("the new model cannot be written over the one it is made from", where=out)
    refuse_file(out)
    claimed = run.claim is not None and run.claim.out == str(out)
    if out.is_dir() and any(out.iterdir()) and not claimed:
        raise BadInput(
            "the folder is not empty; nothing in it was touched",
            where=out,
            fix="Choose another --out, or empty the folder.",
        )
    if is_main_process():
        save(run.claim_file, Claim(out=str(out), requests=tuple(request_ids)))


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
    """Write down every finished run that the ledger does not know yet: an earlier call was killed.

    The event comes last, so that a run is settled wholly or again.
    """
    if not is_main_process():
        return
    known = {one.payload["run_id"] for one in context.ledger.events() if one.kind == UNLEARNED}
    for run in finished_runs(context.workspace):
        if run.id in known:
            continue
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
        context.record(UNLEARNED, payload)
