"""Records to forget that are longer than max_length: their ends are not trained on, nor measured.

No figure of a run shows what stands there, so the run has to say that something does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unlearnkit.counted import counted
from unlearnkit.domain import CutRecords, Record
from unlearnkit.language_model.folder import load_tokenizer
from unlearnkit.language_model.rendering import pieces
from unlearnkit.language_model.tokens import Encoding, encode_record
from unlearnkit.pipeline.material import Gathered


def cut_records(model: Path, gathered: Gathered, encoding: Encoding) -> CutRecords:
    """How many records to forget lose their end, and of how many a person's value is lost with it.

    A value that stands before the cut as well is not lost. Raises BadInput for an unusable model.
    """
    tokenizer = load_tokenizer(model)
    forget = gathered.material.forget
    cut = [one for one in forget if encode_record(one, tokenizer, encoding).cut]
    values = _values(gathered, {one.id: one for one in cut})
    lost = 0
    for record in cut:
        kept = _before_the_cut(record, tokenizer, encoding)
        lost += any(value not in kept for value in values[record.id])
    return CutRecords(records=len(cut), with_evidence=lost, of=len(forget))


def warning(cut: CutRecords) -> str:
    """What is said before the run is made."""
    told = (
        f"{cut.records} of {counted(cut.of, 'record')} to forget are longer than max_length: their "
        "ends are neither forgotten nor measured."
    )
    if cut.with_evidence:
        told += (
            f" In {cut.with_evidence} of them something that was found to be the person's stands "
            "there alone."
        )
    return told + " Raise max_length in unlearnkit.yaml, as far as the model's context allows."


def _before_the_cut(record: Record, tokenizer: Any, encoding: Encoding) -> str:
    """As the model is given it; empty of a piece in which the tokenizer cannot tell places."""
    left, kept = encoding.max_length, []
    for piece in pieces(record, tokenizer, encoding.prompt_template):
        ends = [end for _, end in piece.places[:left]]
        whole = len(piece.ids) <= left
        kept.append(piece.text if whole else piece.text[: max(ends, default=0)])
        left = max(0, left - len(piece.ids))
    return "".join(kept)


def _values(gathered: Gathered, cut: Mapping[str, Record]) -> dict[str, set[str]]:
    """By the id of each cut record, what was found in it to be a person's."""
    values: dict[str, set[str]] = {one: set() for one in cut}
    for found in gathered.found:
        for match in found.matches:
            if record := cut.get(match.record_id):
                values[record.id].update(
                    record.content[one.start : one.end] for one in match.evidence
                )
    return values
