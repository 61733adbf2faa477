"""What is kept of erased values, so that a later model can be asked whether it says them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from unlearnkit.domain.artefact import Artefact


class KeptProbe(Artefact):
    """How to ask for one erased value, and how to know it again. The value is not in it."""

    request_ids: tuple[str, ...]
    """Whose records it was in."""
    entity: str
    prompt: str
    before: str
    """What stood before the value, as far back as every word stands in other people's records."""
    length: int = Field(ge=1, le=4096)
    """Tokens to continue with, rounded up so that the value's own length is not told."""
    value: str
    """Keyed hash of the value in its one spelling."""
    others: tuple[str, ...]
    """The same of made-up values of its kind: how often they come is chance."""


class KeptProbes(Artefact):
    """The probes of one run, with how a prompt becomes tokens."""

    run_id: str
    created: datetime
    prompt_template: str
    max_length: int
    seed: int
    regions: tuple[str, ...] = ("US", "GB", "DE", "FR", "ES", "IT", "PL")
    """Where a phone number without its country's code may be from; files that do not say it were
    made with these."""
    values: int
    """Values that were looked at; those that cannot be asked for so are not among the probes."""
    common: int
    """Of them, those that kept records say too or that are short: they would come by chance."""
    probes: tuple[KeptProbe, ...]


class ProbeAnswer(Artefact):
    """What one model made of one probe; what it said is kept nowhere."""

    said: bool
    chance: float | None
    """Share of the made-up values that it said; None where the probe has none."""


class ProbeAnswers(Artefact):
    """What one model made of a run's probes, so far: a gate goes on from here."""

    model_digest: str
    probes: str
    """Digest of the probes that were asked."""
    how: str = ""
    """What each was asked (`audit/kept_probes.HOW`); answers to less are no answers to more."""
    answers: dict[int, ProbeAnswer]
    """By the probe's position."""
