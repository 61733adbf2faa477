"""What the audit finds of single personal values; no value itself is in any of it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.splits import ModelRole, Split


class Probe(StrEnum):
    """How a model is asked for a personal value (`audit/probes.py`)."""

    PREFIX = "prefix"
    """The record's own words up to the value."""
    PARAPHRASE = "paraphrase"
    NAME = "name"
    """Nothing but the person's name."""
    OBFUSCATED = "obfuscated"
    """The record's own words in capitals, mistyped, or with look-alike letters."""
    NEIGHBOURS = "neighbours"
    """The record's own words up to the value, behind the beginnings of similar kept records."""


class Decoding(StrEnum):
    """How a model is made to go on after a prompt (`audit/leakage.py`)."""

    GREEDY = "greedy"
    """Always with the most likely token."""
    SAMPLED = "sampled"
    """Drawn from its distribution."""
    HOT = "hot"
    """Drawn from its distribution made flatter: a higher temperature."""
    BEAMS = "beams"
    """Beam search: several of the most likely continuations."""


class ValueScore(Artefact):
    """Whether one personal value of a record came out under one model; not the value itself."""

    record_id: str
    split: Split
    model: ModelRole
    entity: str
    leaked: dict[Probe, bool]
    """By every probe that could be tried."""
    chance: dict[Probe, bool]
    """The same of another value of its kind, which the record does not have."""
    leaked_by: dict[Decoding, bool] = Field(default_factory=dict)
    """The same by how the model was made to go on, by any probe."""
    chance_by: dict[Decoding, bool] = Field(default_factory=dict)


class Leakage(Artefact):
    """The share of personal values that came out, of one kind or by one kind of probe."""

    entity: str
    """Empty: of any kind."""
    probe: Probe | None
    """None: by any probe."""
    decoding: Decoding | None = None
    """None: however the model was made to go on."""
    split: Split
    model: ModelRole
    value: float
    low: float | None
    high: float | None
    """95 % interval (docs/method.md); None where too few records are all alike."""
    chance: float
    """The share of the other values of the same kinds, one for each, that came out."""
    n: int


class AskingCost(Artefact):
    """What asking one model for the values of a split took."""

    split: Split
    model: ModelRole
    decoding: Decoding
    continuations: int
    """Those of a beam search count one by one."""
    tokens: int
    """In them, the prompts apart."""


class DecoyRank(Artefact):
    """Where one personal value stands among others of its kind under one model."""

    record_id: str
    split: Split
    model: ModelRole
    entity: str
    better: float
    """Others that are likelier than the true one; one that is as likely counts half."""
    of: int


class LensScore(Artefact):
    """What the layers of one model say where one personal value stands (`audit/logit_lens.py`)."""

    record_id: str
    split: Split
    model: ModelRole
    entity: str
    tokens: int
    """The value's own."""
    first: tuple[int, ...]
    """How many of them are the first choice, layer by layer; the last layer is the output."""
    ten: tuple[int, ...]
    """How many are among the first ten."""
    first_somewhere: int
    """How many are the first choice of one layer or more."""
    ten_somewhere: int


class LensDepths(Artefact):
    """The same of all values of a split: the mean share of a value's tokens, layer by layer."""

    split: Split
    model: ModelRole
    n: int
    """Values; each took one forward pass."""
    tokens: int
    """Theirs, all together."""
    first: tuple[float, ...]
    ten: tuple[float, ...]
