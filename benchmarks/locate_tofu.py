"""The TOFU part of `locate.py`: each of its 200 authors is searched for by name alone."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from locate_rivals import rivals
from locate_searching import all_rows, as_corpus, compared, indexed, searched
from tofu import EACH, author_name, read_pairs

from unlearnkit.corpus.nlp import NlpSettings
from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.reader import Corpus
from unlearnkit.domain import Identifier, IdentifierKind, Located, Record, Subject

AUTHORS = {
    33: "Tan Yu Liang",
    65: "Isabella van Pletzen",
    88: "",  # "the fictitious author" in all 20 records
    95: "Laila Amira al-Faisal",
    100: "Manuel Silva De Souza",
    114: "Isabella Matilda Lawson",
    121: "Sara van Dyke",
    153: "Femke Van der Veen",
    163: "Maria Garcia Alvarez",
    191: "Xin Lee Williams",
}
"""Where counting capitalised words (`author_name`) does not come to the author's whole name."""


def tofu(data: Path) -> dict[str, Any]:
    """Each author's 20 records by the author's name."""
    pairs = []
    for name in ("retain90.json", "forget10.json"):
        if not (data / name).is_file():
            sys.exit(f"TOFU is not here: {data / name} is missing. Give its folder with --data.")
        pairs += read_pairs(data / name)
    authors = [pairs[at : at + EACH] for at in range(0, len(pairs), EACH)]
    corpus = as_corpus(
        [
            Record(id=f"{number}-{at}", prompt=one["question"], text=one["answer"])
            for number, some in enumerate(authors)
            for at, one in enumerate(some)
        ]
    )
    names = [AUTHORS.get(at, author_name(some)) for at, some in enumerate(authors)]
    subjects = [
        Subject(str(number), (Identifier(IdentifierKind.NAME, name),))
        for number, name in enumerate(names)
        if name
    ]
    truths = {
        one.request_id: frozenset(f"{one.request_id}-{at}" for at in range(EACH))
        for one in subjects
    }
    with tempfile.TemporaryDirectory() as folder:
        index, _ = indexed(corpus, NlpSettings(), Path(folder))
        found = searched(subjects, corpus, index)
        return {
            "authors": len(authors),
            "named": len(subjects),
            "records": len(corpus.records),
            "contenders": compared(
                subjects, truths, found, rivals(corpus.records, all_rows(index))
            ),
            "missed": missed(subjects, truths, found, corpus),
            "wrong": falsely(subjects, truths, found, corpus),
        }


def missed(
    subjects: Sequence[Subject],
    truths: Mapping[str, frozenset[str]],
    found: Mapping[str, Located],
    corpus: Corpus,
) -> dict[str, int]:
    """What the records that were not found hold of the author's name."""
    return _counted(
        corpus,
        (
            (subject, record_id, "")
            for subject in subjects
            for record_id in truths[subject.request_id]
            - {match.record_id for match in found[subject.request_id].matches}
        ),
    )


def falsely(
    subjects: Sequence[Subject],
    truths: Mapping[str, frozenset[str]],
    found: Mapping[str, Located],
    corpus: Corpus,
) -> dict[str, int]:
    """What somebody else's records that were found, certain or not, hold of the author's name."""
    return _counted(
        corpus,
        (
            (subject, match.record_id, f"{match.certainty.value}, ")
            for subject in subjects
            for match in found[subject.request_id].matches
            if match.record_id not in truths[subject.request_id]
        ),
    )


def _counted(corpus: Corpus, held: Iterable[tuple[Subject, str, str]]) -> dict[str, int]:
    """What each record holds of the name, behind the words that are given, the most first."""
    texts = {record.id: record.content for record in corpus.records}
    counts = Counter(words + _held(subject, texts[one]) for subject, one, words in held)
    return dict(counts.most_common())


def _held(subject: Subject, content: str) -> str:
    words = normalise(IdentifierKind.NAME, subject.identifiers[0].value).split()
    text = f" {normalise(IdentifierKind.NAME, content)} "
    if f" {' '.join(words)} " in text:
        return "the whole name"
    held = [word for word in words if f" {word} " in text]
    if not held:
        return "no word of the name"
    if len(held) == len(words):
        return "every word of the name, apart"
    return "the surname alone" if words[-1] in held else "a given name alone"
