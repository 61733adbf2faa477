"""The predicate: what the signature claims, in the words of `unlearnkit schema attestation`.

Every field comes from report.json, so that `verify` can hold one against the other. Persons appear
as keyed pseudonyms, sets of records as keyed digests: who lacks the workspace's key cannot test a
guess against them. What was not measured is null with its reason; nothing is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, FiniteFloat, StringConstraints
from pydantic.alias_generators import to_camel

from unlearnkit.domain import Artefact, Measurement, ModelRole, Outcome, Split
from unlearnkit.report.facts import Report, Sentence

PREDICATE_TYPE = "https://unlearnkit.dev/attestation/unlearning/v0.2"
ORIGINAL_PREFIX = "original/"
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
KeyedHash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class _Part(Artefact):
    """A part of the predicate: names as in-toto writes them, no number that JSON lacks."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class DigestSet(_Part):
    """A digest by its algorithm, as in-toto writes it."""

    sha256: Sha256


class Material(_Part):
    """A file of the original model: what the run started from."""

    name: str
    """original/ and the path in the model's folder; an adapter's base's begin original/base//."""
    digest: DigestSet


class Requested(_Part):
    """One request, without its id."""

    pseudonym: str
    """Keyed hash over the person's identifiers."""
    regulation: Literal["gdpr", "ccpa"]
    records: int


class InPart(_Part):
    """Records of which only passages are forgotten; they are among those that are counted."""

    records: int
    requests: dict[str, int]
    """Pseudonym -> how many of the request's records."""


class Method(_Part):
    """How the model was made to forget."""

    objective: str
    parameters: dict[str, FiniteFloat | int | str | bool]
    audit_seed: int


class SetOfRecords(_Part):
    """One set of records, which are not part of the report."""

    name: Literal["forget", "retain", "holdout"]
    count: int
    keyed_digest: KeyedHash
    """HMAC-SHA-256, 32 hex digits, under the workspace's key: the operator can compute it again."""


class Data(_Part):
    """What the run read."""

    corpus: DigestSet
    sets: tuple[SetOfRecords, ...]
    """Empty where an earlier version made the run."""
    forget: int
    retain: int
    excluded: int
    """In neither set: a person said that these mention somebody without being theirs."""
    before: int = 0
    """In neither set: earlier runs forgot these for other requests. 0 too where an earlier version
    made the report."""
    holdout_origin: str


class Models(_Part):
    """One digest for each model: RFC 8785 over the digests of its files, SHA-256."""

    original: Sha256
    unlearned: Sha256
    reference: Sha256 | None
    """Retrained without the records, where one was given."""


class Metric(_Part):
    """One figure with n and interval, or null with the reason."""

    metric: str
    split: Split
    model: ModelRole
    under: str
    """The attack it was measured under; empty: none."""
    value: FiniteFloat | None
    low: FiniteFloat | None
    high: FiniteFloat | None
    """95 % interval (docs/method.md); null where there is none."""
    n: int
    not_measured: str


class Policy(_Part):
    """What the figures were judged by."""

    name: str
    digest: DigestSet
    """Of the policy as it was read, in canonical form; policy.yaml's own is among the subjects."""


class Judged(_Part):
    """One rule of the policy, applied."""

    rule: str
    severity: Literal["fail", "warn"]
    outcome: Outcome
    observed: FiniteFloat | None
    bound: str


class JudgedBy(_Part):
    """The policy's answer."""

    outcome: Outcome
    checks: tuple[Judged, ...]


class OutOfScope(_Part):
    """What nobody may conclude from this attestation. It cannot be empty."""

    not_covered: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    unread_records: int | None
    """Records the search could not read; null: the version that made the run did not count."""


class Ledgered(_Part):
    """How the ledger stood when the report was written: every later one contains this head."""

    size: int
    head: Sha256
    """The last event's hash, which stands for all of them."""


class Predicate(_Part):
    """Version 0.2 of the predicate `https://unlearnkit.dev/attestation/unlearning/v0.2`."""

    run_id: str
    created: datetime
    audited: datetime
    requests: tuple[Requested, ...]
    method: Method
    versions: dict[str, str]
    """Of unlearnkit, Python and the packages that figures depend on, when the run was made."""
    environment: dict[str, str]
    """The machine, without its name. Empty where an earlier version made the run."""
    data: Data
    models: Models
    materials: tuple[Material, ...]
    """The original model's files. Empty where an earlier version made the run."""
    metrics: tuple[Metric, ...]
    policy: Policy
    verdict: JudgedBy
    out_of_scope: OutOfScope
    ledger: Ledgered | None
    """Null where an earlier version wrote the report."""
    in_part: InPart | None = None
    """Null where every record is forgotten whole."""


def predicate(report: Report) -> dict[str, Any]:
    """What is signed about `report`, as JSON. A pure function.

    Raises pydantic's ValidationError where the report lacks what must be claimed.
    """
    claims = Predicate(
        run_id=report.run_id,
        created=report.created,
        audited=report.audited,
        requests=tuple(
            Requested(pseudonym=one.pseudonym, regulation=one.regulation, records=one.records)
            for one in report.requests
        ),
        method=Method(
            objective=report.objective,
            parameters=report.settings,
            audit_seed=report.audit_seed,
        ),
        versions=report.versions,
        environment=report.environment,
        data=_data(report),
        models=Models(
            original=report.original_digest,
            unlearned=report.unlearned_digest,
            reference=report.reference_digest,
        ),
        materials=tuple(
            Material(name=f"{ORIGINAL_PREFIX}{name}", digest=DigestSet(sha256=digest))
            for name, digest in sorted(report.original_files.items())
        ),
        metrics=tuple(map(_metric, report.measurements)),
        policy=Policy(
            name=report.verdict.policy, digest=DigestSet(sha256=report.verdict.policy_digest)
        ),
        verdict=_verdict(report),
        out_of_scope=OutOfScope(
            not_covered=report.out_of_scope, unread_records=report.unread_records
        ),
        ledger=Ledgered(size=report.ledger.size, head=report.ledger.head)
        if report.ledger
        else None,
        in_part=InPart(
            records=report.in_part_count,
            requests={one.pseudonym: one.in_part for one in report.requests if one.in_part},
        )
        if report.in_part_count
        else None,
    )
    return claims.model_dump(mode="json", by_alias=True)


def _data(report: Report) -> Data:
    return Data(
        corpus=DigestSet(sha256=report.corpus_digest),
        sets=tuple(
            SetOfRecords(name=one.name, count=one.count, keyed_digest=one.keyed_digest)
            for one in report.sets
        ),
        forget=report.forget_count,
        retain=report.retain_count,
        excluded=report.excluded_count,
        before=report.before_count,
        holdout_origin=report.holdout_origin,
    )


def _metric(one: Measurement) -> Metric:
    return Metric(
        metric=one.metric,
        split=one.split,
        model=one.model,
        under=one.under,
        value=one.value,
        low=one.low,
        high=one.high,
        n=one.n,
        not_measured=one.not_measured,
    )


def _verdict(report: Report) -> JudgedBy:
    return JudgedBy(
        outcome=report.verdict.outcome,
        checks=tuple(
            Judged(
                rule=one.rule,
                severity=one.severity,
                outcome=one.outcome,
                observed=one.observed,
                bound=one.bound,
            )
            for one in report.verdict.checks
        ),
    )
