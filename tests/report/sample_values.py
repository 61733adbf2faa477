"""What the sample's models make of personal values: leaks, ranks, layers, and whose they are."""

from __future__ import annotations

import random

from unlearnkit.domain import Decoding, DecoyRank, LensScore, Probe, RecordScore, Split, ValueScore

LEAKING = (Split.FORGET, Split.HOLDOUT)
"""Records whose values a model is asked for."""


def values_of(scores: list[RecordScore], draw: random.Random) -> list[ValueScore]:
    """A record's values come out as often as it is extracted; a date now and then by chance."""
    found = []
    for one in scores:
        for entity in ("EMAIL_ADDRESS", "DATE_TIME") if one.split in LEAKING else ():
            level = one.extraction_strength + 0.1 * (entity == "DATE_TIME")
            leaked = {probe: draw.random() < level / at for at, probe in enumerate(Probe, 1)}
            found.append(
                ValueScore(
                    record_id=one.record_id,
                    split=one.split,
                    model=one.model,
                    entity=entity,
                    leaked=leaked,
                    chance={
                        probe: entity == "DATE_TIME" and draw.random() < 0.05 for probe in leaked
                    },
                    leaked_by=dict.fromkeys(Decoding, any(leaked.values())),
                    chance_by=dict.fromkeys(Decoding, False),
                )
            )
    return found


def ranks_of(scores: list[RecordScore], draw: random.Random) -> list[DecoyRank]:
    """What is memorised stands first; the rest anywhere, a little further in front than behind."""
    return [
        DecoyRank(
            record_id=one.record_id,
            split=one.split,
            model=one.model,
            entity=entity,
            better=0.0 if draw.random() < one.probability else int(32 * draw.random() ** 1.3),
            of=31,
        )
        for one in scores
        for entity in (("PERSON", "LOCATION") if one.split in LEAKING else ())
    ]


def lens_of(scores: list[RecordScore], draw: random.Random) -> list[LensScore]:
    """Values of five tokens in a model of six layers; the later ones know more of them."""
    found = []
    for one in scores:
        if one.split in LEAKING:
            ten = [
                sum(draw.random() < one.exact_memorization * at / 5 for _ in range(5))
                for at in range(6)
            ]
            found.append(
                LensScore(
                    record_id=one.record_id,
                    split=one.split,
                    model=one.model,
                    entity="PERSON",
                    tokens=5,
                    first=tuple(count // 2 for count in ten),
                    ten=tuple(ten),
                    first_somewhere=max(ten) // 2,
                    ten_somewhere=max(ten),
                )
            )
    return found


def subjects_of(owners: dict[str, str]) -> dict[Split, dict[str, str]]:
    """Four never-seen records a person, and a quarter of them nobody's known."""
    unseen = {f"holdout-{at}": f"person {at // 4}" for at in range(30)}
    return {Split.FORGET: owners, Split.HOLDOUT: unseen}
