"""Who must not be trained on again, and what a screening of new records finds of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.records import Certainty
from unlearnkit.domain.verdict import Outcome


@dataclass(frozen=True, slots=True, order=True)
class Forgotten:
    """One line of the do-not-train list: an identifier of somebody who was forgotten, hashed."""

    request_id: str
    kind: str
    """What was hashed; what follows a colon says which of its spellings."""
    hash: str
    """Keyed hash, as `pseudonym.keyed_hash` makes it for the index."""


class Sureness(StrEnum):
    """How sure it is that a record is about somebody who was forgotten."""

    CERTAIN = "certain"
    POSSIBLE = "possible"

    @classmethod
    def of(cls, certainty: Certainty) -> Sureness:
        """What `locate` would ask a person about is possible here: nobody can be asked."""
        return cls.CERTAIN if certainty is Certainty.CERTAIN else cls.POSSIBLE


class Finding(Artefact):
    """A record that is, or may be, about somebody who was forgotten."""

    request_id: str
    record_id: str
    source: str
    line: int
    """As in the quarantine: line, position or row, from 1."""
    sureness: Sureness
    reason: str
    """In words, without any identifier."""


class CleanFile(Artefact):
    """One file that was written without the records that were found."""

    source: str
    file: str
    kept: int
    removed: int
    quarantined: int
    """Records that could not be read, and so not be screened: left out too."""


class Screened(Artefact):
    """What a screening came to, and what `screen --json` prints."""

    outcome: Outcome
    strict: bool
    """Possible findings, records that could not be read and earlier lists count too."""
    people: int
    """Closed requests on the do-not-train list."""
    unlisted: tuple[str, ...]
    """Completed requests that are not on it, closed by an earlier version: nobody can tell."""
    earlier: tuple[str, ...] = ()
    """Requests that an earlier version listed, without ways to write a person that came since."""
    waiting: tuple[str, ...] = ()
    """Requests whose records a model forgot, not completed yet: their people are not looked for."""
    corpus_digest: str
    records: int
    quarantined: dict[str, int]
    """Why records were not read -> how many."""
    passed_over: tuple[str, ...] = ()
    """Files in the folders that were not read, because their names say that they hold no records.
    """
    findings: tuple[Finding, ...]
    written: tuple[CleanFile, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 clean, 1 found, 3 cannot tell."""
        return {Outcome.PASS: 0, Outcome.FAIL: 1}.get(self.outcome, 3)

    def found(self, sureness: Sureness) -> frozenset[str]:
        """Ids of the records whose surest finding is of this kind."""
        certain = {one.record_id for one in self.findings if one.sureness is Sureness.CERTAIN}
        if sureness is Sureness.CERTAIN:
            return frozenset(certain)
        return frozenset(one.record_id for one in self.findings) - certain
