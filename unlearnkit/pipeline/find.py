"""From records and requests to reviewed matches: index, locate, review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from unlearnkit.artefacts import load, save, saved, sha256_file
from unlearnkit.corpus.index import (
    Index,
    IndexInfo,
    build_index,
    check_kinds,
    check_unchanged,
    open_index,
    write_quarantine,
)
from unlearnkit.corpus.nlp import NlpSettings, load_analyzer, load_without_ner
from unlearnkit.corpus.plain_index import remove_plain_index, write_plain_index
from unlearnkit.corpus.ray_cluster import read_on_ray
from unlearnkit.corpus.reader import Corpus, Fields, NothingUsable, read_corpus
from unlearnkit.corpus.sources import ENDINGS, Place, absolute
from unlearnkit.corpus.workers import ReadParts, read_parts
from unlearnkit.domain import (
    Certainty,
    Decision,
    Engine,
    EventKind,
    Located,
    Match,
    Record,
    Request,
    RequestState,
    Review,
)
from unlearnkit.errors import BadInput
from unlearnkit.locate.engine import locate_all
from unlearnkit.locate.forget_set import check_passages
from unlearnkit.locate.review import pending
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.requests import OPEN, left_out, only_left_out, runnable

DECISIONS = "decisions"
"""In a `reviewed` event: how many decisions stand on file about the corpus that it names."""
NAMED = 5
"""Files that were not read, told by name."""
READERS: dict[Engine, ReadParts] = {Engine.LOCAL: read_parts, Engine.RAY: read_on_ray}


def index_corpus(
    context: Context,
    places: Sequence[Place],
    fields: Fields | None = None,
    *,
    nlp: NlpSettings | None = None,
    workers: int | None = None,
    engine: Engine = Engine.LOCAL,
    plain: bool = False,
) -> IndexInfo:
    """Read the training records and index the personal data in them, as keyed hashes.

    `fields` and `nlp` are the workspace's where none are given; the index keeps which, for later
    steps. `workers` are processes, of this machine or of the cluster; None is as many as the
    records are worth, or the cluster has cores. With `plain` the values are written beside the
    index as they are, which is unsafe; an earlier such file is deleted. Raises BadInput: see
    `read_corpus` (where no record can be used, all are listed and the old index stands), and when
    the NLP model, or what `engine` needs, is not there; CannotEvaluate when a process dies.
    """
    workspace = context.workspace
    remove_plain_index(workspace.index_dir)
    fields = fields or workspace.config.fields
    whole = [absolute(place) for place in places]
    try:
        corpus = read_corpus(whole, fields)
    except NothingUsable as error:
        if error.quarantined:
            listed = write_quarantine(error.quarantined, workspace.index_dir)
            error.fix += f"\nEach record with file and line: {listed}"
        raise
    tell_of(context, corpus, fields)
    info = build_index(
        corpus,
        load_analyzer(nlp or workspace.config.nlp),
        workspace.pseudonym_key,
        workspace.index_dir,
        places=whole,
        fields=fields,
        workers=workers,
        read=READERS[engine],
        progress=context.progress,
    )
    payload = {
        "corpus_digest": info.digest,
        "records": info.record_count,
        "quarantined": sum(info.quarantined.values()),
        "entities_digest": info.entities_digest,
    }
    if plain:
        payload["plain"] = True
    context.record(EventKind.INDEXED, payload)
    if plain:  # behind the event: what is there of it was asked for on record
        write_plain_index(Index(workspace.index_dir, info), corpus.records)
    return info


def tell_of(context: Context, corpus: Corpus, fields: Fields) -> None:
    """What was read otherwise than who named the places may believe."""
    for source, names in corpus.absent.items():
        context.tell(_without(source, names, fields))
    if corpus.passed_over:
        named = ", ".join(corpus.passed_over[:NAMED])
        more = len(corpus.passed_over) - NAMED
        context.tell(
            f"not read, for their names end in none of {', '.join(ENDINGS)}: {named}"
            f"{f' and {more} more' if more > 0 else ''}. If they hold records, save them as one of "
            "these."
        )


def _without(source: str, names: Sequence[str], fields: Fields) -> str:
    """Of a file in which fields that somebody named are in no record, and what follows from it."""
    told = " and ".join(f"'{one}'" for one in names)
    follows = []
    if fields.id in names:
        follows.append("are named by a hash of their content")
    if fields.group in names:
        follows.append("belong to no group")
    return (
        f"{source}: no record has the field {told}; its records {' and '.join(follows)}. All files "
        "of a call are read by the same names: rename the fields there, if they have others."
    )


def open_corpus(context: Context) -> tuple[Index, Corpus]:
    """The index and the records it was made from. Raises BadInput when they changed since."""
    index = open_index(context.workspace.index_dir, context.workspace.pseudonym_key)
    corpus = read_corpus(index.info.corpus_paths, index.info.fields)
    check_unchanged(index.info, corpus)
    return index, corpus


def locate(context: Context, request_ids: Sequence[str] = ()) -> list[Located]:
    """Search the records of these requests, or of all open and verified ones, and move each on.

    A request without anything uncertain becomes ready, any other goes to review. Raises BadInput
    for an unknown, closed or unverified request, or when there is none to search for, and
    CannotEvaluate when all that are open are unverified.
    """
    requests = [runnable(context.ledger.request(one)) for one in request_ids] or [
        one for one in context.ledger.requests() if one.state in OPEN and one.verified
    ]
    if not requests:
        waiting = left_out(context)
        if waiting:
            raise only_left_out(waiting)
        raise BadInput(
            "there is no open request to search for", fix="Run: unlearnkit request import FILE"
        )
    index, corpus = open_corpus(context)
    check_kinds(index.info)
    subjects = [context.ledger.subject(one.id, context.workspace.vault_key) for one in requests]
    searched = []
    for request, found in zip(
        requests,
        locate_all(
            subjects,
            corpus,
            index,
            load_without_ner(index.info.nlp),
            context.workspace.pseudonym_key,
            settings=context.workspace.config.locate,
            progress=context.progress,
        ),
        strict=True,
    ):
        path = located_file(context, request.id)
        save(path, found)
        classes = Counter(match.certainty for match in found.matches)
        sure, related = classes[Certainty.CERTAIN], classes[Certainty.RELATED]
        payload = {
            "corpus_digest": corpus.digest,
            "certain": sure,
            "uncertain": len(found.matches) - sure - related,
            "related": related,
            "digest": sha256_file(path),
        }
        context.record(EventKind.LOCATED, payload, request.id)
        _record_new(context, found, _recorded(context, found))
        _move_on(context, found)
        searched.append(found)
    return searched


def located_file(context: Context, request_id: str) -> Path:
    """Where `locate` leaves what it found for a request."""
    return context.workspace.located_dir / f"{request_id}.json"


def review_file(context: Context, request_id: str) -> Path:
    """Where `decide` keeps what was decided about a request's matches."""
    return context.workspace.reviews_dir / f"{request_id}.json"


