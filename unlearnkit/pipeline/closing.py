"""Closing a request: the person's identifiers go, and of a completed one keyed hashes stay.

Every step that closes a request does it here, so that nobody is forgotten without being listed, and
nothing is held any longer that only an open request needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unlearnkit.corpus.index import Index, open_index
from unlearnkit.corpus.plain_index import PLAIN_FILE
from unlearnkit.domain import Forgotten, Request, RequestState
from unlearnkit.encrypted import erase
from unlearnkit.errors import BadInput
from unlearnkit.ledger.states import CLOSED
from unlearnkit.locate.do_not_train import Reviewed, of_records, of_request, of_rows
from unlearnkit.locate.making import of_making
from unlearnkit.locate.review import apply_decisions
from unlearnkit.locate.ties import TIED
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decisions, located, located_file, open_corpus, review_file
from unlearnkit.pipeline.runs import all_runs, unreadable
from unlearnkit.requests.identifiers import refuse_identifiers

Lines = Callable[[str, Reviewed], frozenset[Forgotten]]
"""What goes on the do-not-train list of the records that were accepted for a request."""

NO_RECORDS = (
    "the corpus is not there as it was indexed, so the do-not-train list has its identifiers, but "
    "not the records themselves: screening will not know one by its words alone"
)
ONLY_ITS_OWN = (
    "the corpus is no longer indexed as it was searched, so the do-not-train list has its own "
    "identifiers only: neither linked ones nor the records themselves"
)
NOT_LET_GO = "what is held for closed requests may not all be deleted; see unlearnkit doctor"


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is still there of the corpus that was indexed last."""

    digest: str
    """Of the corpus; empty where there is no index."""
    lines: Lines
    records: bool
    """Whether the records are there themselves, and not only what the index has of them."""
    regions: tuple[str, ...]
    """Of phones without a country's code, as the person was searched by them."""


def complete(context: Context, request_ids: Sequence[str]) -> tuple[str, ...]:
    """Complete these requests, one after another. Raises BadInput where one may not be.

    Returns a sentence for each of which less could be listed than its records held, and what
    `let_go` tells.
    """
    if not request_ids:
        return let_go(context)  # an earlier call may have been killed before it came to that
    indexed = _indexed(context)
    told = []
    workspace = context.workspace
    for request_id in request_ids:
        subject = context.ledger.subject(request_id, workspace.vault_key)
        forgotten = of_request(
            request_id,
            subject.identifiers,
            workspace.pseudonym_key,
            indexed.regions,
        )
        reviewed = _reviewed(context, request_id, indexed.digest)
        forgotten |= of_making(request_id, workspace.pseudonym_key)
        forgotten |= indexed.lines(request_id, reviewed or Reviewed(()))
        context.ledger.set_state(
            request_id, RequestState.COMPLETED, context.actor, forgotten=forgotten
        )
        if reviewed is None:
            told.append(f"Request {request_id}: {ONLY_ITS_OWN}.")
        elif reviewed.accepted and not indexed.records:
            told.append(f"Request {request_id}: {NO_RECORDS}.")
    return (*told, *let_go(context))


def reject(context: Context, request_id: str, reason: str) -> tuple[Request, tuple[str, ...]]:
    """The request, rejected, and what `let_go` tells.

    Raises BadInput: unknown, not to be rejected, a reason with a name.
    """
    found = context.ledger.request(request_id)
    if found.state not in CLOSED:
        subject = context.ledger.subject(found.id, context.workspace.vault_key)
        refuse_identifiers(reason, subject)
    moved = context.ledger.set_state(found.id, RequestState.REJECTED, context.actor, reason)
    return moved, let_go(context)


def let_go(context: Context) -> tuple[str, ...]:
    """Delete what is held for open requests only, of those that are closed.

    An unfinished run of a closed request can never go on: it would forget other records now, and
    its key went with the request's. Nor can one of an earlier release, which did not say whose it
    is. A plain index goes: it names everybody. What was located and reviewed stays where a finished
    run is measured by it. Returns a sentence for each run that cannot be read. Raises BadInput
    where something cannot be deleted.
    """
    runs = all_runs(context.workspace)
    closed = {one.id for one in context.ledger.requests() if one.state in CLOSED}
    broken = {run.id: told for run in runs if (told := unreadable(run))}
    readable = [run for run in runs if run.id not in broken]
    finished = [run for run in readable if run.manifest_file.is_file()]
    claims = {run.folder: run.claim for run in readable if run not in finished}
    gone = [
        folder
        for folder, claim in claims.items()
        if claim is not None and (not claim.requests or closed & set(claim.requests))
    ]
    if closed:
        gone.append(context.workspace.index_dir / PLAIN_FILE)
    # By a finished run that cannot be read any request may be measured.
    if not any(run.manifest_file.is_file() for run in runs if run.id in broken):
        measured = {one for run in finished for one in run.manifest.requests}
        for request_id in sorted(closed - measured):
            gone += [located_file(context, request_id), review_file(context, request_id)]
    for path in gone:
        try:
            erase(path)
        except OSError as error:
            raise BadInput(
                f"what was held for a request that is closed cannot be deleted: {error.strerror}",
                where=path,
                fix="Delete it by hand.",
            ) from None
    return tuple(f"{name} cannot be read ({told}): {NOT_LET_GO}" for name, told in broken.items())


def _reviewed(context: Context, request_id: str, digest: str) -> Reviewed | None:
    """The matches as decided; None where the indexed corpus is not the one that was searched."""
    try:
        found = located(context, request_id)
    except BadInput:
        return None
    if found.corpus_digest != digest:
        return None
    accepted = set(apply_decisions(found, decisions(context, found)))
    return Reviewed(
        [one for one in found.matches if one.record_id in accepted],
        [one for one in found.matches if one.record_id not in accepted],
    )


def _indexed(context: Context) -> Indexed:
    """Records that were deleted meanwhile are no obstacle: the index says then what it has of them.

    Without an index nothing but the request's own identifiers can be listed.
    """
    try:
        index, corpus = open_corpus(context)
    except BadInput:
        return _index_alone(context)
    key, regions = context.workspace.pseudonym_key, index.info.nlp.regions
    records = corpus.by_id()
    return Indexed(
        digest=corpus.digest,
        lines=lambda request_id, one: of_records(request_id, one, records, key, regions),
        records=True,
        regions=regions,
    )


def _index_alone(context: Context) -> Indexed:
    workspace = context.workspace
    try:
        index: Index = open_index(workspace.index_dir, workspace.pseudonym_key)
    except BadInput:
        regions = workspace.config.nlp.regions
        return Indexed("", lambda *_: frozenset(), records=False, regions=regions)
    rows = index.rows(TIED)
    return Indexed(
        digest=index.info.digest,
        lines=lambda request_id, one: of_rows(request_id, one, rows),
        records=False,
        regions=index.info.nlp.regions,
    )
