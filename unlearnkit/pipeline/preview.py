"""Which tokens an unlearning run would put its loss on, before it is made. Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from unlearnkit.corpus.nlp import detect
from unlearnkit.corpus.values import marks
from unlearnkit.domain import (
    TURN,
    Artefact,
    IdentifierKind,
    Match,
    Progress,
    Record,
    Split,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import load_tokenizer, model_digest
from unlearnkit.language_model.rendering import Piece, pieces
from unlearnkit.language_model.tokens import IGNORED, Encoding, Example, encode_record
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.forget import encoding_of, nothing_ready, ready_requests
from unlearnkit.pipeline.forgotten_before import refuse_older
from unlearnkit.pipeline.material import Gathered, gather_ready

MASK = "█"
"""Stands for each letter of an identifier."""


class Tokens(Artefact):
    """Consecutive tokens that are alike."""

    text: str
    """As the tokens write it, identifiers masked."""
    count: int
    learned: bool
    """Whether the loss is on them."""
    special: bool


class Shown(Artefact):
    """One record as the model would be trained on it."""

    record_id: str
    runs: tuple[Tokens, ...]
    cut: bool
    """Whether it was longer than max_length and lost its end."""


class Count(Artefact):
    """How much a set of records comes to."""

    split: Split
    records: int
    tokens: int
    learned: int
    """Tokens with a loss."""
    cut: int
    """Records longer than max_length."""


class Preview(Artefact):
    """The sets in figures, and the first records of the forget set in tokens."""

    counts: tuple[Count, ...]
    shown: tuple[Shown, ...]


def preview(
    context: Context,
    model: Path,
    holdout: Sequence[Path],
    show: int,
    *,
    from_older: bool = False,
) -> Preview:
    """What `unlearn` would train on; the first `show` forget records token by token.

    Raises BadInput and CannotEvaluate, as `unlearn` does, and where a record cannot be encoded.
    """
    tokenizer = load_tokenizer(model)
    if not tokenizer.is_fast:
        raise BadInput("this tokenizer cannot say where in a text its tokens stand", where=model)
    ready = ready_requests(context)
    if not ready:
        raise nothing_ready(context)
    if not from_older:
        refuse_older(context, model_digest(model), [one.id for one in ready])
    gathered = gather_ready(context, ready, holdout, context.workspace.config.seed)
    encoding, material = encoding_of(context), gathered.material
    sets: dict[Split, Sequence[Record]] = {
        Split.FORGET: material.forget,
        Split.RETAIN: material.retain,
        **({Split.REST: tuple(material.rest.values())} if material.rest else {}),
        Split.HOLDOUT: material.holdout,
    }
    return Preview(
        counts=tuple(
            _count(split, records, tokenizer, encoding, context.progress)
            for split, records in sets.items()
        ),
        shown=tuple(_shown(gathered, material.forget[:show], tokenizer, encoding)),
    )


def masked(text: str, own: Collection[str], known: Collection[str]) -> str:
    """The text, as long as it was, with █ for each letter of these values.

    `own` are masked wherever they stand, `known` as whole words and in any case.
    """
    patterns = [re.compile(re.escape(one)) for one in own]
    patterns += [re.compile(rf"(?<!\w){re.escape(one)}(?!\w)", re.IGNORECASE) for one in known]
    letters = list(text)
    for pattern in patterns:
        for found in pattern.finditer(text):
            letters[found.start() : found.end()] = MASK * len(found[0])
    return "".join(letters)


def _count(
    split: Split,
    records: Sequence[Record],
    tokenizer: Any,
    encoding: Encoding,
    progress: Progress,
) -> Count:
    examples: list[Example] = []
    for at, record in enumerate(records):
        if at % 500 == 0:
            progress(f"counting the {split} set", at, len(records))
        examples.append(encode_record(record, tokenizer, encoding))
    progress(f"counting the {split} set", len(records), len(records))
    return Count(
        split=split,
        records=len(records),
        tokens=sum(len(one.input_ids) for one in examples),
        learned=sum(one.counted for one in examples),
        cut=sum(one.cut for one in examples),
    )


def _shown(
    gathered: Gathered, records: Sequence[Record], tokenizer: Any, encoding: Encoding
) -> Iterator[Shown]:
    matches = [match for located in gathered.found for match in located.matches]
    by_id = gathered.corpus.records.of(match.record_id for match in matches)
    theirs = {value for match in matches for value in _evidence(match, by_id[match.record_id])}
    specials = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    spans = detect(gathered.analyzer, [one.content for one in records])
    for record, of_record in zip(records, spans, strict=True):
        own = {
            value
            for start, end, _ in marks(record.content, of_record)
            for value in _values(record.content[start:end])
        }
        own |= {
            value
            for match in matches
            if match.record_id == record.id
            for value in _evidence(match, record, words=False)
        }
        example = encode_record(record, tokenizer, encoding)
        runs: list[Tokens] = []
        tokens = zip(example.input_ids, example.labels, strict=True)
        for piece in pieces(record, tokenizer, encoding.prompt_template):
            for run in _runs(piece, masked(piece.text, own, theirs), tokens, specials):
                last = runs[-1] if runs else None
                if last and (last.learned, last.special) == (run.learned, run.special):
                    runs[-1] = last.model_copy(
                        update={"text": last.text + run.text, "count": last.count + run.count}
                    )
                else:
                    runs.append(run)
        yield Shown(record_id=record.id, runs=tuple(runs), cut=example.cut)


def _runs(
    piece: Piece, text: str, tokens: Iterator[tuple[int, int]], specials: Collection[int]
) -> Iterator[Tokens]:
    """One run for each token of the piece that is in the example, with its part of `text`.

    A letter that several tokens share is the first one's; a space that none counts, the next one's.
    """
    at = 0
    for (_, end), (token, label) in zip(piece.places, tokens, strict=False):
        yield Tokens(
            text=text[at:end], count=1, learned=label != IGNORED, special=token in specials
        )
        at = max(at, end)


def _evidence(match: Match, record: Record, *, words: bool = True) -> Iterator[str]:
    """What was found to be the person's; of a name also each word, which may stand alone."""
    for one in match.evidence:
        value = record.content[one.start : one.end]
        yield from _values(value)
        if words and one.kind is IdentifierKind.NAME:
            yield from re.findall(r"[^\W\d_]{2,}", value)


def _values(found: str) -> Iterator[str]:
    """Its part in each turn, without the white space round it, which a chat template may trim."""
    yield from (part.strip() for part in found.split(TURN) if part.strip())
