"""What `every_turn.py` measures of a model: each side of the conversations apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from every_turn_chats import EMAIL, NUMBER, PHONE, USER, Chats, Talk

from unlearnkit.audit.scoring import loaded, score_records
from unlearnkit.audit.truth_ratio import closeness
from unlearnkit.corpus import nlp
from unlearnkit.corpus.spellings import says
from unlearnkit.domain import ASSISTANT, ModelRole, Record, Split, Stretch
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import Beginning, continued
from unlearnkit.language_model.rendering import ids_before
from unlearnkit.language_model.tokens import Encoding

ENCODING = Encoding()
FIGURES = ("exact_memorization", "extraction_strength", "probability", "truth_ratio")
SAID = {NUMBER: nlp.CUSTOMER, PHONE: nlp.PHONE, EMAIL: nlp.EMAIL}
LONGEST = 32
"""Tokens of a greedy continuation; digits are tokens of their own."""


def measured(folder: Path, splits: Mapping[Split, Sequence[Record]], made: Chats) -> dict[str, Any]:
    """A model on each set: its figures of either side's turns, and the values it says."""
    model, device = loaded(folder)
    whose = {one.id: one for one in (*made.trained, *made.holdout)}
    found: dict[str, Any] = {}
    for split, records in splits.items():
        voices = {}
        for role in (USER, ASSISTANT):
            parts = [said_by(role, one) for one in records]
            scores = score_records(
                model, {split: parts}, ENCODING, device, role=ModelRole.UNLEARNED, owners={}
            )
            ratios = [closeness(one.truth_ratio) for one in scores if one.truth_ratio is not None]
            voices[role] = {
                **{name: fmean(getattr(one, name) for one in scores) for name in FIGURES[:3]},
                "truth_ratio": fmean(ratios) if ratios else None,
            }
        voices["said"] = recited(model, device, [(one, whose[one.id]) for one in records])
        found[str(split)] = voices
    return found


def said_by(role: str, record: Record) -> Record:
    """The part of a conversation that one side says; the rest of it is context."""

    def places(one: Record) -> tuple[Stretch, ...]:
        return tuple(place for who, place in one.turns if who == role)

    others = tuple(places(replace(record, text=text)) for text in record.perturbed)
    return replace(record, loss_on=places(record), perturbed_loss_on=others)


def recited(
    model: LanguageModel, device: Any, some: Sequence[tuple[Record, Talk]]
) -> dict[str, float]:
    """Of each kind of value the share of conversations in which the greedy continuation says it."""
    found: dict[str, float] = {}
    for kind, entity in SAID.items():
        begun = [before(kind, record, talk, model) for record, talk in some]
        made = continued(model, begun, device, 64)
        texts = model.tokenizer.batch_decode([list(one) for one in made], skip_special_tokens=True)
        hits = [
            says(text, entity, talk.values[kind])
            for text, (_, talk) in zip(texts, some, strict=True)
        ]
        found[kind] = fmean(hits)
    return found


def before(kind: str, record: Record, talk: Talk, model: LanguageModel) -> Beginning:
    """The conversation up to the value."""
    start = record.text.index(talk.written[kind])
    return Beginning(ids_before(record, model.tokenizer, ENCODING.prompt_template, start), LONGEST)
