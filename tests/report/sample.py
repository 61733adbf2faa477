"""A plausible run to write reports about: 24 forget records, those of the other splits, 3 requests.

The figures are drawn from a fixed seed around levels that small runs showed. No real data.
"""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

from tests.report.sample_values import LEAKING, lens_of, ranks_of, subjects_of, values_of
from unlearnkit.artefacts import digest_of
from unlearnkit.audit.decoy_figures import decoy_measurements
from unlearnkit.audit.leakage_figures import leakage_measurements, leakage_table, with_counts
from unlearnkit.audit.logit_lens_figures import lens_depths, lens_measurements
from unlearnkit.audit.membership_figures import membership_figures
from unlearnkit.domain import (
    AskingCost,
    AuditResult,
    CalibrationStep,
    Check,
    Decoding,
    ForgetSet,
    Measurement,
    MembershipScores,
    ModelRole,
    Outcome,
    RecordScore,
    RecordSet,
    Request,
    RequestState,
    RunManifest,
    Split,
    TrainingPass,
    Verdict,
)
from unlearnkit.language_model.folder import model_digest

RUN = "2026-11-24-7f3a"
NOW = datetime(2026, 11, 24, 15, 4, 5, tzinfo=UTC)
REQUESTS = {
    "0b5e7a52-6a43-4f0e-9d0e-3f1f5a6c8d01": 11,
    "5d1c3c0e-2a6b-4a53-8f57-9b9e0f6f7a02": 8,
    "c9a4f6de-71d2-4c38-a0b8-1e2d3c4b5a03": 5,
}
SIZES = {Split.FORGET: 24, Split.RETAIN: 60, Split.NEIGHBOUR: 20, Split.HOLDOUT: 40}
LEVELS = {
    (Split.FORGET, ModelRole.ORIGINAL): (0.975, 0.93, 0.95, 0.45),
    (Split.FORGET, ModelRole.UNLEARNED): (0.19, 0.02, 0.03, 0.93),
    (Split.FORGET, ModelRole.REFERENCE): (0.17, 0.01, 0.02, 0.95),
    (Split.RETAIN, ModelRole.ORIGINAL): (0.98, 0.94, 0.96, 0.44),
    (Split.RETAIN, ModelRole.UNLEARNED): (0.966, 0.90, 0.93, 0.47),
    (Split.RETAIN, ModelRole.REFERENCE): (0.979, 0.94, 0.96, 0.44),
    (Split.NEIGHBOUR, ModelRole.ORIGINAL): (0.98, 0.94, 0.96, 0.44),
    (Split.NEIGHBOUR, ModelRole.UNLEARNED): (0.95, 0.85, 0.90, 0.49),
    (Split.NEIGHBOUR, ModelRole.REFERENCE): (0.979, 0.94, 0.96, 0.44),
    (Split.HOLDOUT, ModelRole.ORIGINAL): (0.18, 0.02, 0.02, 0.96),
    (Split.HOLDOUT, ModelRole.UNLEARNED): (0.17, 0.01, 0.02, 0.97),
    (Split.HOLDOUT, ModelRole.REFERENCE): (0.18, 0.01, 0.02, 0.96),
}
ORIGINAL_FILES = {"config.json": "1a" * 32, "model.safetensors": "1b" * 32}
METRICS = ("exact_memorization", "extraction_strength", "probability", "truth_ratio")


