"""The report as a document: every fact the pages show and the signature covers.

It holds no personal data: requests appear by id and keyed pseudonym, records by number, folders by
digest. What a person wrote in free words (the reason of a rejection) is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from unlearnkit.counted import counted
from unlearnkit.domain import (
    Artefact,
    AskingCost,
    AttackCost,
    AuditResult,
    CalibrationStep,
    Difference,
    ForgetSet,
    Leakage,
    LensDepths,
    Measurement,
    ModelRole,
    Outcome,
    RecordScore,
    RecordSet,
    RelearningCurve,
    Request,
    RunManifest,
    Split,
    TrainingPass,
    Turns,
    UsersTurns,
    UtilityText,
    Verdict,
    finite,
    measurement_of,
)
from unlearnkit.errors import BadInput
from unlearnkit.report.decoys import DecoyPlaces, decoy_places
from unlearnkit.report.limitations import standard_limitations
from unlearnkit.report.scope import finite_measurement, standard_out_of_scope

SCHEMA_VERSION: Final = "1.0"
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class RequestFacts(Artefact):
    """One request as a report may show it."""

    id: str
    pseudonym: str
    regulation: Literal["gdpr", "ccpa"]
    submitted: datetime
    due: datetime
    records: int
    """How many records were accepted as this person's, in part or whole."""
    in_part: int = 0
    """How many of them only in part: the rest of them is about others, and kept."""


@dataclass(frozen=True, slots=True)
class Completed:
    """When a request was completed, and by which policy; empty: the ledger did not keep its name.

    For letters, and no part of a report.
    """

    at: datetime
    policy: str = ""


class RecordFigures(Artefact):
    """One record under one model. `number` counts within its split, in the audit's order."""

    split: Split
    number: int
    request_ids: tuple[str, ...]
    model: ModelRole
    exact_memorization: float | None
    extraction_strength: float | None
    probability: float | None
    truth_ratio: float | None
    values: int | None = None
    """Personal values the model was asked for, and how many of them came out."""
    leaked: int | None = None


class EarlierVerdict(Artefact):
    """What another policy, or other figures, made of the same model before."""

    at: datetime
    policy: str
    """Empty where the ledger did not keep its name."""
    policy_digest: str
    outcome: Outcome


class LedgerFacts(Artefact):
    """How the ledger stood when the report was written, before its own event."""

    size: int = Field(ge=0)
    """Events."""
    head: str = Field(pattern=r"^[0-9a-f]{64}$")
    """The last event's hash, which stands for all of them; 64 zeros where there is none."""


class Renderer(Artefact):
    """What made report.html: the same code and templates make the same page again."""

    version: str
    """Of unlearnkit."""
    digest: str
    """Over the code of `unlearnkit.report` and the templates, hex SHA-256."""


class Report(Artefact):
    """Version 1.0 of the report document. A report without `out_of_scope` cannot exist."""

    schema_version: Literal["1.0"]
    run_id: str
    created: datetime
    audited: datetime
    original_digest: str
    unlearned_digest: str
    reference_digest: str | None
    corpus_digest: str
    utility_text: UtilityText | None = None
    objective: str
    settings: dict[str, float | int | str | bool]
    audit_seed: int
    versions: dict[str, str]
    environment: dict[str, str] = Field(default_factory=dict)
    original_files: dict[str, str] = Field(default_factory=dict)
    sets: tuple[RecordSet, ...] = ()
    unread_records: int | None = None
    """Records of the corpus that could not be read, so were not searched; None: not counted."""
    turns: Turns | None = None
    """Whose turns of conversations counted; None: an earlier version, which did not say."""
    users_turns: UsersTurns | None = None
    """What the original model made of those that did not; None: not measured."""
    requests: tuple[RequestFacts, ...]
    forget_count: int
    in_part_count: int = 0
    """How many of these are forgotten in part, and kept beside."""
    retain_count: int
    excluded_count: int
    """Records kept out of both sets: they mention a person without being theirs."""
    before_count: int = 0
    """Records kept out of both sets because earlier runs forgot them for other requests."""
    holdout_origin: str
    holdout_level: dict[str, float]
    measurements: tuple[Measurement, ...]
    differences: tuple[Difference, ...] | None = None
    """What rules by interval were judged by; None in reports of versions that left them out."""
    leakage: tuple[Leakage, ...] = ()
    asked: tuple[AskingCost, ...] = ()
    decoy_places: tuple[DecoyPlaces, ...] = ()
    lens: tuple[LensDepths, ...] = ()
    records: tuple[RecordFigures, ...]
    attacks: tuple[AttackCost, ...] = ()
    curves: tuple[RelearningCurve, ...] = ()
    calibration: tuple[CalibrationStep, ...]
    passes: tuple[TrainingPass, ...]
    verdict: Verdict
    earlier_verdicts: tuple[EarlierVerdict, ...] = ()
    """Of this run's earlier reports that say another verdict, or by another policy, by the ledger:
    who tries policies until one passes is seen to."""
    out_of_scope: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    limitations: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    recompute: tuple[str, ...]
    renderer: Renderer | None = None
    """None in reports of versions that did not say."""
    ledger: LedgerFacts | None = None
    """None in reports of versions that did not say."""

    def measurement(
        self, metric: str, split: Split, model: ModelRole, under: str = ""
    ) -> Measurement | None:
        """The measurement, or None where the audit does not list it."""
        return measurement_of(self.measurements, metric, split, model, under)


