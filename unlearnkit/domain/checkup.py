"""What `doctor` finds: whether everything works, and what personal data is still held."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from unlearnkit.domain.artefact import Artefact


class Health(StrEnum):
    """How something stands; the order is from well to ill."""

    OK = "ok"
    WARN = "warn"
    """It works; somebody should know."""
    PROBLEM = "problem"
    """Something does not work, or is held that should not be."""


class Examined(Artefact):
    """One part of the installation or of the workspace."""

    part: str
    health: Health
    found: str
    fix: str = ""
    """What to do, where there is something to do."""


class HeldAs(StrEnum):
    """What somebody can read who has the disk and not the keys."""

    ENCRYPTED = "encrypted"
    HASHES = "keyed hashes"
    IDS = "record ids"
    """Of records, with places in their texts or figures: nothing to read without the corpus."""
    PLAIN = "plain"
    UNKNOWN = "unknown"


VAULT = "ledger: vault"
"""Where the identifiers of open requests are."""


class Holding(Artefact):
    """Something that is held about people, or may be."""

    what: str
    where: str
    """Path below the workspace, or the table of the ledger."""
    requests: tuple[str, ...] = ()
    """Whose it is; none: it is about no request, or about nobody knows which."""
    held_as: HeldAs
    count: int
    """Files, rows or hashes, as `what` says."""
    since: datetime | None
    why: str
    until: str
    """When it goes."""
    health: Health = Health.OK
    fix: str = ""


class Checkup(Artefact):
    """Everything `doctor` found."""

    version: str
    created: datetime
    workspace: str | None
    """None: there is no workspace here, and nothing is held."""
    examined: tuple[Examined, ...]
    held: tuple[Holding, ...] = ()
    incomplete: str = ""
    """Why it could not be seen what is held."""

    @property
    def health(self) -> Health:
        """The worst of all; a problem where it could not be seen what is held."""
        if self.incomplete:
            return Health.PROBLEM
        found = {one.health for one in self.examined} | {one.health for one in self.held}
        return next((one for one in reversed(Health) if one in found), Health.OK)
