"""What a gate policy may say, and reading one from YAML with errors that name the line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from unlearnkit.domain import CONDITIONS, RELEARNED_REST, Attack, Baseline, Split
from unlearnkit.metrics import record_metrics
from unlearnkit.yaml_file import load_yaml

ATTACKS = {
    "loss": "loss",
    "zlib": "zlib ratio",
    "min_k": "Min-K%",
    "min_k_plus_plus": "Min-K%++",
    "reference": "likelihood beside the retrained reference",
}
MEMBERSHIP = {
    f"membership_{kind}_{attack}": f"{words} membership inference by {how}"
    for kind, words in (("auc", "AUC of"), ("tpr", "share found at 1 % false alarms of"))
    for attack, how in ATTACKS.items()
}
METRICS = {
    "exact_memorization": "exact memorization",
    "extraction_strength": "extraction strength",
    "max_extraction_strength": "extraction strength of the worst record",
    "probability": "probability of the record's own words",
    "truth_ratio": "truth ratio",
    "rouge_l": "ROUGE-L recall of the model's own continuations",
    "repetition": "repetition in the model's own continuations",
    "degenerate": "share of empty, broken or repeating continuations",
    "model_utility": "model utility",
    "perplexity": "perplexity",
    "forget_quality": "forget quality (KS p-value against the retrained reference)",
    **MEMBERSHIP,
    "priv_leak": "PrivLeak (percent, 0 is as in the retrained reference)",
    "pii_leakage": "share of personal values that the model says when it is asked for them",
    "pii_leakage_chance": "share of other personal values that come out in their place",
    "kept_probe_leakage": "share of erased values that the model says after kept prompts",
    "kept_probe_chance": "share of made-up values that come out in their place",
    "decoy_rank": "place of personal values among others of their kind (0 to 1, by chance 0.5)",
    "decoy_exposure": "exposure of personal values among others of their kind, in bits",
    "decoy_first": "share of personal values that are likelier than all others of their kind",
    "decoy_last": "share of personal values that are less likely than all others of their kind",
    "decoy_uniform": "p-value of the decoy test against ranks drawn at random",
    "decoy_auc": "chance that a forgotten value stands before a never-seen one among its decoys",
    "decoy_test": "p-value of the decoy test against never-seen records",
    "logit_lens_1": "share of personal values' tokens that some layer puts first",
    "logit_lens_10": "share of personal values' tokens among the first ten of some layer",
    "logit_lens_output_1": "share of personal values' tokens that the output puts first",
    "logit_lens_output_10": "share of personal values' tokens among the output's first ten",
    **{one.name: one.words for one in record_metrics()},
}
"""Metric names a rule may use -> what they are called in words."""


OF_VALUES = ("pii_leakage", "decoy_", "logit_lens_")
"""How metrics of personal values begin."""
BY_PROBES = ("kept_probe_leakage", "kept_probe_chance")
"""Metrics of `gate --probes`, which measures nothing else."""
UNLIKE_UNSEEN = ("decoy_auc", "decoy_test")
"""Metrics that compare forgotten with never-seen values by themselves."""
WITHOUT_INTERVAL = (
    "max_extraction_strength",
    "forget_quality",
    "decoy_uniform",
    "decoy_test",
)
"""A worst record and p-values: the audit gives them no interval."""
UNDER = {
    "int8": "with its weights rounded to 8 bits",
    "int4": "with its weights rounded to 4 bits",
    "pruned_30": "without the smallest 30 % of its weights",
    "relearned_1pct": "after training on 1 % of the records, measured on others",
    "relearned_5pct": "after training on 5 % of the records, measured on others",
    "relearned_10pct": "after training on 10 % of the records, measured on others",
    "relearned_unrelated": "after training on unrelated records",
    "relearned_rest": "after training on what is kept of records forgotten in part, measured on "
    "their passages",
}
"""The attacks a rule may be under -> what the model is like then."""
ATTACKED = ("exact_memorization", "extraction_strength", "max_extraction_strength", "probability")
"""Metrics measured under attacks."""


def _one_of(known: Mapping[str, str], what: str, name: str) -> str:
    """The name, where it is known. Raises ValueError with the one that is nearest."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
        raise ValueError(f"unknown {what} '{name}'; {hint}")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


