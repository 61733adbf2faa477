"""From reviewed matches to the forget set of a batch of requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from unlearnkit.corpus.reader import Corpus
from unlearnkit.counted import counted, noun
from unlearnkit.domain import (
    Certainty,
    Decision,
    Evidence,
    ForgetSet,
    Located,
    Match,
    Record,
    Stretch,
)
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.locate.passages import passages
from unlearnkit.locate.review import accepted_in_part, apply_decisions, pending


def build_forget_set(
    located: Sequence[Located],
    decisions: Sequence[Decision],
    corpus: Corpus,
    before: Collection[str] = (),
) -> ForgetSet:
    """The accepted records of every request; what a person rejected is kept out of both sets.

    Of a record that every request takes in part only, its passages about them are forgotten.
    `before` are records that earlier runs forgot: these are kept out as well, where they are not to
    be forgotten again.

    Raises CannotEvaluate while matches are undecided; BadInput when the matches are of another
    state of the corpus, when no record is accepted at all, and when every record is: there must be
    something to forget and something to keep.
    """
    for one in located:
        if one.corpus_digest != corpus.digest:
            raise BadInput(
                "the corpus changed since these records were located",
                where=f"request {one.request_id}",
                fix="Run: unlearnkit index CORPUS, then unlearnkit locate",
            )
        undecided = pending(one, decisions)
        if undecided:
            raise CannotEvaluate(
                f"{counted(len(undecided), 'uncertain match', 'uncertain matches')} "
                f"{noun(len(undecided), 'waits', 'wait')} for a decision",
                where=f"request {one.request_id}",
                fix=f"Run: unlearnkit review {one.request_id}",
            )
    records = {one.request_id: apply_decisions(one, decisions) for one in located}
    accepted = {record for found in records.values() for record in found}
    matched = {match.record_id for one in located for match in one.matches}
    passages = _passages(located, decisions, records, corpus)
    excluded = matched - accepted
    known = set(before) - excluded - (accepted - passages.keys())
    ids = [one.id for one in corpus.records]
    forget = ForgetSet(
        corpus_digest=corpus.digest,
        records=records,
        passages=passages,
        excluded=tuple(one for one in ids if one in excluded),
        forgotten_before=tuple(one for one in ids if one in known),
    )
    if not forget.record_ids:
        raise BadInput(
            "the forget set is empty: no record of the corpus was accepted for any request",
            fix="Check the identifiers of the requests, or close each: "
            "unlearnkit request reject REQUEST --reason 'no data held'",
        )
    if not set(ids) - accepted - excluded - known:
        counts = {"rejected": len(excluded), "forgotten before": len(known - accepted)}
        others = " and ".join(f"{count} {what}" for what, count in counts.items() if count)
        but = f" but for {others}, which are in neither set" if others else ""
        raise BadInput(
            f"the forget set is the whole corpus{but}: nothing would be left to keep the model "
            "useful",
            fix="Train a new model instead, or give the corpus the model was trained on.",
        )
    return forget


def check_passages(
    located: Located, decisions: Sequence[Decision], records: Mapping[str, Record]
) -> None:
    """Raise BadInput where a record is to be forgotten in part and no part is the person's."""
    for match in _in_part(located, decisions):
        if not passages(records[match.record_id], match.evidence):
            raise BadInput(
                f"record {match.record_id} cannot be forgotten in part: nothing that the model "
                "is trained to say in it names the person",
                where=f"request {located.request_id}",
                fix="Decide about it anew, accept or reject: "
                f"unlearnkit review {located.request_id} --decisions FILE",
            )


def _in_part(located: Located, decisions: Sequence[Decision]) -> list[Match]:
    chosen = set(accepted_in_part(located, decisions))
    return [match for match in located.matches if match.record_id in chosen]


def _passages(
    located: Sequence[Located],
    decisions: Sequence[Decision],
    accepted: Mapping[str, Sequence[str]],
    corpus: Corpus,
) -> dict[str, tuple[Stretch, ...]]:
    """Record id -> its passages, of those that no request takes whole."""
    records = corpus.records.of(match.record_id for one in located for match in one.matches)
    evidence: dict[str, list[Evidence]] = {}
    whole: set[str] = set()
    for of_request in located:
        check_passages(of_request, decisions, records)
        in_part = {match.record_id: match for match in _in_part(of_request, decisions)}
        whole.update(id_ for id_ in accepted[of_request.request_id] if id_ not in in_part)
        for record_id, match in in_part.items():
            evidence.setdefault(record_id, []).extend(match.evidence)
    stretches = {
        record_id: passages(records[record_id], of_record)
        for record_id, of_record in evidence.items()
        if record_id not in whole
    }
    return {
        record_id: of_record
        for record_id, of_record in stretches.items()
        if of_record != ((0, len(records[record_id].text)),)
    }


@dataclass(frozen=True, slots=True)
class LocateScore:
    """How well one request's records were found, against the truth."""

    precision: float | None
    """Share of the accepted records that are right; None when none was accepted."""
    recall: float | None
    """Share of the true records that were accepted; None when there are none."""
    certain: int
    uncertain: int
    wrongly_certain: int
    """Certain matches that are somebody else's: no review would catch them."""


def evaluate(located: Located, accepted: Collection[str], truth: Collection[str]) -> LocateScore:
    """Score the accepted records of a request against the records that truly concern the person."""
    right = set(accepted) & set(truth)
    sure = {one.record_id for one in located.matches if one.certainty is Certainty.CERTAIN}
    return LocateScore(
        precision=len(right) / len(set(accepted)) if accepted else None,
        recall=len(right) / len(set(truth)) if truth else None,
        certain=len(sure),
        uncertain=len(located.matches) - len(sure),
        wrongly_certain=len(sure - set(truth)),
    )