def located(context: Context, request_id: str) -> Located:
    """What was found for a request. Raises BadInput where it was not searched for yet."""
    path = located_file(context, request_id)
    if not path.is_file():
        raise BadInput(
            "its records were not searched for yet",
            where=f"request {request_id}",
            fix=f"Run: unlearnkit locate {request_id}",
        )
    return load(path, Located)


def decisions(context: Context, found: Located) -> tuple[Decision, ...]:
    """What was decided about these matches; decisions about another state of the corpus are not."""
    path = review_file(context, found.request_id)
    if not path.is_file():
        return ()
    review = load(path, Review)
    return review.decisions if review.corpus_digest == found.corpus_digest else ()


def decide(
    context: Context,
    found: Located,
    made: Sequence[Decision],
    records: Mapping[str, Record] | None = None,
) -> Request:
    """Keep these decisions beside the earlier ones; the request, moved on when none is left.

    `records` are the corpus's by id, read here where it must be and they are not given.
    Raises BadInput when the request is closed, unverified, or in a model that was unlearned, and
    where a record is to be forgotten in part and no part names the person.
    """
    runnable(context.ledger.request(found.request_id))
    if any(one.in_part for one in made):
        ids = {one.record_id for one in made}
        check_passages(found, made, records or open_corpus(context)[1].records.of(ids))
    # Before this version writes the file: earlier ones recorded its digest, not a number.
    _record_new(context, found, _recorded(context, found))
    earlier = decisions(context, found)
    save(review_file(context, found.request_id), _review(found, (*earlier, *made)))
    _record_new(context, found, len(earlier))
    return _move_on(context, found)


def _review(found: Located, made: Sequence[Decision]) -> Review:
    return Review(
        request_id=found.request_id, corpus_digest=found.corpus_digest, decisions=tuple(made)
    )


def _record_new(context: Context, found: Located, recorded: int) -> None:
    """One event for the decisions on file that come after the first `recorded` ones."""
    made = decisions(context, found)
    new = made[recorded:]
    if not new:
        return
    payload = {
        "accepted": sum(one.accepted for one in new),
        "in_part": sum(one.in_part for one in new),
        "rejected": sum(not one.accepted for one in new),
        "digest": sha256_file(review_file(context, found.request_id)),
        "corpus_digest": found.corpus_digest,
        DECISIONS: len(made),
    }
    context.record(EventKind.REVIEWED, payload, found.request_id)


def _recorded(context: Context, found: Located) -> int:
    """How many of the decisions on file are in the ledger; not all where a process died."""
    made = decisions(context, found)
    last = context.ledger.last_event(EventKind.REVIEWED, found.request_id) if made else None
    if last is None:
        return 0
    if DECISIONS not in last.payload:
        return _recorded_by_digest(context, found, made)
    count, same = last.payload[DECISIONS], last.payload["corpus_digest"] == found.corpus_digest
    return count if same and count <= len(made) else 0


def _recorded_by_digest(context: Context, found: Located, made: Sequence[Decision]) -> int:
    """The same where the last event has no number of decisions, as earlier versions wrote it."""
    happened = context.ledger.events_of(EventKind.REVIEWED, found.request_id)
    told = {one.payload["digest"] for one in happened}
    if sha256_file(review_file(context, found.request_id)) in told:
        return len(made)
    return next(
        count
        for count in reversed(range(len(made)))
        if not count or sha256(saved(_review(found, made[:count]))).hexdigest() in told
    )


def undecided(context: Context, found: Located) -> tuple[Match, ...]:
    """The matches that wait for a person: not certain, and nobody decided about them."""
    return pending(found, decisions(context, found))


def _move_on(context: Context, found: Located) -> Request:
    state = RequestState.IN_REVIEW if undecided(context, found) else RequestState.READY
    return context.ledger.set_state(found.request_id, state, context.actor)
