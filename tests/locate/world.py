"""Zoltana Quibbleworth, who asks, and small corpora to find her in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from unlearnkit.corpus.index import Index, build_index, open_index
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.corpus.reader import Corpus, read_corpus
from unlearnkit.domain import (
    Certainty,
    Evidence,
    Identifier,
    IdentifierKind,
    Located,
    Match,
    Subject,
)
from unlearnkit.locate.engine import LocateSettings, locate

KEY = b"k" * 32
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
REQUEST = "6a7551aa-d5d6-44b2-9831-815ac9017798"
NAME = Identifier(IdentifierKind.NAME, "Zoltana Quibbleworth")
EMAIL = Identifier(IdentifierKind.EMAIL, "zoltana@quibble.example")
PHONE = Identifier(IdentifierKind.PHONE, "+12125550142")
NUMBER = Identifier(IdentifierKind.CUSTOMER_ID, "C-770077")
CERTAIN, UNCERTAIN, RELATED = Certainty

Text = str | tuple[str, str]
"""A record's text, or its text and its thread."""


@dataclass(frozen=True)
class World:
    """A corpus with its index; the records are called 1, 2, 3 ..."""

    corpus: Corpus
    index: Index
    analyzer: Analyzer

    @classmethod
    def of(cls, folder: Path, analyzer: Analyzer, texts: Sequence[Text]) -> World:
        """Write the texts, read and index them."""
        rows = [(text, "") if isinstance(text, str) else text for text in texts]
        content = "".join(
            json.dumps({"id": str(at), "text": text, "group": group}) + "\n"
            for at, (text, group) in enumerate(rows, start=1)
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "records.jsonl").write_text(content, encoding="utf-8")
        corpus = read_corpus([folder / "records.jsonl"])
        build_index(corpus, analyzer, KEY, folder / "index")
        return cls(corpus, open_index(folder / "index", KEY), analyzer)

    def locate(self, *identifiers: Identifier, settings: LocateSettings | None = None) -> Located:
        """What is found of the person with these identifiers."""
        subject = Subject(REQUEST, identifiers)
        return locate(subject, self.corpus, self.index, self.analyzer, KEY, settings=settings)

    def find(
        self, *identifiers: Identifier, settings: LocateSettings | None = None
    ) -> dict[str, Match]:
        """Record id -> match."""
        located = self.locate(*identifiers, settings=settings)
        return {match.record_id: match for match in located.matches}

    def certainty(self, *identifiers: Identifier) -> dict[str, Certainty]:
        """Record id -> how sure it is."""
        return {one: match.certainty for one, match in self.find(*identifiers).items()}


def located(corpus: Corpus, request_id: str = REQUEST, **certainty: Certainty) -> Located:
    """A result made by hand: `located(corpus, a=CERTAIN, b=UNCERTAIN)`."""
    evidence = Evidence(kind=IdentifierKind.NAME, how="exact", start=0, end=1, recogniser="test")
    return Located(
        request_id=request_id,
        corpus_digest=corpus.digest,
        matches=tuple(
            Match(
                request_id=request_id,
                record_id=record_id,
                certainty=one,
                score=0.85,
                evidence=(evidence,),
                reason="The subject's full name",
            )
            for record_id, one in certainty.items()
        ),
        record_count=len(corpus.records),
    )
