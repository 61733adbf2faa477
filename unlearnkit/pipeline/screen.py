"""Looking for people who were forgotten in new records, before they are trained on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from unlearnkit.corpus.clean import Copy, described, plan, write_clean
from unlearnkit.corpus.index import build_index, open_index
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_without_ner
from unlearnkit.corpus.reader import Corpus, Fields, read_corpus
from unlearnkit.corpus.sources import Place, absolute
from unlearnkit.counted import counted, noun
from unlearnkit.domain import (
    Check,
    CleanFile,
    EventKind,
    Finding,
    Forgotten,
    Match,
    Outcome,
    Record,
    RequestState,
    Screened,
    Sureness,
)
from unlearnkit.errors import CannotEvaluate
from unlearnkit.locate.making import of_earlier_editions, refuse_other_key
from unlearnkit.locate.screening import entities
from unlearnkit.locate.screening import screen as screen_records
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import tell_of
from unlearnkit.pipeline.outputs import not_own
from unlearnkit.pipeline.runs import refuse_file

RULE = "nobody-forgotten-in-the-corpus"
"""The name of a gate's check that is a screening and no rule of the policy."""
RULE_SAYS = "no record of the training corpus is about somebody on the do-not-train list"


def screen(
    context: Context,
    places: Sequence[Place],
    fields: Fields | None = None,
    *,
    nlp: NlpSettings | None = None,
    workers: int | None = None,
    strict: bool = False,
    clean: Path | None = None,
) -> Screened:
    """Look for everybody on the do-not-train list; with `clean`, write the corpus without them.

    `fields`, `nlp` and `workers` as for `index_corpus`. The records are indexed as there, in a
    folder of their own and without NER: the list's names are looked for by themselves. `strict`
    also counts what is only possible, records that could not be read, and lists that an earlier
    version made, which lack ways to write a person. Raises BadInput (see
    `read_corpus` and `corpus.clean.plan`), VerificationFailed when the ledger does not hold,
    CannotEvaluate when the corpus changes meanwhile or a process dies.
    """
    context.ledger.verify()
    entries = context.ledger.do_not_train()
    refuse_other_key(entries, context.workspace.pseudonym_key)
    whole = [absolute(place) for place in places]
    if clean is not None:
        refuse_file(not_own(context.workspace.root, clean))
    copies = plan(whole, clean) if clean is not None else []
    fields = fields or context.workspace.config.fields
    corpus = read_corpus(whole, fields)
    tell_of(context, corpus, fields)
    analyzer = load_without_ner(nlp or context.workspace.config.nlp)
    matches = _matches(context, corpus, whole, fields, analyzer, entries=entries, workers=workers)
    records = corpus.records.of(one.record_id for one in matches)
    found = Screened(
        outcome=Outcome.PASS,
        strict=strict,
        people=len({one.request_id for one in entries}),
        unlisted=_unlisted(context, entries),
        earlier=of_earlier_editions(entries),
        waiting=tuple(sorted(one.id for one in context.ledger.requests(RequestState.UNLEARNED))),
        corpus_digest=corpus.digest,
        records=len(corpus.records),
        quarantined=dict(Counter(one.reason for one in corpus.quarantined).most_common()),
        passed_over=corpus.passed_over,
        findings=tuple(_finding(one, records[one.record_id]) for one in matches),
    )
    found = found.model_copy(update={"outcome": outcome_of(found)})
    written = _write(found, corpus, copies, fields)
    if clean is not None:
        _read_back(corpus, left_out(found), copies, fields)
    payload = {
        "corpus_digest": corpus.digest,
        "people": found.people,
        "outcome": found.outcome.value,
        **{one.value: len(found.found(one)) for one in Sureness},
    }
    context.record_execution(EventKind.SCREENED, payload)
    return found.model_copy(update={"written": written})


def outcome_of(found: Screened) -> Outcome:
    """Fail where somebody is back; cannot tell where somebody, or some record, was not looked at.

    What is only possible, what could not be read and what an earlier list lacks count when it is
    strict.
    """
    if left_out(found):
        return Outcome.FAIL
    if found.unlisted or (found.strict and (found.quarantined or found.earlier)):
        return Outcome.CANNOT_TELL
    return Outcome.PASS


def as_check(found: Screened) -> Check:
    """The screening as one more rule of a gate, where what was not looked at is no pass."""
    certain, possible = (len(found.found(one)) for one in Sureness)
    relation = "<=" if certain == 0 else ">"
    people = counted(found.people, "person", "people")
    bound = f"{certain} {relation} 0 records of {people} on the list in {found.records}"
    explanation = "Nobody who was forgotten may be trained on again."
    if possible:
        explanation += f" {possible} more may be about them: unlearnkit screen shows which."
    explanation += "".join(_not_looked_at(found))
    if found.unlisted:
        unlisted = counted(len(found.unlisted), "completed request")
        explanation += f" {unlisted} {noun(len(found.unlisted), 'is', 'are')} not on the list."
    if found.earlier:
        people = counted(len(found.earlier), "person", "people")
        explanation += f" {people} may be written in ways that an earlier version did not list."
    return Check(
        rule=RULE,
        outcome=_outcome_in_a_gate(found),
        severity="fail",
        observed=float(certain),
        bound=bound,
        explanation=explanation,
    )