def _no_text(value: object) -> object:
    """Pydantic would read "0_5" as 5; YAML 1.1 takes 1e-3 for text."""
    if isinstance(value, str):
        raise ValueError("has to be a number, as 0.05: without quotation marks or exponent")
    return value


class Compare(_Part):
    """One comparison: the measured figure against `to` plus a distance; equality passes.

    at_most: measured <= base + at_most; at_least: measured >= base + at_least;
    within: |measured - base| <= within. The base of `absolute` is 0.
    """

    to: Literal["absolute"] | Baseline
    """holdout: the same model on comparable records it never saw; original: the model before
    unlearning; reference: a model retrained without the records; absolute: a fixed number."""
    by: Literal["mean", "interval"] = "mean"
    """interval: the whole interval of the difference, or of the figure (absolute), has to lie
    there; where it lies there in part, the records are too few to tell."""
    at_most: float | None = None
    """figure <= baseline + this."""
    at_least: float | None = None
    """figure >= baseline + this; may be negative."""
    within: float | None = None
    """|figure - baseline| <= this; not for absolute."""

    @field_validator("at_most", "at_least", "within", mode="before")
    @classmethod
    def _only_numbers(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("a number is needed, not yes/no")
        return _no_text(value)

    @model_validator(mode="after")
    def _one_comparison(self) -> Self:
        given = [self.at_most, self.at_least, self.within]
        if sum(bound is not None for bound in given) != 1:
            raise ValueError("give exactly one of at_most, at_least, within")
        if self.within is not None and self.within < 0:
            raise ValueError("within is a distance and cannot be negative")
        if self.within is not None and self.to == "absolute":
            raise ValueError("within needs something to be near: original, holdout or reference")
        return self

    @property
    def bound(self) -> float:
        """The one distance that was given."""
        return next(b for b in (self.at_most, self.at_least, self.within) if b is not None)


class Rule(_Part):
    """One thing the unlearned model has to meet."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    metric: str
    """What is measured."""
    split: Split
    """On which records: to forget, kept, kept and most like them, never seen, or a text."""
    severity: Literal["fail", "warn"] = "fail"
    """warn: printed, and changes no outcome."""
    under: str = ""
    """The attack under which both sides are measured; empty: the models as they are."""
    requires_reference: bool = False
    """True: the rule applies only where a retrained reference was audited, else it is not counted.

    False with `compare.to: reference`: a missing reference is missing evidence (cannot tell).
    """
    requires_holdout: bool = False
    """True: the rule applies only where never-seen records were given, not where decoys are."""
    compare: Compare
    explanation: str = Field(min_length=1)
    """Why the rule is there; printed where it does not hold."""

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str) -> str:
        return _one_of(METRICS, "metric", name)

    @field_validator("under")
    @classmethod
    def _known_attack(cls, name: str) -> str:
        return _one_of(UNDER, "attack", name) if name else name

    @model_validator(mode="after")
    def _is_attacked(self) -> Self:
        if not self.under:
            return self
        if self.metric not in ATTACKED:
            raise ValueError(f"under an attack only these are measured: {', '.join(ATTACKED)}")
        relearned = CONDITIONS[self.under] is Attack.RELEARNING
        apart = (Split.NEIGHBOUR, Split.REST)
        if self.split in apart or (relearned and self.split is Split.RETAIN):
            measured = "forget and holdout" if relearned else "forget, retain and holdout"
            raise ValueError(f"under {self.under} only {measured} records are measured")
        if relearned and self.compare.to == "original":
            raise ValueError(
                "the original still knows the records, so it is not relearned: to: holdout, "
                "reference or absolute"
            )
        return self

    @model_validator(mode="after")
    def _has_such_a_figure(self) -> Self:
        """For metrics with one figure for all records together, or without an interval."""
        if self.compare.by == "interval" and self.metric in WITHOUT_INTERVAL:
            raise ValueError(f"{self.metric} has no interval: leave out by: interval")
        if self.metric in ("forget_quality", "priv_leak") and (
            self.split is not Split.FORGET or self.compare.to != "absolute"
        ):
            raise ValueError(
                f"{self.metric} already compares with the reference: split: forget, to: absolute"
            )
        if self.metric == "model_utility" and (
            self.split is not Split.RETAIN or self.compare.to == "holdout"
        ):
            raise ValueError(
                "model_utility is measured on the records to keep: split: retain, to: absolute, "
                "original or reference"
            )
        return self

    @model_validator(mode="after")
    def _has_records(self) -> Self:
        """For splits that are no records: the harness's tasks and the operator's text."""
        if self.split is Split.TASKS:
            raise ValueError("no rule is about the harness's tasks: a gate does not run them")
        if (self.metric == "perplexity") is not (self.split is Split.UTILITY):
            raise ValueError("perplexity is what is measured on the utility text: split: utility")
        if self.metric == "perplexity" and self.compare.to == "holdout":
            raise ValueError("perplexity has no holdout: to: absolute, original or reference")
        return self

    @model_validator(mode="after")
    def _compares_with_something_else(self) -> Self:
        """For metrics that have a comparison in them already, and the holdout with itself."""
        if self.metric.endswith("_reference") and self.compare.to == "reference":
            raise ValueError(
                f"{self.metric} already compares with the reference: to: absolute or original"
            )
        if self.metric in MEMBERSHIP and (
            self.split is Split.HOLDOUT or self.compare.to == "holdout"
        ):
            raise ValueError(
                "membership inference already compares with the holdout: split: forget, retain or "
                "neighbour, to: absolute, original or reference"
            )
        if self.metric in UNLIKE_UNSEEN and (
            self.split is not Split.FORGET or self.compare.to == "holdout"
        ):
            raise ValueError(
                f"{self.metric} already compares with the holdout: split: forget, to: absolute, "
                "original or reference"
            )
        if self.metric.startswith(OF_VALUES) and self.split not in (
            Split.FORGET,
            Split.HOLDOUT,
        ):
            raise ValueError(f"{self.metric} is measured on the forget and the holdout records")
        if self.split is Split.HOLDOUT and self.compare.to == "holdout":
            raise ValueError("a rule that compares the holdout with itself decides nothing")
        return self

    @model_validator(mode="after")
    def _of_the_model_that_is_asked(self) -> Self:
        by_probes = self.metric in BY_PROBES
        if by_probes and (self.split is not Split.FORGET or self.compare.to != "absolute"):
            raise ValueError(
                f"{self.metric} is measured by `gate --probes`, of the one model that is asked: "
                "split: forget, to: absolute"
            )
        return self


def of_parts(rule: Rule) -> bool:
    """Whether the rule applies only where records were forgotten in part."""
    return rule.split is Split.REST or rule.under == RELEARNED_REST


class Policy(_Part):
    """A set of rules; `unlearnkit policy explain` says them in words."""

    version: Literal[1]
    name: str = Field(min_length=1)
    """One line: it is printed in pages, letters and logs."""
    description: str
    rules: tuple[Rule, ...] = Field(min_length=1)

    @field_validator("version", mode="before")
    @classmethod
    def _version_is_a_number(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("a number is needed, not yes/no")
        return value

    @field_validator("name")
    @classmethod
    def _one_printable_line(cls, name: str) -> str:
        if not name.isprintable() or not name.strip():
            raise ValueError("has to be one line of printable characters")
        return name

    @model_validator(mode="after")
    def _has_ids_once(self) -> Self:
        """At the place of the second rule: only errors of pydantic's own kind have one."""
        first = {rule.id: place for place, rule in reversed(list(enumerate(self.rules)))}
        again = [
            InitErrorDetails(
                type=PydanticCustomError(
                    "used_twice", f"used twice: rule {first[rule.id] + 1} has it"
                ),
                loc=("rules", place, "id"),
                input=rule.id,
            )
            for place, rule in enumerate(self.rules)
            if first[rule.id] < place
        ]
        if again:
            raise ValidationError.from_exception_data("Policy", again)
        return self

    @model_validator(mode="after")
    def _decides(self) -> Self:
        if all(rule.severity == "warn" for rule in self.rules):
            raise ValueError("every rule only warns, so nothing could ever fail")
        return self


def load_policy(path: Path) -> Policy:
    """Read a policy. Raises BadInput with file and line: not YAML, a key twice, a bad field."""
    return load_yaml(path, Policy, fix="The shipped default policy shows and explains every field.")
