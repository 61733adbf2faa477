"""Completing a request: the person's identifiers go, and keyed hashes of them stay.

Every step that completes a request does it here, so that nobody is forgotten without being listed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unlearnkit.corpus.index import Index, open_index
from unlearnkit.domain import Forgotten, Match, RequestState
from unlearnkit.errors import BadInput
from unlearnkit.locate.do_not_train import of_records, of_request, of_rows
from unlearnkit.locate.review import apply_decisions
from unlearnkit.locate.screening import TIED
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decisions, located, open_corpus

Held = Callable[[str, Sequence[Match]], frozenset[Forgotten]]
"""What is kept of the records that were accepted for a request."""

NO_RECORDS = (
    "the corpus is not there as it was indexed, so the do-not-train list has its identifiers, but "
    "not the records themselves: screening will not know one by its words alone"
)
ONLY_ITS_OWN = (
    "the corpus is no longer indexed as it was searched, so the do-not-train list has its own "
    "identifiers only: neither linked ones nor the records themselves"
)


def complete(context: Context, request_ids: Sequence[str]) -> tuple[str, ...]:
    """Complete these requests, one after another. Raises BadInput where one may not be.

    Returns a sentence for each of which less could be listed than its records held.
    """
    if not request_ids:
        return ()
    digest, held, whole = _held(context)
    told = []
    workspace = context.workspace
    for request_id in request_ids:
        subject = context.ledger.subject(request_id, workspace.vault_key)
        forgotten = of_request(
            request_id,
            subject.identifiers,
            workspace.pseudonym_key,
            workspace.config.nlp.regions,
        )
        accepted = _accepted(context, request_id, digest)
        forgotten |= held(request_id, accepted or ())
        context.ledger.set_state(
            request_id, RequestState.COMPLETED, context.actor, forgotten=forgotten
        )
        if accepted is None:
            told.append(f"Request {request_id}: {ONLY_ITS_OWN}.")
        elif accepted and not whole:
            told.append(f"Request {request_id}: {NO_RECORDS}.")
    return tuple(told)


def _accepted(context: Context, request_id: str, digest: str) -> list[Match] | None:
    """The accepted matches; None where the indexed corpus is not the one that was searched."""
    try:
        found = located(context, request_id)
    except BadInput:
        return None
    if found.corpus_digest != digest:
        return None
    accepted = set(apply_decisions(found, decisions(context, found)))
    return [one for one in found.matches if one.record_id in accepted]


def _held(context: Context) -> tuple[str, Held, bool]:
    """The indexed corpus's digest, what tells what its records hold, and whether they are there.

    Records that were deleted meanwhile are no obstacle: the index says then what it has of them.
    """
    key, regions = context.workspace.pseudonym_key, context.workspace.config.nlp.regions
    try:
        _, corpus = open_corpus(context)
    except BadInput:
        return _held_by_index(context)
    records = corpus.by_id()
    return (
        corpus.digest,
        lambda request_id, accepted: of_records(request_id, accepted, records, key, regions),
        True,
    )


def _held_by_index(context: Context) -> tuple[str, Held, bool]:
    try:
        index: Index = open_index(context.workspace.index_dir, context.workspace.pseudonym_key)
    except BadInput:
        return "", lambda request_id, accepted: frozenset(), False
    rows = index.rows(TIED)
    return (
        index.info.digest,
        lambda request_id, accepted: of_rows(request_id, accepted, rows),
        False,
    )
