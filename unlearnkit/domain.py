"""The nouns that travel between stages. Frozen, typed, no logic beyond reading themselves.

What is stored as an artefact is a pydantic model; what exists in thousands is a slotted dataclass.
No model here may hold a data subject's plain identifier, except `Identifier` and `Record`, which
are never written outside the vault and the user's own corpus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

Progress = Callable[[str, int, int], None]
"""Called as progress(what, done, total) by anything long; the terminal decides how to show it."""


def silent(what: str, done: int, total: int) -> None:
    """The Progress that shows nothing."""


class Artefact(BaseModel):
    """A frozen value that is stored as JSON; unknown fields are refused.

    What is no finite number is stored as a word, and read back as what it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


# --- the request -----------------------------------------------------------------------------


class IdentifierKind(StrEnum):
    """What an identifier is. OpenDSR knows email and controller_customer_id; the rest is ours."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    CUSTOMER_ID = "controller_customer_id"
    ADDRESS = "address"
    DATE_OF_BIRTH = "date_of_birth"
    HANDLE = "handle"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One thing that points at the person. `format` raw, or the hash it came as (OpenDSR)."""

    kind: IdentifierKind
    value: str = field(repr=False)
    format: Literal["raw", "sha1", "md5", "sha256"] = "raw"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a request is about. Lives in the vault only."""

    request_id: str
    identifiers: tuple[Identifier, ...]


class RequestState(StrEnum):
    """Where a request stands; the order is the line's order."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    READY = "ready"
    UNLEARNED = "unlearned"
    COMPLETED = "completed"
    REJECTED = "rejected"


class Request(Artefact):
    """A deletion request without the person: safe to list, log and sign."""

    id: str
    """UUID of the request (OpenDSR subject_request_id)."""
    regulation: Literal["gdpr", "ccpa"]
    submitted: datetime
    received: datetime
    due: datetime
    state: RequestState
    pseudonym: str
    """Keyed hash over the subject's identifiers; what reports print instead of a name."""
    reason: str = ""
    """Why it was rejected, in the operator's words."""


# --- the corpus and the matches --------------------------------------------------------------


ASSISTANT = "assistant"
"""The role whose turns a chat model is trained to say."""
TURN = "\n\x1e\n"
"""Between the turns in a conversation's text; U+001E is in no message that is read."""


@dataclass(frozen=True, slots=True)
class Record:
    """One training record. The loss is on `text`; `prompt` is context the model is given.

    Of a conversation `text` holds every turn, and the loss is on the assistant's.
    """

    id: str
    text: str = field(repr=False)
    prompt: str = field(default="", repr=False)
    group: str = ""
    """Thread or ticket the record belongs to, or empty."""
    source: str = ""
    line: int = 0
    paraphrase: str = field(default="", repr=False)
    """The same content in other words, where the data has it (TOFU's paraphrased answer)."""
    perturbed: tuple[str, ...] = field(default=(), repr=False)
    """Texts of the same form with other facts (TOFU's perturbed answers, or decoys)."""
    roles: tuple[str, ...] = ()
    """Of a conversation: who says each turn of `text`. Empty for other records."""

    @property
    def content(self) -> str:
        """What is searched for personal data: prompt and text."""
        return f"{self.prompt}\n{self.text}" if self.prompt else self.text

    @property
    def messages(self) -> list[dict[str, str]]:
        """A conversation's turns with role and content, as chat templates take them; else none."""
        turns = self.text.split(TURN) if self.roles else []
        return [
            {"role": role, "content": content}
            for role, content in zip(self.roles, turns, strict=True)
        ]

    @property
    def learned(self) -> str:
        """What the loss is on: the text, or the assistant's turns of it."""
        if not self.roles:
            return self.text
        return TURN.join(one["content"] for one in self.messages if one["role"] == ASSISTANT)


class Certainty(StrEnum):
    """How sure a match is. Certain ones are accepted; uncertain ones go to a person."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"


class Evidence(Artefact):
    """One reason why a record concerns a subject; spans are into Record.content."""

    kind: IdentifierKind
    how: str
    """exact, normalised, hashed, nickname, initials, partial, typo, link, thread."""
    start: int
    end: int
    recogniser: str


class Match(Artefact):
    """A record that concerns, or may concern, the subject of a request."""

    request_id: str
    record_id: str
    certainty: Certainty
    score: float
    """0 to 1: the strongest evidence's weight as written in docs/locate.md; no probability."""
    evidence: tuple[Evidence, ...]
    reason: str
    """In words, without any identifier."""


class Decision(Artefact):
    """What a person (or a stated policy) decided about one uncertain match."""

    request_id: str
    record_id: str
    accepted: bool
    by: str
    at: datetime


class Uncertain(StrEnum):
    """What a run without a person does with the matches a person should decide about."""

    ASK = "ask"
    """Stop, so that somebody reviews them; the same command then goes on."""
    ACCEPT = "accept"
    REJECT = "reject"


