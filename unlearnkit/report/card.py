"""The section of a model's README.md that says what was done to it; it holds no personal data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import TrainingPass, Turns
from unlearnkit.report.glossary import label
from unlearnkit.report.render import render_template
from unlearnkit.report.scope import CONTEXT, NEVER_COVERED, NOT_MADE

CARD = "README.md"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card says: the same for a run that was killed and one that was not, so no dates."""

    version: str
    """unlearnkit's."""
    objective: str
    forgotten: int
    kept: int
    original_digest: str
    holdout_origin: str
    """'given' or 'decoys'."""
    target: Mapping[str, float]
    """Metric -> the level aimed at."""
    last: TrainingPass
    """Where the run ended."""
    in_part: int = 0
    """How many of the forgotten only in part: the rest of them was to be kept."""
    turns: Turns | None = None
    """Whose turns of conversations counted."""


def model_card(existing: str, facts: CardFacts, templates_dir: Path | None = None) -> str:
    """`existing`, word for word, with the section "Unlearning" appended, or put in its place.

    The section stands between HTML comments that name the original's digest: it replaces itself,
    and an earlier unlearning's section stays. Raises BadInput when a user's own template is broken.
    """
    reached = facts.last.model_dump()
    context = {
        "facts": facts,
        "levels": [
            (label(metric), reached[f"forget_{metric}"], target)
            for metric, target in facts.target.items()
        ],
        "out_of_scope": (*NEVER_COVERED, CONTEXT[facts.turns], *NOT_MADE.values()),
    }
    text = render_template("model_card.md.j2", context, templates_dir).strip()
    mark = f"unlearnkit, from {facts.original_digest[:12]}"
    begin, end = f"<!-- {mark}: begins -->", f"<!-- {mark}: ends -->"
    section = f"{begin}\n{text}\n{end}\n"
    there = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}\n?", re.DOTALL)
    if there.search(existing):
        return there.sub(lambda _: section, existing)
    return f"{existing.rstrip()}\n\n{section}".lstrip()


def check_template(templates_dir: Path | None = None) -> None:
    """Raise BadInput when a user's own template is broken: before hours of training, not after."""
    nothing = TrainingPass(
        number=0,
        loss=0.0,
        forget_exact_memorization=0.0,
        forget_extraction_strength=0.0,
        forget_probability=0.0,
        forget_loss=0.0,
        holdout_exact_memorization=0.0,
        holdout_extraction_strength=0.0,
        holdout_probability=0.0,
        holdout_loss=0.0,
        retain_extraction_strength=0.0,
        retain_exact_memorization=0.0,
        state="",
    )
    model_card("", CardFacts("", "", 0, 0, "", "", {"probability": 0.0}, nothing), templates_dir)


def write_card(
    original: Path, made: Path, facts: CardFacts, templates_dir: Path | None = None
) -> None:
    """Write README.md into the folder of the `made` model: the original's, with the section.

    Raises what `model_card` and `write_atomic` raise.
    """
    there = original / CARD
    # Whatever bytes it has come out as they went in.
    existing = there.read_bytes().decode("utf-8", "surrogateescape") if there.is_file() else ""
    card = model_card(existing, facts, templates_dir)
    write_atomic(made / CARD, card.encode("utf-8", "surrogateescape"))
