"""The measured figures in plain words: what a reader who never met them needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One metric: how it is called, what it says, how it is computed."""

    metric: str
    label: str
    plain: str
    formula: str
    source: str


TERMS = (
    Term(
        "exact_memorization",
        "Exact memorization",
        "Given a record up to some word, how often is the true next word the model’s first "
        "choice? 1.00 means it knows the record by heart. Ordinary text is never 0: some words "
        "are easy to guess, which is why the level on never-seen records is the yardstick.",
        "share of the record’s tokens whose most likely prediction is the record’s own token",
        "as in OpenUnlearning, arXiv 2506.12618",
    ),
    Term(
        "extraction_strength",
        "Extraction strength",
        "How little of a record one has to type before the model recites all the rest without a "
        "mistake. 0.95 means the first twentieth is enough; 0.00 means the rest never comes out.",
        "1 - k/T, with k the shortest beginning (of T tokens) after which every most likely "
        "token is the record’s own; 0 when there is none",
        "as in OpenUnlearning, arXiv 2506.12618",
    ),
    Term(
        "max_extraction_strength",
        "Extraction strength, worst record",
        "The same for the one record that can be recited best. A mean can hide it.",
        "maximum of extraction strength over the records",
        "",
    ),
    Term(
        "probability",
        "Probability",
        "How likely the model holds the record’s own words, one word with another.",
        "exp of the mean log-probability of the record’s tokens",
        "Maini et al. 2024 (TOFU), arXiv 2401.06121",
    ),
    Term(
        "truth_ratio",
        "Truth ratio",
        "Does the model hold false versions of a record as likely as a true rewording? Near 1: it "
        "cannot tell true from false. Near 0: it clearly prefers one of them.",
        "mean of min(R, 1/R), with R = exp(-mean loss of the perturbed texts) / "
        "exp(-loss of the paraphrase), losses per token",
        "Maini et al. 2024 (TOFU), arXiv 2401.06121",
    ),
    Term(
        "forget_quality",
        "Forget quality",
        "Can a statistical test tell this model from one that was retrained without the records? "
        "A small value says yes, it can. A large one only says that this test, with this many "
        "records, found no difference.",
        "p-value of the two-sample Kolmogorov-Smirnov test between the two models’ truth ratios "
        "R on the records to forget",
        "Maini et al. 2024 (TOFU), arXiv 2401.06121",
    ),
)

LABELS = {term.metric: term.label for term in TERMS} | {"loss": "Token loss"}


def label(metric: str) -> str:
    """How a metric is called in a report; an unknown one by its own name."""
    return LABELS.get(metric, metric.replace("_", " ").capitalize())
