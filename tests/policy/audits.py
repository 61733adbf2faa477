"""Audit results with just the figures a test is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from unlearnkit.domain import AuditResult, Baseline, Difference, Measurement, ModelRole, Split
from unlearnkit.policy.schema import WITHOUT_INTERVAL

DIFFERENCES = (
    "exact_memorization",
    "extraction_strength",
    "probability",
    "truth_ratio",
    "token_loss",
)
"""Metrics whose differences an audit measures record by record."""

Figures = Mapping[tuple[str, ...], float | None]
"""(metric, split, model) -> value; with a fourth word, the attack it is under."""

FORGOTTEN: dict[tuple[str, ...], float | None] = {
    ("exact_memorization", "forget", "unlearned"): 0.18,
    ("exact_memorization", "holdout", "unlearned"): 0.15,
    ("exact_memorization", "forget", "original"): 0.98,
    ("exact_memorization", "retain", "original"): 0.98,
    ("exact_memorization", "retain", "unlearned"): 0.97,
    ("extraction_strength", "forget", "unlearned"): 0.02,
    ("extraction_strength", "holdout", "unlearned"): 0.01,
    ("max_extraction_strength", "forget", "unlearned"): 0.10,
    ("max_extraction_strength", "holdout", "unlearned"): 0.05,
    ("token_loss", "holdout", "unlearned"): 3.2,
    ("token_loss", "holdout", "original"): 3.1,
    ("membership_auc_loss", "forget", "unlearned"): 0.55,
    ("exact_memorization", "forget", "unlearned", "int4"): 0.17,
    ("exact_memorization", "holdout", "unlearned", "int4"): 0.15,
    ("exact_memorization", "forget", "unlearned", "relearned_10pct"): 0.20,
    ("exact_memorization", "holdout", "unlearned", "relearned_10pct"): 0.18,
}
REFERENCE: dict[tuple[str, ...], float | None] = {
    ("exact_memorization", "forget", "reference"): 0.14,
    ("extraction_strength", "forget", "reference"): 0.01,
    ("probability", "forget", "reference"): 0.01,
    ("probability", "forget", "unlearned"): 0.01,
    ("forget_quality", "forget", "unlearned"): 0.31,
    ("decoy_auc", "forget", "unlearned"): 0.56,
    ("decoy_auc", "forget", "reference"): 0.52,
}


def audit(figures: Figures, *, reference: bool = False) -> AuditResult:
    """An audit holding exactly these figures: (metric, split, model) -> value."""
    roles = [ModelRole.ORIGINAL, ModelRole.UNLEARNED] + [ModelRole.REFERENCE] * reference
    return AuditResult(
        run_id="run-1",
        created=datetime(2026, 11, 24, tzinfo=UTC),
        seed=7,
        models=dict.fromkeys(roles, "0" * 64),
        measurements=tuple(
            Measurement(
                metric=metric,
                split=Split(split),
                model=ModelRole(model),
                value=value,
                n=24,
                # As if there were records without number.
                low=None if metric in WITHOUT_INTERVAL else value,
                high=None if metric in WITHOUT_INTERVAL else value,
                not_measured="" if value is not None else "no paraphrase in the corpus",
                under=under[0] if under else "",
            )
            for (metric, split, model, *under), value in figures.items()
        ),
        differences=tuple(certain(figures)),
        records=(),
        holdout_origin="given",
        corpus_digest="1" * 64,
    )


def certain(figures: Figures) -> Iterator[Difference]:
    """The differences of these figures, as if there were records without number."""
    places: dict[Baseline, tuple[str | None, str]] = {
        "holdout": ("holdout", "unlearned"),
        "original": (None, "original"),
        "reference": (None, "reference"),
    }
    for (metric, split, model, *under), value in figures.items():
        if model != "unlearned" or metric not in DIFFERENCES or value is None:
            continue
        for to, (other, role) in places.items():
            base = figures.get((metric, other or split, role, *under))
            if base is None or (to == "holdout" and split == "holdout"):
                continue
            gap = round(value - base, 9)
            yield Difference(
                metric=metric,
                split=Split(split),
                to=to,
                value=gap,
                low=gap,
                high=gap,
                detectable=0.0,
                n=24,
                others=24,
                under=under[0] if under else "",
            )
