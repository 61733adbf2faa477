"""How far a model was asked for what completed requests erased."""

from __future__ import annotations

from pydantic import Field

from unlearnkit.domain.artefact import Artefact


class AskedOf(Artefact):
    """One completed request: how much of what is kept for it was asked."""

    request_id: str
    kept: int = Field(ge=0)
    """Probes that are kept for it."""
    asked: int = Field(ge=0)
    least_seen: float | None
    """The smallest share of its probes that would have been noticed with 95 % probability, had they
    brought their values out; None: nothing was asked."""


class Asking(Artefact):
    """What was asked in the time there was, and of whom nothing was."""

    budget_seconds: float | None
    """None: until all is asked."""
    kept: int = Field(ge=0)
    asked: int = Field(ge=0)
    """Of them: those that were asked and fit into the model's context."""
    asked_before: int = Field(ge=0)
    """Of those asked: answers of an earlier gate of the same model."""
    no_room: int = Field(default=0, ge=0)
    """Of those not asked: what they need does not fit into this model's context. Looked at in turn
    with the others, so that those behind the end of the time are not among them."""
    requests: tuple[AskedOf, ...]
    """Every completed request of the workspace."""

    @property
    def nothing_asked(self) -> tuple[AskedOf, ...]:
        """The requests of which nothing was asked: what the model says of them is not known."""
        return tuple(one for one in self.requests if not one.asked)

    @property
    def partly_asked(self) -> tuple[AskedOf, ...]:
        """The requests of which some probes were asked and others were not, the weakest first."""
        some = [one for one in self.requests if 0 < one.asked < one.kept]
        return tuple(sorted(some, key=lambda one: (-(one.least_seen or 0.0), one.request_id)))
