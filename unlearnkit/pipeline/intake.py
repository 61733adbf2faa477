"""Taking requests in: each into the ledger, and whom it is about, encrypted, into the vault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from unlearnkit.domain import IdentityVerification, Request, Subject
from unlearnkit.errors import BadInput
from unlearnkit.ledger.vault import seal
from unlearnkit.pipeline.context import Context
from unlearnkit.requests.build import DECLARED, Submission, build_request, content_digest
from unlearnkit.requests.identifiers import refuse_identifiers
from unlearnkit.requests.intake import read_requests
from unlearnkit.requests.table import parse_row


def import_requests(
    context: Context, paths: Sequence[Path], declared: IdentityVerification | None = None
) -> list[tuple[Request, bool]]:
    """Every request of the files, and whether it is new; all files are taken or none.

    `declared` is how the identity of those was verified of which their file does not say it.
    Raises BadInput with file and line, and where `declared` names one of the people.
    """
    key, clock, now = context.workspace.pseudonym_key, context.workspace.config.clock, context.now()
    read = [pair for path in paths for pair in read_requests(path, key, now, clock, declared)]
    _names_nobody(declared, [subject for _, subject in read])
    return add_requests(context, read)


def typed_in(cells: Mapping[str, str]) -> Submission:
    """A request that somebody typed, from cells as a row of a CSV file has them.

    Raises BadInput for a cell that cannot be used, without repeating it.
    """
    try:
        return parse_row(dict(cells))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise BadInput(first["msg"].removeprefix("Value error, ")) from None


def add_request(
    context: Context, submission: Submission, declared: IdentityVerification | None = None
) -> tuple[Request, bool]:
    """The request as it stands in the ledger then, and whether it is new.

    `declared` is how the person's identity was verified. Raises BadInput where it names the person.
    """
    request, subject = build_request(
        submission.identifiers,
        submission.regulation,
        context.workspace.pseudonym_key,
        context.now(),
        context.workspace.config.clock,
        submitted=submission.submitted,
        request_id=submission.request_id,
        verification=declared,
    )
    _names_nobody(declared, [subject])
    [taken] = add_requests(context, [(request, subject)])
    return taken


def add_requests(
    context: Context, pairs: Sequence[tuple[Request, Subject]]
) -> list[tuple[Request, bool]]:
    """Put requests into the ledger and who they are about into the vault; new ones are True.

    Returns them as they stand in the ledger then.
    """
    key, vault = context.workspace.pseudonym_key, context.workspace.vault_key
    added = context.ledger.add_requests(
        [
            (request, seal(subject, vault), content_digest(request, subject, key))
            for request, subject in pairs
        ],
        context.actor,
    )
    there = {one.id: one for one in context.ledger.requests()}
    return [(there[request.id], new) for (request, _), new in zip(pairs, added, strict=True)]


def _names_nobody(declared: IdentityVerification | None, subjects: Sequence[Subject]) -> None:
    """Raise BadInput where the words that are kept of a verification hold an identifier."""
    if declared is not None and declared.how != DECLARED:
        for one in subjects:
            refuse_identifiers(declared.how, one)
