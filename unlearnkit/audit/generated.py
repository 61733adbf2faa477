"""What a model writes when it is given the beginning of a record, beside the record itself.

- rouge_l: ROUGE-L recall (Lin 2004): words of the record's continuation that stand in the model's,
  in the same order, over the words of the record's. 0 to 1. Words are runs of letters and digits of
  any script, case folded, not stemmed (TOFU stems, and its package keeps English letters only).
- repetition: 1 - distinct / all runs of four tokens (seq-rep-4, Welleck et al. 2020, arXiv
  1908.04319). 0 to 1; 0 where there are fewer than four tokens.
- degenerate: 1 where the continuation has no word, or holds broken characters, or repeats more than
  half of its runs; else 0 (ours).

The text itself is kept nowhere: it may recite a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from unlearnkit.domain import GeneratedScores
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import continuations, opening
from unlearnkit.language_model.tokens import Example

RUN = 4
MOSTLY = 0.5
BROKEN = "\N{REPLACEMENT CHARACTER}"


def words(text: str) -> list[str]:
    """Runs of letters and digits, case folded."""
    return re.findall(r"\w+", text.casefold())


def rouge_l(expected: str, generated: str) -> float | None:
    """Recall of the longest common subsequence of words; None where nothing is expected."""
    from rapidfuzz.distance import LCSseq

    wanted = words(expected)
    return LCSseq.similarity(wanted, words(generated)) / len(wanted) if wanted else None


def repetition(ids: Sequence[int]) -> float:
    """Share of the runs of four tokens that are not the first of their kind."""
    runs = [tuple(ids[at : at + RUN]) for at in range(len(ids) - RUN + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def generated_scores(expected: str, text: str, ids: Sequence[int]) -> GeneratedScores:
    """The figures of one continuation, `text` of tokens `ids`, where `expected` stood."""
    repeated = repetition(ids)
    # The last character may be cut where its bytes are several tokens.
    broken = not words(text) or BROKEN in text.rstrip(BROKEN) or repeated > MOSTLY
    return GeneratedScores(
        rouge_l=rouge_l(expected, text), repetition=repeated, degenerate=float(broken)
    )


def generated(
    language_model: LanguageModel, examples: Sequence[Example], device: Any
) -> list[GeneratedScores]:
    """The figures of what the model makes of each example's beginning."""
    openings = [opening(one) for one in examples]
    made = continuations(language_model, openings, device)
    return [
        generated_scores(_text(language_model, one.expected), _text(language_model, ids), ids)
        for one, ids in zip(openings, made, strict=True)
    ]


def _text(language_model: LanguageModel, ids: Sequence[int]) -> str:
    text: str = language_model.tokenizer.decode(list(ids), skip_special_tokens=True)
    return text
