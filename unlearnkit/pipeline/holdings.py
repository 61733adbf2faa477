"""What is held about people in a workspace: where, since when, why, and when it goes.

Looks at the ledger and at the files; reads no text of a record and needs no key. What lies outside
the workspace (records, models, backups) is the user's own and is not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from unlearnkit.artefacts import load
from unlearnkit.corpus.plain_index import PLAIN_FILE
from unlearnkit.domain import EventKind, Health, HeldAs, Holding, KeptProbes, Request
from unlearnkit.domain.checkup import VAULT
from unlearnkit.encrypted import is_encrypted
from unlearnkit.errors import BadInput
from unlearnkit.ledger.states import CLOSED
from unlearnkit.ledger.store import Ledger
from unlearnkit.pipeline.held_files import (
    STAYS,
    deleting,
    files_below,
    in_workspace,
    last_written,
    strays,
)
from unlearnkit.pipeline.held_proof import recorded, reported
from unlearnkit.pipeline.runs import Run, all_runs, unreadable
from unlearnkit.workspace import Workspace

ASK_THE_LEDGER = (
    "Check first whether this is its ledger, or another one: unlearnkit ledger verify. The run is "
    "the proof of what was forgotten, so put its ledger back rather than delete it."
)
WHEN_CLOSED = "when the request is closed"


def holdings(workspace: Workspace, ledger: Ledger) -> Iterator[Holding]:
    """Everything that is held, request by request, then what is about nobody in particular."""
    requests = {one.id: one for one in ledger.requests()}
    runs = all_runs(workspace)
    broken = [one for one in runs if unreadable(one)]
    finished = [one for one in runs if one not in broken and one.manifest_file.is_file()]
    measured = {one for run in finished for one in run.manifest.requests}
    unsure = any(one.manifest_file.is_file() for one in broken)
    yield from _vault(ledger, requests)
    yield from recorded(requests.values())
    for folder, what in (
        (workspace.located_dir, "records that were located"),
        (workspace.reviews_dir, "decisions of a review"),
    ):
        for path in sorted(folder.glob("*.json")):
            yield _of_a_request(workspace, path, what, requests, measured, unsure=unsure)
    for run in runs:
        if run in broken:
            yield _broken(workspace, run.folder, unreadable(run))
        elif run in finished:
            yield from _finished(workspace, run, requests)
            yield from reported(run, in_workspace(workspace, run.report))
        else:
            yield _unfinished(workspace, run, requests)
    yield from _listed(ledger, requests)
    yield from _indexes(workspace)
    yield from strays(workspace)


def _vault(ledger: Ledger, requests: Mapping[str, Request]) -> Iterator[Holding]:
    for request_id in sorted(ledger.held()):
        request = requests[request_id]
        closed = request.state in CLOSED
        yield Holding(
            what="identifiers",
            where=VAULT,
            requests=(request_id,),
            held_as=HeldAs.ENCRYPTED,
            count=1,
            since=request.received,
            why="the person is searched for, and no message may name them",
            until=WHEN_CLOSED,
            health=Health.PROBLEM if closed else Health.OK,
            fix="The request is closed: see unlearnkit ledger verify." if closed else "",
        )


def _of_a_request(
    workspace: Workspace,
    path: Path,
    what: str,
    known: Mapping[str, Request],
    measured: Collection[str],
    *,
    unsure: bool,
) -> Holding:
    """`unsure`: a finished run cannot be read, and may be measured by it too."""
    request, fix = known.get(path.stem), ""
    if path.stem in measured:
        why = "its run is measured by it: gate, audit --reproduce"
        until = STAYS
    elif unsure and (request is None or request.state in CLOSED):
        why, until = "a run that cannot be read may be measured by it", STAYS
    elif request is None:
        why, until, fix = "no request of the ledger has this id", STAYS, deleting(path)
    elif request.state in CLOSED:
        why, until = "left over: the request is closed, and no run is measured by it", STAYS
        fix = deleting(path)
    else:
        why, until = "says what is to be forgotten", f"{WHEN_CLOSED}, or stays with its run"
    return Holding(
        what=what,
        where=in_workspace(workspace, path),
        requests=(path.stem,),
        held_as=HeldAs.IDS,
        count=1,
        since=last_written(path),
        why=why,
        until=until,
        health=Health.WARN if fix else Health.OK,
        fix=fix,
    )


def _unfinished(workspace: Workspace, run: Run, requests: Mapping[str, Request]) -> Holding:
    files = files_below(run.work)
    plain = [one for one in files if one.suffix != ".json" and not is_encrypted(one)]
    owners = run.claim.requests if run.claim is not None else ()
    states = [requests[one].state if one in requests else None for one in owners]
    gone = not owners or any(one is None or one in CLOSED for one in states)
    health, fix = Health.OK, ""
    why = "a run that was stopped goes on from it"
    if gone:
        why = "left over: no request that is open can go on with this run"
        health = Health.PROBLEM if files else Health.WARN
        fix = deleting(run.folder)
    elif plain:
        why += "; not encrypted yet, or it was killed at that"
        health = Health.WARN
        fix = "If nothing is running, run the same command again, or delete the folder."
    return Holding(
        what="hidden states and checkpoints of an unfinished run",
        where=in_workspace(workspace, run.folder),
        requests=tuple(owners),
        held_as=HeldAs.PLAIN if plain else HeldAs.ENCRYPTED,
        count=len(files),
        since=last_written(run.claim_file if run.claim_file.is_file() else run.folder),
        why=why,
        until=STAYS if gone else "when the run ends, or one of its requests is closed",
        health=health,
        fix=fix,
    )


def _finished(workspace: Workspace, run: Run, requests: Mapping[str, Request]) -> Iterator[Holding]:
    manifest = run.manifest
    known = [one for one in manifest.requests if one in requests]
    left = files_below(run.work)
    if left:
        yield Holding(
            what="hidden states and checkpoints of a finished run",
            where=in_workspace(workspace, run.work),
            requests=manifest.requests,
            held_as=HeldAs.ENCRYPTED if all(map(is_encrypted, left)) else HeldAs.PLAIN,
            count=len(left),
            since=last_written(run.work),
            why="left over: the run is finished",
            until=STAYS,
            health=Health.PROBLEM,
            fix=deleting(run.work),
        )
    yield Holding(
        what="which records a run forgot, and their figures",
        where=in_workspace(workspace, run.folder),
        requests=manifest.requests,
        held_as=HeldAs.IDS,
        count=len(manifest.forget_set.record_ids),
        since=manifest.created,
        why="proof that it was done (GDPR Art. 5(2)); later models are measured by it"
        if known
        else "no request of the ledger is this run's",
        until=STAYS,
        health=Health.OK if known else Health.WARN,
        fix="" if known else ASK_THE_LEDGER,
    )
    if run.probes_file.is_file():
        try:
            probes = load(run.probes_file, KeptProbes)
        except BadInput as error:
            yield _broken(workspace, run.probes_file, error.what)
            return
        yield Holding(
            what="probes for erased values",
            where=in_workspace(workspace, run.probes_file),
            requests=manifest.requests,
            held_as=HeldAs.HASHES,
            count=len(probes.probes),
            since=probes.created,
            why="gate --probes asks later models; beside the hashes stand everyday words",
            until=STAYS,
        )


def _broken(workspace: Workspace, path: Path, why: str) -> Holding:
    return Holding(
        what="a run, or a part of it, that cannot be read",
        where=in_workspace(workspace, path),
        held_as=HeldAs.UNKNOWN,
        count=len(files_below(path)) if path.is_dir() else 1,
        since=last_written(path),
        why=f"nobody can say: {why}",
        until=STAYS,
        health=Health.PROBLEM,
        fix="Put it back from a backup. A finished run is the proof of what was forgotten.",
    )


def _listed(ledger: Ledger, requests: Mapping[str, Request]) -> Iterator[Holding]:
    counts: dict[str, int] = {}
    for one in ledger.do_not_train():
        counts[one.request_id] = counts.get(one.request_id, 0) + 1
    since = {
        one.request_id: datetime.fromisoformat(one.time)
        for one in ledger.events()
        if one.kind == EventKind.LISTED and one.request_id
    }
    for request_id, count in sorted(counts.items()):
        yield Holding(
            what="do-not-train list",
            where="ledger: do_not_train",
            requests=(request_id,),
            held_as=HeldAs.HASHES,
            count=count,
            since=since.get(request_id),
            why="screen and gate --corpus find the person in new records",
            until="stays: a ledger has no way to take it out",
            health=Health.OK if request_id in requests else Health.WARN,
        )


def _indexes(workspace: Workspace) -> Iterator[Holding]:
    plain = workspace.index_dir / PLAIN_FILE
    for folder, what, why in (
        (workspace.index_dir, "index of the training records", "locate searches it"),
        (workspace.screening_dir, "index of screened records", "the next screen reads less"),
    ):
        files = [one for one in files_below(folder) if one != plain]
        if files:
            yield Holding(
                what=what,
                where=in_workspace(workspace, folder),
                held_as=HeldAs.HASHES,
                count=len(files),
                since=last_written(folder / "index.json"),
                why=f"{why}; it is about everybody in the records",
                until="until it is made anew, or you delete it",
            )
    if plain.is_file():
        yield Holding(
            what="the index in plain",
            where=in_workspace(workspace, plain),
            held_as=HeldAs.PLAIN,
            count=1,
            since=last_written(plain),
            why="unlearnkit index --plain-index was asked for it; it is about everybody",
            until="until a request is closed, the index made anew, or you delete it",
            health=Health.WARN,
            fix=deleting(plain),
        )
