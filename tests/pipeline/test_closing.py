"""What goes on the do-not-train list when a request is completed."""

from __future__ import annotations

from pathlib import Path

from tests.company import opened
from tests.forgotten import NUMBER, TRAINED, ZOLTANA, forgotten, jsonl, ready
from unlearnkit.corpus.normalise import normalise
from unlearnkit.domain import (
    Certainty,
    Forgotten,
    Identifier,
    IdentifierKind,
    IdentityVerification,
    RequestState,
)
from unlearnkit.locate.review import answered
from unlearnkit.pipeline.closing import complete
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, index_corpus, locate
from unlearnkit.pipeline.intake import add_requests
from unlearnkit.pseudonym import keyed_hash
from unlearnkit.requests.build import build_request
from unlearnkit.workspace import Workspace

LONG = (*TRAINED, "zoltana@quibble.example asked when the green lamp comes back from repair")
"""The last says enough to be known by its words."""


def listed(context: Context, kind: str, plain: str) -> bool:
    """Whether this value is on the list."""
    [request_id] = {one.request_id for one in context.ledger.do_not_train()}
    hashed = keyed_hash(context.workspace.pseudonym_key, kind, plain)
    return Forgotten(request_id, kind, hashed) in context.ledger.do_not_train()


def number() -> str:
    return normalise(IdentifierKind.CUSTOMER_ID, NUMBER)


def test_what_the_request_gave_and_what_the_records_tied_to_it_is_listed(tmp_path: Path) -> None:
    with opened(forgotten(tmp_path)) as context:
        [request] = context.ledger.requests()
        assert request.state is RequestState.COMPLETED
        assert listed(context, "email", ZOLTANA[1].value)
        assert listed(context, "controller_customer_id", number())
        assert not listed(context, "email", "carl@other.example")
        assert not listed(context, "controller_customer_id", "C110011")
        assert context.ledger.verify() == len(context.ledger.events())


def completed(context: Context) -> str:
    """What is told of the one request, which is completed then."""
    [request] = context.ledger.requests()
    told = complete(context, [request.id])
    assert context.ledger.verify() == len(context.ledger.events())
    assert all(request.id in one for one in told)
    return " ".join(told)


def kinds(context: Context) -> set[str]:
    """Of which there are lines, as the ledger's event says."""
    [event] = [one for one in context.ledger.events() if one.kind == "listed"]
    return set(event.payload["kinds"])


def test_of_what_is_listed_whole_nothing_is_told(tmp_path: Path) -> None:
    with opened(ready(tmp_path, LONG)) as context:
        assert not completed(context)
        assert {"record", "email", "controller_customer_id"} <= kinds(context)


FRIENDS = (
    "From zoltana@quibble.example: please call my friend Ana at +1 212 555 0177",
    "+1 212 555 0177 rang: Ana ordered two lamps",
)


def test_a_friend_s_phone_whose_records_were_rejected_is_not_listed(tmp_path: Path) -> None:
    given = (ZOLTANA[0], ZOLTANA[1])
    with opened(ready(tmp_path, FRIENDS, given)) as context:
        [found] = locate(context)
        [mail, call] = found.matches
        assert (mail.certainty, call.certainty) == (Certainty.CERTAIN, Certainty.UNCERTAIN)
        decide(context, found, [answered(call, "reject", "dpo", context.now())])
        complete(context, [found.request_id])
        assert listed(context, "email", ZOLTANA[1].value)
        assert not listed(context, "phone", "+12125550177")


def test_records_that_were_deleted_meanwhile_are_no_obstacle(tmp_path: Path) -> None:
    """The index has the hashes of what they held, if not their words."""
    workspace = ready(tmp_path, LONG)
    (tmp_path / "trained.jsonl").unlink()
    with opened(workspace) as context:
        assert "not the records themselves" in completed(context)
        assert "record" not in kinds(context)
        assert listed(context, "controller_customer_id", number())
        assert listed(context, "email", ZOLTANA[1].value)


def test_a_corpus_that_was_indexed_anew_leaves_the_request_alone_and_says_so(
    tmp_path: Path,
) -> None:
    workspace = ready(tmp_path, LONG)
    with opened(workspace) as context:
        patterns = context.workspace.config.nlp.model_copy(update={"engine": "patterns"})
        index_corpus(context, [jsonl(tmp_path / "trained.jsonl", TRAINED[2:])], nlp=patterns)
        assert "neither linked ones nor the records" in completed(context)
        assert listed(context, "email", ZOLTANA[1].value)
        assert not {"record", "controller_customer_id"} & kinds(context)


def test_without_an_index_the_request_alone_is_listed(tmp_path: Path) -> None:
    workspace = ready(tmp_path)
    (workspace / "index" / "index.json").unlink()
    with opened(workspace) as context:
        assert "own identifiers only" in completed(context)
        assert listed(context, "email", ZOLTANA[1].value)
        assert not listed(context, "controller_customer_id", number())


def test_a_request_that_was_never_searched_for_is_listed_too(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path / "work").root) as context:
        given = [Identifier(IdentifierKind.EMAIL, "Carl@other.example")]
        key, clock = context.workspace.pseudonym_key, context.workspace.config.clock
        shown = IdentityVerification("shown at the desk")
        asked = build_request(given, "gdpr", key, context.now(), clock, verification=shown)
        add_requests(context, [asked])
        [request] = context.ledger.requests()
        context.ledger.set_state(request.id, RequestState.READY, "dpo")
        complete(context, [request.id])
        assert listed(context, "email", "carl@other.example")


def test_nobody_to_complete_needs_no_corpus(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path / "work").root) as context:
        complete(context, [])
        assert context.ledger.events() == []
