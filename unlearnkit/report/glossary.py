"""The measured figures in plain words: what a reader who never met them needs."""

from __future__ import annotations

from dataclasses import dataclass

from unlearnkit.metrics import record_metrics
from unlearnkit.report.term import Term
from unlearnkit.report.value_terms import OF_VALUES


@dataclass(frozen=True, slots=True)
class Inference:
    """One way to guess whether a record was trained on."""

    name: str
    label: str
    formula: str
    source: str


ATTACKS = (
    Inference(
        "loss",
        "loss",
        "the mean log-probability of the record’s tokens",
        "Yeom et al. 2018, arXiv 1709.01604",
    ),
    Inference(
        "zlib",
        "zlib",
        "the mean log-probability over the bytes of the text compressed by zlib",
        "Carlini et al. 2021, arXiv 2012.07805",
    ),
    Inference(
        "min_k",
        "Min-K%",
        "the mean of the lowest 20 % of the tokens’ log-probabilities",
        "Shi et al. 2024, arXiv 2310.16789",
    ),
    Inference(
        "min_k_plus_plus",
        "Min-K%++",
        "the same of log-probabilities less their mean, over their standard deviation, both over "
        "the vocabulary under the model’s own distribution",
        "Zhang et al. 2025, arXiv 2404.02936",
    ),
    Inference(
        "reference",
        "beside the retrained model",
        "the mean log-probability less that under the retrained model",
        "Ye et al. 2022, arXiv 2111.09679",
    ),
)


AREA = (
    "Of a record of this set and one the model never saw, how often does the attack tell which is "
    "which? 0.50: a coin does as well. 1.00: always. Well under 0.50 is no protection: the model "
    "avoids these records, and who knows that asks the other way round."
)
RATE = (
    "The share of the records of this set that the attack is sure of: at most one in a hundred of "
    "the records that the model never saw has so high a score."
)


def _inference(kind: str, what: str, plain: str, formula: str) -> tuple[Term, ...]:
    """The terms of one figure of every attack, explained once."""
    return tuple(
        Term(
            f"membership_{kind}_{one.name}",
            f"Membership inference, {one.label}: {what}",
            "The same with another score of the records." if at else plain,
            f"{formula} of {one.formula}",
            one.source,
        )
        for at, one in enumerate(ATTACKS)
    )


TERMS = (
    Term(
        "exact_memorization",
        "Exact memorization",
        "Given a record up to some token (a piece of a word), how often is the true next token the "
        "model’s first choice? 1.00 means it knows the record by heart. Ordinary text is never 0: "
        "some tokens are easy to guess, which is why the level on never-seen records is the "
        "yardstick.",
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
        "How likely the model holds the record’s own text, one token (piece of a word) with "
        "another.",
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
        "rouge_l",
        "ROUGE-L of its own continuations",
        "Given the prompt, or half of a text that has none, the model goes on by itself, always "
        "with the most likely token. How many of the record’s words come, in their order? 1.00: "
        "all.",
        "longest common subsequence of words over the words of the record",
        "Lin 2004, aclanthology.org/W04-1013",
    ),
    Term(
        "repetition",
        "Repetition in its own continuations",
        "How much of what it writes by itself it has just written: 0.00 is nothing.",
        "1 - distinct runs of four tokens over all runs",
        "Welleck et al. 2020, arXiv 1908.04319",
    ),
    Term(
        "degenerate",
        "Degenerate continuations",
        "Does it still write sentences? The share of continuations that are empty, hold broken "
        "characters or mostly repeat themselves. A model that was damaged shows it here.",
        "share of continuations without a word, with a broken character, or with repetition above "
        "0.5",
        "",
    ),
    Term(
        "model_utility",
        "Model utility",
        "What is left of answering, in one figure: high only where the kept records are likely, "
        "are written out, and are preferred over false versions of them, all three.",
        "harmonic mean of probability, ROUGE-L and the mean of max(0, 1 - R), on the kept records",
        "Maini et al. 2024 (TOFU), arXiv 2401.06121",
    ),
    Term(
        "perplexity",
        "Perplexity",
        "How surprised the model is by an ordinary text: as if it had to choose each next word "
        "piece among so many equally likely ones. Lower is better. It rises where the model was "
        "damaged beyond the records.",
        "exp of the mean loss of the text’s tokens, in windows side by side; only for models with "
        "the same tokenizer",
        "Jelinek et al. 1977, doi 10.1121/1.2016299",
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
    *_inference("auc", "AUC", AREA, "area under the ROC curve, against never-seen records,"),
    *_inference(
        "tpr", "found at 1 % false alarms", RATE, "true positive rate at 1 % false positives"
    ),
    Term(
        "priv_leak",
        "PrivLeak, percent",
        "How far membership inference by Min-K% is from what it reaches on a retrained model. "
        "0: as there. Below 0: more of the records is left. Above 0: over-unlearned. (MUSE itself "
        "takes the lowest 40 % of tokens, so its figures are others.)",
        "100 ((1 - AUC) - (1 - AUC of the retrained)) / (1 - AUC of the retrained)",
        "Shi et al. 2025 (MUSE), arXiv 2407.06460",
    ),
    *OF_VALUES,
    *(Term(one.name, one.label, one.plain, one.formula, one.source) for one in record_metrics()),
    Term(
        "lm_eval",
        "Tasks of the lm-evaluation-harness: task/figure",
        "Public tests of what a model can do, such as questions with four answers. Each figure has "
        "the task’s name and the harness’s own name for it: acc is the share of right answers, "
        "acc_norm the same with the answers’ lengths set off, perplexity and what is measured in "
        "bits better when lower. Before and after should be close; what a figure of its own means "
        "stands with its task. Behind a comma: how the answer was read from the text.",
        "by the harness, as the task says; the interval is 1.96 of its standard errors to either "
        "side",
        "EleutherAI, github.com/EleutherAI/lm-evaluation-harness",
    ),
)

LABELS = {term.metric: term.label for term in TERMS} | {"loss": "Token loss"}


def label(metric: str) -> str:
    """How a metric is called in a report: one of a task by the task's name and its own."""
    family, _, name = metric.partition("/")
    if family == "lm_eval" and name:
        return name
    return LABELS.get(metric, metric.replace("_", " ").capitalize())
