"""A policy's answer, rule by rule."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.asking import Asking


class Outcome(StrEnum):
    """What a check, or a whole policy, came to."""

    PASS = "pass"  # nosec B105 # a verdict
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


class GateAnswer(Artefact):
    """What `gate --json` prints, and what a trainer's callback leaves in its output folder."""

    run: str
    """The run whose records the model was measured on."""
    verdict: Verdict
    asking: Asking | None = None
    """How far kept probes were asked; None where the model was measured on records."""