class Review(Artefact):
    """Everything that was decided about one request's matches, in order; the last one counts."""

    request_id: str
    corpus_digest: str
    """The state of the corpus that was reviewed: decisions about another one do not hold."""
    decisions: tuple[Decision, ...]


class Located(Artefact):
    """The result of `locate` for one request over one corpus."""

    request_id: str
    corpus_digest: str
    matches: tuple[Match, ...]
    record_count: int


class ForgetSet(Artefact):
    """The accepted records of a batch of requests. Ids only: texts stay in the corpus."""

    corpus_digest: str
    records: dict[str, tuple[str, ...]]
    """request id -> record ids."""
    excluded: tuple[str, ...] = ()
    """Matches a person rejected: in neither set, since training must not hold on to what may yet
    be about the person."""

    @property
    def record_ids(self) -> frozenset[str]:
        """Every record that is to be forgotten."""
        return frozenset(record for records in self.records.values() for record in records)


# --- the run, the audit, the verdict ---------------------------------------------------------


class Split(StrEnum):
    """Which records a figure was measured on."""

    FORGET = "forget"
    RETAIN = "retain"
    NEIGHBOUR = "neighbour"
    """The retained records most like the forget set; some may be in RETAIN's sample too."""
    HOLDOUT = "holdout"


class ModelRole(StrEnum):
    """Which model a figure belongs to."""

    ORIGINAL = "original"
    UNLEARNED = "unlearned"
    REFERENCE = "reference"
    """Retrained without the forget set, where one was given."""


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
    """95 % bootstrap interval over records."""
    not_measured: str = ""


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
    records: tuple[RecordScore, ...]
    holdout_origin: str
    """'given' or 'decoys': where the records came from that the model never saw."""
    corpus_digest: str

    def value(self, metric: str, split: Split, model: ModelRole) -> float | None:
        """The figure, or None where it was not measured."""
        for one in self.measurements:
            if (one.metric, one.split, one.model) == (metric, split, model):
                return one.value
        return None

    def difference(self, metric: str, split: Split, to: str) -> Difference | None:
        """The unlearned model's difference to a baseline, or None where it was not measured."""
        for one in self.differences:
            if (one.metric, one.split, one.to) == (metric, split, to):
                return one
        return None


class Outcome(StrEnum):
    """What a check, or a whole policy, came to."""

    PASS = "pass"
    FAIL = "fail"
    CANNOT_TELL = "cannot_tell"
    NOT_APPLICABLE = "not_applicable"
    """Of a check only: the rule needs a retrained reference and there is none. Not counted."""


class Check(Artefact):
    """One rule of the policy, applied."""

    rule: str
    outcome: Outcome
    severity: Literal["fail", "warn"]
    observed: float | None
    bound: str
    """The comparison as it was made, in figures: '0.312 <= 0.280 + 0.10'."""
    detectable: float | None = None
    """The true difference that so few records show four times out of five; None: not measured."""
    explanation: str


class Verdict(Artefact):
    """The policy's answer; one function makes it and its exit code."""

    policy: str
    policy_digest: str
    outcome: Outcome
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 cannot tell."""
        return {Outcome.PASS: 0, Outcome.FAIL: 1}.get(self.outcome, 3)


class CalibrationStep(Artefact):
    """One teacher that was tried: how it does on the forget set against the holdout's level."""

    strengthen_epochs: int
    alpha: float
    floor: float | None = None
    """Height of the teacher's floor; None: it has none."""
    exact_memorization: float
    extraction_strength: float
    probability: float
    loss: float
    """Mean token loss in nats."""
    distance: float
    """Largest distance of the figures to the holdout's level; a nat counts as 0.05."""
    chosen: bool = False


class TrainingPass(Artefact):
    """The student after one pass over the forget set."""

    number: int
    loss: float
    forget_exact_memorization: float
    forget_extraction_strength: float
    forget_probability: float
    forget_loss: float
    holdout_exact_memorization: float
    holdout_extraction_strength: float
    holdout_probability: float
    holdout_loss: float
    retain_exact_memorization: float
    retain_extraction_strength: float
    state: str
    """Where it stood: one of the four states in unlearning/distillation.py."""


class RunManifest(Artefact):
    """What an unlearning run did; stands in the run folder and goes into the attestation."""

    run_id: str
    created: datetime
    requests: tuple[str, ...]
    forget_set: ForgetSet
    retain_count: int
    original_digest: str
    unlearned_digest: str
    model_path: str
    original_path: str
    holdout_paths: tuple[str, ...] = ()
    """Files of never-seen records that were given; none: decoys, made anew from the seed."""
    objective: str
    settings: dict[str, float | int | str | bool]
    calibration: tuple[CalibrationStep, ...]
    passes: tuple[TrainingPass, ...]
    holdout_origin: str
    holdout_level: dict[str, float]
    retain_level: dict[str, float] = {}
    """What the stop rule counts losses from: the first model's level on retained records."""
    versions: dict[str, str]