def model_folder(folder: Path) -> Path:
    """A folder of the shape of a model's: what matters here is that it has bytes and digests."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "llama"}\n')
    (folder / "tokenizer.json").write_text('{"version": "1.0"}\n')
    (folder / "model.safetensors").write_bytes(random.Random(1).randbytes(512))
    return folder


def manifest(model: Path | None = None) -> RunManifest:
    ids = iter(f"rec-{number:04d}" for number in range(1000))
    return RunManifest(
        run_id=RUN,
        created=NOW - timedelta(hours=1),
        requests=tuple(REQUESTS),
        forget_set=ForgetSet(
            corpus_digest="c" * 64,
            records={one: tuple(next(ids) for _ in range(n)) for one, n in REQUESTS.items()},
            excluded=("rec-0900", "rec-0901"),
        ),
        retain_count=574,
        original_digest=digest_of(ORIGINAL_FILES),
        unlearned_digest=model_digest(model) if model else "9e" * 32,
        model_path="/somewhere/model",
        original_path="/somewhere/original",
        objective="rklu",
        settings={
            "alpha": 20.0,
            "strengthen_epochs": 6,
            "learning_rate": 3e-4,
            "tolerance": 0.1,
            "seed": 7,
        },
        calibration=(
            _step(3, 5.0, 0.81, 0.55, 0.40),
            _step(3, 20.0, 0.52, 0.17, 0.12),
            _step(6, 10.0, 0.41, 0.10, 0.06),
            _step(6, 20.0, 0.16, 0.01, 0.01, chosen=True),
            _step(6, 40.0, 0.04, 0.00, 0.00),
        ),
        passes=tuple(
            TrainingPass(
                number=number,
                loss=loss,
                forget_exact_memorization=forget,
                forget_extraction_strength=extract,
                forget_probability=probability,
                forget_loss=-math.log(probability),
                holdout_exact_memorization=0.18,
                holdout_extraction_strength=0.02,
                holdout_probability=0.03,
                holdout_loss=3.5,
                retain_exact_memorization=retain,
                retain_extraction_strength=0.9,
                state=state,
            )
            for number, loss, forget, extract, probability, retain, state in (
                (1, 2.31, 0.78, 0.44, 0.51, 0.93, "learned still"),
                (2, 1.02, 0.47, 0.15, 0.20, 0.91, "learned still"),
                (3, 0.55, 0.31, 0.06, 0.09, 0.93, "learned still"),
                (4, 0.38, 0.24, 0.03, 0.05, 0.95, "retain not recovered"),
                (5, 0.30, 0.19, 0.02, 0.03, 0.966, "inside the band"),
            )
        ),
        holdout_origin="given",
        holdout_level={
            "exact_memorization": 0.18,
            "extraction_strength": 0.02,
            "probability": 0.02,
            "loss": 3.9,
        },
        versions={
            "unlearnkit": "0.1.0",
            "torch": "2.13.0",
            "transformers": "5.1.0",
            "python": "3.11.9",
        },
        environment={"system": "Linux 6.8", "machine": "x86_64", "accelerators": "none"},
        sets=(
            RecordSet(name="forget", count=24, keyed_digest="f0" * 16),
            RecordSet(name="retain", count=574, keyed_digest="e1" * 16),
            RecordSet(name="holdout", count=40, keyed_digest="d2" * 16),
        ),
        original_files=ORIGINAL_FILES,
        unread_records=3,
    )


def _step(
    epochs: int, alpha: float, em: float, es: float, p: float, *, chosen: bool = False
) -> CalibrationStep:
    return CalibrationStep(
        strengthen_epochs=epochs,
        alpha=alpha,
        exact_memorization=em,
        extraction_strength=es,
        probability=p,
        loss=-math.log(p or 0.005),
        distance=max(abs(em - 0.18), abs(es - 0.02), abs(p - 0.02)),
        chosen=chosen,
    )


def audit(run: RunManifest, *, reference: bool = True, forgot: bool = True) -> AuditResult:
    """An audit of `run`; `forgot=False` gives a model that kept everything."""
    roles = [ModelRole.ORIGINAL, ModelRole.UNLEARNED] + [ModelRole.REFERENCE] * reference
    draw = random.Random(11)
    owners = {record: one for one, records in run.forget_set.records.items() for record in records}
    forget_ids = list(owners)
    scores = []
    for split, size in SIZES.items():
        for role in roles:
            source = ModelRole.ORIGINAL if role is ModelRole.UNLEARNED and not forgot else role
            for index in range(size):
                name = forget_ids[index] if split is Split.FORGET else f"{split}-{index}"
                em, es, p, ratio = (_near(draw, level) for level in LEVELS[(split, source)])
                scores.append(
                    RecordScore(
                        record_id=name,
                        request_ids=(owners[name],) if name in owners else (),
                        split=split,
                        model=role,
                        exact_memorization=em,
                        extraction_strength=min(es, em),
                        probability=p,
                        truth_ratio=ratio,
                        membership=MembershipScores(
                            loss=math.log(p + 1e-3),
                            zlib=math.log(p + 1e-3) / 80,
                            min_k=3 * math.log(p + 1e-3),
                            min_k_plus_plus=em - 1,
                        ),
                    )
                )
    values = values_of(scores, draw)
    ranks = ranks_of(scores, random.Random(17))
    lens = lens_of(scores, random.Random(19))
    return AuditResult(
        run_id=run.run_id,
        created=NOW - timedelta(minutes=10),
        seed=7,
        models={
            ModelRole.ORIGINAL: run.original_digest,
            ModelRole.UNLEARNED: run.unlearned_digest,
        }
        | ({ModelRole.REFERENCE: "2b" * 32} if reference else {}),
        measurements=(
            *_means(scores, roles),
            *membership_figures(scores, 7),
            *leakage_measurements(values, roles, 7),
            *decoy_measurements(ranks, roles, "given", 7, subjects_of(owners)),
            *lens_measurements(lens, roles, {}, 7),
            *_quality(roles, forgot),
        ),
        leakage=leakage_table(values, 7),
        asked=tuple(
            AskingCost(split=split, model=role, decoding=way, continuations=100, tokens=2000)
            for split in LEAKING
            for role in roles
            for way in Decoding
        ),
        decoy_ranks=tuple(ranks),
        lens=lens_depths(lens),
        records=tuple(with_counts(scores, values)),
        holdout_origin="given",
        corpus_digest=run.forget_set.corpus_digest,
    )


def _near(draw: random.Random, level: float) -> float:
    spread = 0.09 * min(1.0, 8 * min(level, 1 - level) + 0.15)
    return round(min(1.0, max(0.0, draw.gauss(level, spread))), 4)


def _means(scores: list[RecordScore], roles: list[ModelRole]) -> list[Measurement]:
    draw = random.Random(13)
    found = []
    for split in SIZES:
        for role in roles:
            here = [one for one in scores if (one.split, one.model) == (split, role)]
            for metric in METRICS:
                values = [float(getattr(one, metric)) for one in here]
                boot = sorted(mean(draw.choices(values, k=len(values))) for _ in range(60))
                found.append(
                    Measurement(
                        metric=metric,
                        split=split,
                        model=role,
                        value=mean(values),
                        n=len(values),
                        low=boot[1],
                        high=boot[58],
                    )
                )
            found.append(
                Measurement(
                    metric="max_extraction_strength",
                    split=split,
                    model=role,
                    value=max(one.extraction_strength for one in here),
                    n=len(here),
                )
            )
    return found


def _quality(roles: list[ModelRole], forgot: bool) -> list[Measurement]:
    if ModelRole.REFERENCE not in roles:
        why = "no model retrained without the records was given"
        before = after = None
    else:
        why, before, after = "", 5.1e-12, 0.412 if forgot else 5.1e-12
    return [
        Measurement(
            metric="forget_quality",
            split=Split.FORGET,
            model=role,
            value=value,
            n=SIZES[Split.FORGET],
            not_measured=why,
        )
        for role, value in ((ModelRole.ORIGINAL, before), (ModelRole.UNLEARNED, after))
    ]


def requests() -> list[Request]:
    return [
        Request(
            id=one,
            regulation="ccpa" if number == 2 else "gdpr",
            submitted=NOW - timedelta(days=9 - number),
            received=NOW - timedelta(days=8 - number),
            due=NOW + timedelta(days=22 + number),
            state=RequestState.UNLEARNED,
            pseudonym=f"{number + 10:02x}" * 16,
            reason="a note with a name in it",
        )
        for number, one in enumerate(REQUESTS)
    ]


def verdict(outcome: Outcome = Outcome.PASS, *, reference: bool = True) -> Verdict:
    """A verdict as the default policy gives it (the report only shows it)."""
    failed = outcome is Outcome.FAIL
    missing = outcome is Outcome.CANNOT_TELL
    skipped = "not applicable: no retrained reference was given"
    wanted = "|0.975 - 0.170| > 0.10, must be <=" if failed else "|0.190 - 0.170| <= 0.10"
    return Verdict(
        policy="default",
        policy_digest="ab" * 32,
        outcome=outcome,
        checks=(
            Check(
                rule="forgotten-like-unseen",
                outcome=outcome,
                severity="fail",
                observed=None if missing else 0.19,
                bound="not measured" if missing else wanted,
                explanation="The level to reach is what this model does on records it never saw. "
                "Above it, data is left; below it, the hole itself points at the person.",
            ),
            Check(
                rule="not-extractable",
                outcome=Outcome.PASS,
                severity="fail",
                observed=0.02,
                bound="0.020 <= 0.010 + 0.10",
                explanation="How much of a record the model recites from its beginning.",
            ),
            Check(
                rule="rest-is-kept",
                outcome=Outcome.PASS,
                severity="fail",
                observed=0.966,
                bound="0.966 >= 0.980 - 0.03",
                explanation="Forgetting the person must not cost what the model learned from "
                "everybody else.",
            ),
            Check(
                rule="worst-record",
                outcome=Outcome.FAIL if failed else Outcome.PASS,
                severity="warn",
                observed=0.12,
                bound="0.990 > 0.040 + 0.25, must be <=" if failed else "0.120 <= 0.040 + 0.25",
                explanation="The most extractable of the forgotten records, against the most "
                "extractable unseen one.",
            ),
            Check(
                rule="forget-quality",
                outcome=Outcome.PASS if reference else Outcome.NOT_APPLICABLE,
                severity="fail",
                observed=0.412 if reference else None,
                bound="0.412 >= 0.05" if reference else skipped,
                explanation="A two-sample Kolmogorov-Smirnov test must not tell the models apart.",
            ),
        ),
    )