def _outcome_in_a_gate(found: Screened) -> Outcome:
    if found.outcome is Outcome.PASS and (found.quarantined or not found.people):
        return Outcome.CANNOT_TELL
    return found.outcome


def _not_looked_at(found: Screened) -> Iterator[str]:
    """A sentence for each kind of records, or of people, that nobody looked at or for."""
    if not found.people:
        yield " Nobody is on the do-not-train list, so nobody was looked for."
    if unread := sum(found.quarantined.values()):
        yield (
            f" {counted(unread, 'record')} could not be read, and nobody knows whom "
            f"{noun(unread, 'it is', 'they are')} about: mend them, or train on what "
            "unlearnkit screen --write-clean writes."
        )
    if found.waiting:
        waiting = counted(len(found.waiting), "request")
        yield (
            f" {waiting} {noun(len(found.waiting), 'was', 'were')} unlearned and not completed, so "
            f"not looked for ({', '.join(one[:8] for one in found.waiting)}): unlearnkit report "
            f"completes {noun(len(found.waiting), 'it', 'them')}."
        )


def left_out(found: Screened) -> frozenset[str]:
    """The ids of the records that may not be trained on."""
    certain = found.found(Sureness.CERTAIN)
    return certain | found.found(Sureness.POSSIBLE) if found.strict else certain


def _matches(
    context: Context,
    corpus: Corpus,
    places: Sequence[str],
    fields: Fields,
    analyzer: Analyzer,
    *,
    entries: Sequence[Forgotten],
    workers: int | None,
) -> list[Match]:
    workspace = context.workspace
    key, folder = workspace.pseudonym_key, workspace.screening_dir
    build_index(
        corpus,
        analyzer,
        key,
        folder,
        places=places,
        fields=fields,
        workers=workers,
        progress=context.progress,
    )
    index = open_index(folder, key)
    return screen_records(
        entries,
        corpus.records,
        index.rows(entities(index.info.entities)),
        key,
        regions=analyzer.settings.regions,
        settings=workspace.config.locate,
        progress=context.progress,
    )


def _unlisted(context: Context, entries: Sequence[Forgotten]) -> tuple[str, ...]:
    listed = {one.request_id for one in entries}
    completed = context.ledger.requests(RequestState.COMPLETED)
    return tuple(sorted(one.id for one in completed if one.id not in listed))


def _finding(match: Match, record: Record) -> Finding:
    return Finding(
        request_id=match.request_id,
        record_id=record.id,
        source=record.source,
        line=record.line,
        sureness=Sureness.of(match.certainty),
        reason=match.reason,
    )


def _write(
    found: Screened, corpus: Corpus, copies: Sequence[Copy], fields: Fields
) -> tuple[CleanFile, ...]:
    """Write each file; every record of it is kept, removed or quarantined."""
    removed, unread = left_out(found), Counter(one.source for one in corpus.quarantined)
    lines: defaultdict[str, set[int]] = defaultdict(set)
    for one in corpus.quarantined:
        lines[one.source].add(one.line)
    kept, taken = Counter[str](), Counter[str]()
    for record in corpus.records:
        if record.id in removed:
            taken[record.source] += 1
            lines[record.source].add(record.line)
        else:
            kept[record.source] += 1
    written = []
    with described(copies):
        for copy in copies:
            name = copy.source.name
            if write_clean(copy, lines[name], fields) != kept[name]:
                raise _changed(name)
            written.append(
                CleanFile(
                    source=name,
                    file=str(copy.target),
                    kept=kept[name],
                    removed=taken[name],
                    quarantined=unread[name],
                )
            )
    return tuple(written)


def _read_back(
    corpus: Corpus, removed: frozenset[str], copies: Sequence[Copy], fields: Fields
) -> None:
    """Raises CannotEvaluate where the files do not hold just the records that stay."""
    stay = Counter(one.content for one in corpus.records if one.id not in removed)
    filled = [copy.target for copy in copies if stay]
    there = read_corpus(filled, fields).records if filled else ()
    if Counter(one.content for one in there) != stay:
        raise _changed(", ".join(str(one) for one in filled))


def _changed(where: str) -> CannotEvaluate:
    return CannotEvaluate(
        f"{where}: the corpus changed while it was screened",
        fix="Run the same command again; do not train on what was written.",
    )