def build_report(
    manifest: RunManifest,
    audit: AuditResult,
    verdict: Verdict,
    requests: Sequence[Request],
    *,
    created: datetime,
    ledger: LedgerFacts | None = None,
    earlier: Sequence[EarlierVerdict] = (),
) -> Report:
    """Put the facts of one run together. A pure function; what was not tested cannot be left out.

    Raises BadInput when run, audit and requests do not belong together.
    """
    _belong_together(manifest, audit, requests)
    return Report(
        schema_version=SCHEMA_VERSION,
        run_id=manifest.run_id,
        created=created,
        audited=audit.created,
        original_digest=manifest.original_digest,
        unlearned_digest=manifest.unlearned_digest,
        reference_digest=audit.models.get(ModelRole.REFERENCE),
        corpus_digest=audit.corpus_digest,
        utility_text=audit.utility_text,
        objective=manifest.objective,
        settings=manifest.settings,
        audit_seed=audit.seed,
        versions=manifest.versions,
        environment=manifest.environment,
        original_files=manifest.original_files,
        sets=manifest.sets,
        unread_records=manifest.unread_records,
        turns=manifest.turns,
        users_turns=manifest.users_turns,
        requests=_served(requests, manifest.forget_set),
        forget_count=len(manifest.forget_set.record_ids),
        in_part_count=len(manifest.forget_set.passages),
        retain_count=manifest.retain_count,
        excluded_count=len(manifest.forget_set.excluded),
        before_count=len(
            set(manifest.forget_set.forgotten_before) - manifest.forget_set.record_ids
        ),
        holdout_origin=manifest.holdout_origin,
        holdout_level=manifest.holdout_level,
        measurements=tuple(finite_measurement(one) for one in audit.measurements),
        differences=audit.differences,
        leakage=audit.leakage,
        asked=audit.asked,
        decoy_places=decoy_places(audit.decoy_ranks),
        lens=audit.lens,
        records=_numbered(audit.records),
        attacks=audit.attacks,
        curves=audit.curves,
        calibration=manifest.calibration,
        passes=manifest.passes,
        verdict=verdict,
        earlier_verdicts=tuple(earlier),
        out_of_scope=standard_out_of_scope(
            audit, manifest.unread_records, manifest.turns, manifest.users_turns, manifest.cut
        ),
        limitations=standard_limitations(audit),
        recompute=_recompute(manifest),
        ledger=ledger,
    )


def _belong_together(
    manifest: RunManifest, audit: AuditResult, requests: Sequence[Request]
) -> None:
    again = "Run `unlearnkit audit` again on this run's model, then the report."
    if audit.run_id != manifest.run_id:
        raise BadInput(f"the audit is of run {audit.run_id}, not {manifest.run_id}", fix=again)
    for role, digest in (
        (ModelRole.UNLEARNED, manifest.unlearned_digest),
        (ModelRole.ORIGINAL, manifest.original_digest),
    ):
        if audit.models.get(role) != digest:
            raise BadInput(f"the audit measured another {role} model than the run's", fix=again)
    if audit.corpus_digest != manifest.forget_set.corpus_digest:
        raise BadInput("the audit used another corpus than the run", fix=again)
    if sorted(one.id for one in requests) != sorted(manifest.requests):
        raise BadInput(
            f"run {manifest.run_id} served {counted(len(manifest.requests), 'request')}, "
            f"and what is given ({len(requests)}) is not the same",
        )


def _served(requests: Sequence[Request], forget_set: ForgetSet) -> tuple[RequestFacts, ...]:
    """The requests in the order in which they came in."""
    return tuple(
        RequestFacts(
            id=one.id,
            pseudonym=one.pseudonym,
            regulation=one.regulation,
            submitted=one.submitted,
            due=one.due,
            records=len(forget_set.records.get(one.id, ())),
            in_part=forget_set.in_part(one.id),
        )
        for one in sorted(requests, key=lambda request: (request.submitted, request.id))
    )


def _numbered(scores: Sequence[RecordScore]) -> tuple[RecordFigures, ...]:
    """Numbers in place of record ids, the same number for the same record under each model."""
    numbers: dict[tuple[Split, str], int] = {}
    counts = dict.fromkeys(Split, 0)
    figures = []
    for score in scores:
        key = (score.split, score.record_id)
        if key not in numbers:
            counts[score.split] += 1
            numbers[key] = counts[score.split]
        figures.append(
            RecordFigures(
                split=score.split,
                number=numbers[key],
                request_ids=score.request_ids,
                model=score.model,
                exact_memorization=finite(score.exact_memorization),
                extraction_strength=finite(score.extraction_strength),
                probability=finite(score.probability),
                truth_ratio=finite(score.truth_ratio),
                values=score.values,
                leaked=score.leaked,
            )
        )
    return tuple(figures)


def _recompute(manifest: RunManifest) -> tuple[str, ...]:
    return (
        f"unlearnkit verify . --key KEY.pub --model MODEL   "
        f"# that MODEL is {manifest.unlearned_digest[:12]}",
        "unlearnkit audit MODEL --workspace WORKSPACE      # every figure again, same seed",
        "unlearnkit gate MODEL --policy policy.yaml        # the verdict again",
    )
