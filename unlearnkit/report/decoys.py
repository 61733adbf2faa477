"""How many personal values stand where among their decoys: counts for the decoy test's plot."""

from __future__ import annotations

from collections.abc import Sequence

from unlearnkit.counted import noun
from unlearnkit.domain import Artefact, DecoyRank, Measurement, ModelRole, Split

BINS = 8
"""Ranks from 1 to 32 come four to a bin."""


class DecoyPlaces(Artefact):
    """The values of a split under a model, counted by their place among their decoys."""

    split: Split
    model: ModelRole
    counts: tuple[int, ...]
    """From those likelier than seven eighths of their decoys to those less likely."""

    @property
    def shares(self) -> tuple[float, ...]:
        """The counts over their sum."""
        return tuple(one / sum(self.counts) for one in self.counts)


def decoy_places(ranks: Sequence[DecoyRank]) -> tuple[DecoyPlaces, ...]:
    """One for each split and model that has values."""
    counts: dict[tuple[Split, ModelRole], list[int]] = {}
    for one in ranks:
        bins = counts.setdefault((one.split, one.model), [0] * BINS)
        bins[min(BINS - 1, int(BINS * (one.better + 0.5) / (one.of + 1)))] += 1
    return tuple(
        DecoyPlaces(split=split, model=model, counts=tuple(bins))
        for (split, model), bins in sorted(counts.items())
    )


def people_told(test: Measurement | None) -> str:
    """Whom the decoy test shuffled, in a sentence; nothing where it does not say."""
    if test is None or test.subjects is None:
        return ""
    people = test.subjects
    single = noun(people.by_record, "a single record", "single records")
    alone = f", {people.by_record} of them {single} that nothing ties to a person"
    return (
        "Against never-seen values people are shuffled whole, since what a model knows of one "
        f"value of a person it knows of others: {people.forgotten} forgotten and {people.unseen} "
        f"never-seen{alone if people.by_record else ''}. The smallest p-value that so many can "
        f"give is {people.smallest_p:.3f}."
    )
