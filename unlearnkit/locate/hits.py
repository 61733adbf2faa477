"""What a search finds: one reason why a record may concern the subject, and how strong it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unlearnkit.domain import Evidence, IdentifierKind

WEIGHTS = {
    "record": 1.0,
    "exact": 1.0,
    "normalised": 0.98,
    "hashed": 0.97,
    "link": 0.9,
    "tied": 0.89,
    "thread": 0.8,
    "mailbox": 0.7,
    "nickname": 0.6,
    "shortened": 0.55,
    "turned": 0.52,
    "initials": 0.5,
    "transliterated": 0.48,
    "marks": 0.46,
    "typo": 0.45,
    "phonetic": 0.4,
    "otherday": 0.37,
    "otherborn": 0.36,
    "longer": 0.35,
    "apart": 0.34,
    "wordlike": 0.33,
    "words": 0.32,
    "partial": 0.3,
}
"""Which evidence hides which where they stand in one place; docs/locate.md explains them."""
FULL_NAME_WEIGHT, SHARED_WEIGHT = 0.85, 0.4
IDENTIFYING = (
    IdentifierKind.EMAIL,
    IdentifierKind.PHONE,
    IdentifierKind.CUSTOMER_ID,
    IdentifierKind.HANDLE,
)
"""What one person has and hardly anybody shares; an address or a date of birth is shared."""
_WHOLE = ("exact", "normalised", "hashed")


@dataclass(frozen=True, slots=True)
class Hit:
    """One reason why a record may concern the subject; the span is into Record.content."""

    kind: IdentifierKind
    how: str
    """A key of WEIGHTS."""
    start: int
    end: int
    recogniser: str

    @property
    def identifies(self) -> bool:
        """True for one of the subject's own identifiers, whole."""
        return self.kind in IDENTIFYING and self.how in _WHOLE

    @property
    def full_name(self) -> bool:
        """True for the subject's whole name."""
        return self.kind is IdentifierKind.NAME and self.how in _WHOLE

    @property
    def born(self) -> bool:
        """True for the subject's date of birth, which tells namesakes apart."""
        return self.kind is IdentifierKind.DATE_OF_BIRTH and self.how in _WHOLE

    @property
    def writes_full_name(self) -> bool:
        """True also where it may be a namesake's, a part of a longer name, or words."""
        return self.full_name or self.how in ("otherborn", "otherday", "longer", "wordlike")

    @property
    def weight(self) -> float:
        """0 to 1."""
        if self.how in _WHOLE and not self.identifies:
            return FULL_NAME_WEIGHT if self.full_name else SHARED_WEIGHT
        return WEIGHTS[self.how]

    @property
    def evidence(self) -> Evidence:
        """The same as an artefact."""
        return Evidence(
            kind=self.kind,
            how=self.how,
            start=self.start,
            end=self.end,
            recogniser=self.recogniser,
        )


def strongest(hits: Iterable[Hit]) -> list[Hit]:
    """Without hits that lie inside a stronger (or equally strong, longer) one; strongest first."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (-one.weight, one.start - one.end, one.start)):
        inside = any(one.start <= hit.start and hit.end <= one.end for one in kept)
        if not inside:
            kept.append(hit)
    return kept
