"""What a model writes when it is given the beginning of a record, beside the record itself.

- rouge_l: ROUGE-L recall (Lin 2004): words of the record's continuation that stand in the model's,
  in the same order, over the words of the record's. A share, 0 to 1. Words are those of
  `corpus/words.py`, not stemmed (TOFU stems, and its package keeps English letters only).
- repetition: 1 - distinct / all runs of four tokens (seq-rep-4, Welleck et al. 2020, arXiv
  1908.04319). A share, 0 to 1; 0 where there are fewer than four tokens.
- degenerate: 1 where the continuation has no word, or holds broken characters, or repeats more than
  half of its runs, and the record's own does not; else 0 (ours). The figure is a share of
  records.

The text itself is kept nowhere: it may recite a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unlearnkit.corpus.words import words
from unlearnkit.domain import GeneratedScores
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import continuations, ending, opening
from unlearnkit.language_model.tokens import Example

RUN = 4
MOSTLY = 0.5
BROKEN = "\N{REPLACEMENT CHARACTER}"


def rouge_l(expected: str, generated: str) -> float | None:
    """Recall of the longest common subsequence of words; None where nothing is expected."""
    from rapidfuzz.distance import LCSseq

    wanted = words(expected)
    return LCSseq.similarity(wanted, words(generated)) / len(wanted) if wanted else None


def repetition(ids: Sequence[int]) -> float:
    """Share of the runs of four tokens that are not the first of their kind."""
    runs = [tuple(ids[at : at + RUN]) for at in range(len(ids) - RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def broken(text: str, ids: Sequence[int]) -> bool:
    """Whether a text of these tokens is no sentence."""
    # The first and the last character may be cut where their bytes are several tokens.
    return not words(text) or BROKEN in text.strip(BROKEN) or repetition(ids) > MOSTLY


@dataclass(frozen=True, slots=True)
class Continuation:
    """A text and its tokens."""

    text: str
    ids: tuple[int, ...]


def generated_scores(expected: Continuation, made: Continuation) -> GeneratedScores:
    """The figures of what a model made where `expected` stood."""
    degenerate = broken(made.text, made.ids) and not broken(expected.text, expected.ids)
    return GeneratedScores(
        rouge_l=rouge_l(expected.text, made.text),
        repetition=repetition(made.ids),
        degenerate=float(degenerate),
    )


def generated(
    language_model: LanguageModel, examples: Sequence[Example], device: Any
) -> list[GeneratedScores]:
    """The figures of what the model makes of each example's beginning."""
    ends = ending(language_model)
    openings = [opening(one, ends) for one in examples]
    made = continuations(language_model, openings, device)

    def read(ids: tuple[int, ...]) -> Continuation:
        text: str = language_model.tokenizer.decode(list(ids), skip_special_tokens=True)
        return Continuation(text, ids)

    return [
        generated_scores(read(one.expected), read(ids))
        for one, ids in zip(openings, made, strict=True)
    ]
