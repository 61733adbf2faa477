"""From a subject to the records that concern them: search, weigh, and say how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing

from unlearnkit.config import LocateSettings
from unlearnkit.corpus.index import Index, check_unchanged
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.corpus.reader import Corpus
from unlearnkit.domain import (
    Located,
    Match,
    Progress,
    Subject,
    silent,
)
from unlearnkit.errors import BadInput
from unlearnkit.locate.haystack import Haystack
from unlearnkit.locate.hits import IDENTIFYING
from unlearnkit.locate.identifiers import own_values
from unlearnkit.locate.odds import Rarity, with_threads
from unlearnkit.locate.others import Others
from unlearnkit.locate.reasons import reason
from unlearnkit.locate.rules import Verdict, judge
from unlearnkit.locate.search import search_subject
from unlearnkit.locate.ties import Value


def locate(
    subject: Subject,
    corpus: Corpus,
    index: Index,
    analyzer: Analyzer,
    key: bytes,
    *,
    settings: LocateSettings | None = None,
    progress: Progress = silent,
) -> Located:
    """`locate_all` for one subject."""
    [found] = locate_all(
        [subject], corpus, index, analyzer, key, settings=settings, progress=progress
    )
    return found


def locate_all(
    subjects: Iterable[Subject],
    corpus: Corpus,
    index: Index,
    analyzer: Analyzer,
    key: bytes,
    *,
    settings: LocateSettings | None = None,
    progress: Progress = silent,
) -> Iterator[Located]:
    """Every record that concerns, or may concern, each subject, with its evidence.

    Raises BadInput when the corpus changed since it was indexed, or a subject has no identifier
    that can be searched.
    """
    settings = settings or LocateSettings()
    check_unchanged(index.info, corpus)
    haystack = Haystack(corpus, index, settings.shared_after)
    with closing(haystack):
        for subject in subjects:
            yield _located(
                subject, haystack, analyzer, key=key, settings=settings, progress=progress
            )


def _located(
    subject: Subject,
    haystack: Haystack,
    analyzer: Analyzer,
    *,
    key: bytes,
    settings: LocateSettings,
    progress: Progress,
) -> Located:
    if not subject.identifiers:
        raise BadInput("the request holds no identifier to search for", where=subject.request_id)
    found = search_subject(
        subject,
        haystack,
        analyzer,
        key=key,
        surname_bearers=settings.surname_bearers,
        first_name_bearers=settings.first_name_bearers,
        progress=progress,
    )
    given = {
        Value(kind, hashed)
        for kind, hashed in own_values(subject.identifiers, key, analyzer.settings.regions)
        if kind in IDENTIFYING
    }
    judged = judge(
        found,
        frozenset(given | found.resolved),
        ties=haystack.ties,
        places=haystack.places,
        settings=settings,
        others=Others(
            haystack.texts_of,
            haystack.persons,
            haystack.ordinary,
            haystack.of_many_customers,
            {one.kind for one in subject.identifiers if one.format == "raw"},
        ),
    )
    matches = as_matches(subject.request_id, judged, found.rarity)
    corpus = haystack.corpus
    return Located(
        request_id=subject.request_id,
        corpus_digest=corpus.digest,
        matches=tuple(map(matches.__getitem__, corpus.records.of(matches))),
        record_count=len(corpus.records),
    )


def as_matches(request_id: str, judged: Mapping[str, Verdict], rarity: Rarity) -> dict[str, Match]:
    """Record id -> match, with its score and its reason."""
    rarity = with_threads(rarity, (one.hits for one in judged.values()))
    return {
        record_id: Match(
            request_id=request_id,
            record_id=record_id,
            certainty=verdict.certainty,
            score=rarity.log_odds(verdict.hits),
            evidence=tuple(hit.evidence for hit in verdict.hits),
            reason=reason(verdict.hits, verdict.doubt),
        )
        for record_id, verdict in judged.items()
    }
