"""What finished runs forgot for other requests, and which model of their line to go on from.

It is read from the runs' manifests: a run whose folder was deleted is known to nobody any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from unlearnkit.counted import counted, noun
from unlearnkit.domain import EventKind, Outcome, RequestState, RunManifest
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.runs import finished_runs, unfinished_for
from unlearnkit.workspace import Workspace


def forgotten_before(context: Context, requests: Collection[str]) -> frozenset[str]:
    """Ids of the records that finished runs forgot for others than these requests.

    Not those of a request that was rejected since, and of each request those of its newest run: it
    may have been reviewed again. Ids are the user's own, or name the content, so that they hold in
    another state of the corpus too.
    """
    newest = {
        request_id: manifest.forget_set.records.get(request_id, ())
        for manifest in (run.manifest for run in finished_runs(context.workspace))
        for request_id in manifest.requests
    }
    others = newest.keys() - _rejected(context) - set(requests)
    return frozenset(record for one in others for record in newest[one])


def refuse_older(context: Context, digest: str, requests: Collection[str]) -> None:
    """Raise BadInput where a run made a newer model from this one and forgot others in it.

    A run for these same requests alone may be made anew: what it forgot is forgotten again.
    """
    since = {
        request_id
        for manifest, others in _of_others(context, requests)
        if manifest.original_digest == digest
        for request_id in others
    }
    if since:
        newest = _best_of_line(context, digest, since)
        raise BadInput(
            f"this model still knows what {counted(len(since), 'other request')} "
            f"{noun(len(since), 'was', 'were')} to make it forget: {newest.run_id} made a newer "
            "model from it",
            fix=f"Give the newer model: {newest.model_path}. Where that is lost, unlearnkit "
            "unlearn --from-older goes on all the same, after index, locate and review; process "
            "goes on from what it wrote. The new model then knows those records.",
        )


def told_to(workspace: Workspace, out: Path, requests: Collection[str]) -> bool:
    """Whether a run for these requests was begun to this folder from an older model, as told."""
    return any(
        claim.from_older and set(claim.requests) == set(requests)
        for run in unfinished_for(workspace, out)
        if (claim := run.claim) is not None
    )


def _of_others(
    context: Context, requests: Collection[str]
) -> Iterator[tuple[RunManifest, frozenset[str]]]:
    """Each finished run that forgot records for other requests, and these; the newest last."""
    rejected = _rejected(context)
    for manifest in (run.manifest for run in finished_runs(context.workspace)):
        served = {one for one, records in manifest.forget_set.records.items() if records}
        if others := served - rejected - set(requests):
            yield manifest, frozenset(others)


def _rejected(context: Context) -> set[str]:
    return {one.id for one in context.ledger.requests(RequestState.REJECTED)}


def _best_of_line(context: Context, digest: str, since: Collection[str]) -> RunManifest:
    """Of the runs that began at this model, or at one that came from it, the one to go on from.

    That is the one after which most of `since` are forgotten, else the newest; one whose report
    failed only where all failed.
    """
    failed = _failed(context)
    forgotten: dict[str, frozenset[str]] = {digest: frozenset()}
    ranked = []
    for at, manifest in enumerate(run.manifest for run in finished_runs(context.workspace)):
        if manifest.original_digest in forgotten:
            served = {one for one, records in manifest.forget_set.records.items() if records}
            now = forgotten[manifest.original_digest] | served
            forgotten[manifest.unlearned_digest] = now
            rank = (manifest.run_id not in failed, len(now.intersection(since)), at)
            ranked.append((rank, manifest))
    return max(ranked, key=lambda one: one[0])[1]


def _failed(context: Context) -> set[str]:
    """The runs whose last report failed, unless they were made again since."""
    told: dict[str, bool] = {}
    for one in context.ledger.events():
        if one.kind == EventKind.UNLEARNED:
            told[one.payload["run_id"]] = False
        elif one.kind == EventKind.REPORTED:
            told[one.payload["run_id"]] = one.payload["outcome"] == Outcome.FAIL
    return {run_id for run_id, failed in told.items() if failed}
