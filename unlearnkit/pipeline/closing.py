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


def complete(context: Context, request_ids: Sequence[str]) -> None:
    """Complete these requests, one after another. Raises BadInput where one may not be."""
    if not request_ids:
        return
    digest, held = _held(context)
    workspace = context.workspace
    for request_id in request_ids:
        subject = context.ledger.subject(request_id, workspace.vault_key)
        forgotten = of_request(
            request_id,
            subject.identifiers,
            workspace.pseudonym_key,
            workspace.config.nlp.regions,
        )
        forgotten |= held(request_id, _accepted(context, request_id, digest))
        context.ledger.set_state(
            request_id, RequestState.COMPLETED, context.actor, forgotten=forgotten
        )


def _accepted(context: Context, request_id: str, digest: str) -> list[Match]:
    """The accepted matches; none where the corpus is no longer the one that was searched."""
    try:
        found = located(context, request_id)
    except BadInput:
        return []
    if found.corpus_digest != digest:
        return []
    accepted = set(apply_decisions(found, decisions(context, found)))
    return [one for one in found.matches if one.record_id in accepted]


def _held(context: Context) -> tuple[str, Held]:
    """The indexed corpus's digest, and what tells what its records hold.

    Records that were deleted meanwhile are no obstacle: the index says then what it has of them.
    """
    key, regions = context.workspace.pseudonym_key, context.workspace.config.nlp.regions
    try:
        _, corpus = open_corpus(context)
    except BadInput:
        return _held_by_index(context)
    records = corpus.by_id()
    return corpus.digest, lambda request_id, accepted: of_records(
        request_id, accepted, records, key, regions
    )


def _held_by_index(context: Context) -> tuple[str, Held]:
    try:
        index: Index = open_index(context.workspace.index_dir, context.workspace.pseudonym_key)
    except BadInput:
        return "", lambda request_id, accepted: frozenset()
    rows = index.rows(TIED)
    return index.info.digest, lambda request_id, accepted: of_rows(request_id, accepted, rows)
