"""What the audit measured, of which records and which models."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.splits import ModelRole, Split
from unlearnkit.domain.values import AskingCost, DecoyRank, Leakage, LensDepths


class Subjects(Artefact):
    """How many people a figure of dependent values rests on; it takes each of them whole."""

    forgotten: int
    unseen: int
    by_record: int
    """Of both, those that are one record each, because nothing ties it to others."""
    smallest_p: float
    """The smallest p-value that so many can give."""


class Measurement(Artefact):
    """One figure with its n and interval, or the reason why there is none."""

    metric: str
    """exact_memorization, extraction_strength, probability, truth_ratio, forget_quality, ..."""
    split: Split
    model: ModelRole
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    """95 % interval (docs/method.md), over people or, of too few (`people`), over records."""
    not_measured: str = ""
    under: str = ""
    """The attack it was measured under, one of `CONDITIONS`; empty: the model as it is."""
    subjects: Subjects | None = None
    """Of `decoy_auc` and `decoy_test`; None in audits by versions that shuffled records."""
    people: int | None = None
    """Whom the records are about; from six on the interval resamples people. None: not counted."""


def measurement_of(
    measurements: Iterable[Measurement],
    metric: str,
    split: Split,
    model: ModelRole,
    under: str = "",
) -> Measurement | None:
    """The one of these that says it, or None."""
    wanted = (metric, split, model, under)
    found = (one for one in measurements if (one.metric, one.split, one.model, one.under) == wanted)
    return next(found, None)


def finite(value: float | None) -> float | None:
    """The value, or None where there is none or it is no number to compare with."""
    return value if value is not None and math.isfinite(value) else None


class MembershipScores(Artefact):
    """What membership inference makes of one record: higher is more like trained on."""

    loss: float
    zlib: float
    min_k: float
    min_k_plus_plus: float


class GeneratedScores(Artefact):
    """What a model's own continuation of one record comes to (`audit/generated.py`)."""

    rouge_l: float | None
    repetition: float
    degenerate: float


class RecordScore(Artefact):
    """The figures of one record under one model: a mean hides the one record still recited."""

    record_id: str
    request_ids: tuple[str, ...] = ()
    split: Split
    model: ModelRole
    exact_memorization: float
    extraction_strength: float
    probability: float
    truth_ratio: float | None
    membership: MembershipScores | None = None
    """None in audits by versions that did not measure it."""
    generated: GeneratedScores | None = None
    """None too for records beyond those of a split that the model continues."""
    values: int | None = None
    """Personal values the model was asked for; None where it was asked for none."""
    leaked: int | None = None
    """How many of them came out."""


FEWEST_PEOPLE = 6
"""People that an interval needs to speak for others too (`audit/people.py`)."""
Baseline = Literal["holdout", "original", "reference"]
"""What a figure of the unlearned model is compared with."""


class Difference(Artefact):
    """How far the unlearned model's mean lies from a baseline's (`audit/differences.py`)."""

    metric: str
    split: Split
    to: Baseline
    value: float
    low: float
    high: float
    """90 % interval: two one-sided tests at 5 %."""
    detectable: float
    """The true difference that such an audit sees four times out of five."""
    n: int
    others: int
    under: str = ""
    """As of a Measurement: both sides are measured under it."""
    people: int | None = None
    """Whom the n records are about; None in audits by versions that did not count them."""
    other_people: int | None = None
    """Whom the others are about."""


class AttackCost(Artefact):
    """What one model took under one condition; seconds are no figure that anybody gets again."""

    under: str
    model: ModelRole
    reached: float
    """Share of the model's weights that the attack changes, 0 to 1."""
    steps: int
    """Of an optimizer; 0 where nothing is trained."""
    forward_passes: int
    """Of a batch, in training and in measuring."""
    tokens: int
    """Tokens in these passes, without padding."""


class RelearningPoint(Artefact):
    """The records that were not trained on, after so many steps: means over them."""

    epoch: int
    step: int
    exact_memorization: float
    extraction_strength: float
    probability: float


class RelearningCurve(Artefact):
    """How the rest of a split returns, or is learned, while few other records are trained on."""

    under: str
    model: ModelRole
    split: Split
    """Whose records are measured. Those trained on are of it too, or unrelated ones."""
    trained: int
    """Records trained on."""
    n: int
    """Records measured: none of those trained on."""
    points: tuple[RelearningPoint, ...]
    """From step 0, the model as it was, one after each epoch."""


class UtilityText(Artefact):
    """The operator's own text that perplexity was measured on (`audit/perplexity.py`)."""

    digest: str
    """Hex SHA-256 of the file."""
    windows: int
    tokens: int
    """Those that were predicted, in all windows."""
    window_length: int
    """Tokens of a window at most."""


class AuditResult(Artefact):
    """Everything `audit` measured, and what is needed to measure it again."""

    run_id: str
    created: datetime
    seed: int
    models: dict[ModelRole, str]
    """Role -> digest of the model folder."""
    measurements: tuple[Measurement, ...]
    differences: tuple[Difference, ...] = ()
    """Empty in audits by versions that did not measure them."""
    leakage: tuple[Leakage, ...] = ()
    """Empty too where no personal value was found."""
    asked: tuple[AskingCost, ...] = ()
    """What asking for personal values took."""
    decoy_ranks: tuple[DecoyRank, ...] = ()
    """Of every value that could be ranked, of forgotten and never-seen records."""
    lens: tuple[LensDepths, ...] = ()
    """One for each split and model whose layers could be read."""
    records: tuple[RecordScore, ...]
    attacks: tuple[AttackCost, ...] = ()
    """One for each condition and model that was attacked; empty where nothing was."""
    curves: tuple[RelearningCurve, ...] = ()
    holdout_origin: str
    """'given' or 'decoys': where the records came from that the model never saw."""
    corpus_digest: str
    utility_text: UtilityText | None = None
    """None where none was given."""

    def measurement(
        self, metric: str, split: Split, model: ModelRole, under: str = ""
    ) -> Measurement | None:
        """The figure with its interval or its reason, or None where the audit is silent on it."""
        return measurement_of(self.measurements, metric, split, model, under)

    def value(self, metric: str, split: Split, model: ModelRole, under: str = "") -> float | None:
        """The figure, or None where it was not measured."""
        found = self.measurement(metric, split, model, under)
        return found.value if found else None

    def difference(self, metric: str, split: Split, to: str, under: str = "") -> Difference | None:
        """The unlearned model's difference to a baseline, or None where it was not measured."""
        for one in self.differences:
            if (one.metric, one.split, one.to, one.under) == (metric, split, to, under):
                return one
        return None
