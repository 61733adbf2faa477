"""Indexing and searching as `locate.py` does it, and the search held against its rivals."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locate_rivals import BOTH, OURS, Finder

from unlearnkit.corpus.index import Index, build_index, open_index
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, PERSON, PHONE, NlpSettings, load_analyzer
from unlearnkit.corpus.reader import Corpus
from unlearnkit.corpus.stored import stored
from unlearnkit.domain import Certainty, Located, Record, Subject
from unlearnkit.locate.engine import locate_all

KEY = b"k" * 32


def as_corpus(records: Sequence[Record]) -> Corpus:
    """The records as if they had been read."""
    kept = stored(records)
    digest = kept.digest()
    return Corpus(kept, (), digest, {"made": digest})


def indexed(corpus: Corpus, settings: NlpSettings, folder: Path) -> tuple[Index, float]:
    """The corpus's index, and how long it took if it was not there."""
    start = time.perf_counter()
    build_index(corpus, load_analyzer(settings), KEY, folder, progress=said)
    return open_index(folder, KEY), time.perf_counter() - start


def all_rows(index: Index) -> list[Any]:
    """What Presidio found of the kinds that requests hold."""
    return index.rows((PERSON, EMAIL, PHONE, CUSTOMER))


def searched(subjects: Sequence[Subject], corpus: Corpus, index: Index) -> dict[str, Located]:
    """Request id -> what is found."""
    analyzer = load_analyzer(NlpSettings(engine="patterns"))  # NER has been, when it was indexed
    found = {}
    for one in locate_all(subjects, corpus, index, analyzer, KEY):
        found[one.request_id] = one
        print(f"located {len(found)} of {len(subjects)}", file=sys.stderr, flush=True)
    return found


def compared(
    subjects: Sequence[Subject],
    truths: Mapping[str, frozenset[str]],
    found: Mapping[str, Located],
    finders: Mapping[str, Finder],
) -> dict[str, dict[str, int]]:
    """Contender -> records found, right ones, and those there truly are; over all requests."""
    counts = {name: Counter[str]() for name in (OURS, BOTH, *finders)}
    for subject in subjects:
        truth, matches = truths[subject.request_id], found[subject.request_id].matches
        sure = {one.record_id for one in matches if one.certainty is Certainty.CERTAIN}
        sets = {
            OURS: sure,
            BOTH: {one.record_id for one in matches},
            **{name: finder(subject, len(truth)) for name, finder in finders.items()},
        }
        for name, some in sets.items():
            counts[name].update(found=len(some), right=len(some & truth), truth=len(truth))
    return {name: dict(count) for name, count in counts.items()}


def said(what: str, done: int, total: int) -> None:
    """Progress, to stderr."""
    print(f"{what} {done} of {total}", file=sys.stderr, flush=True)
