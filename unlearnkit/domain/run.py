"""What an unlearning run did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pydantic import Field

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.records import ForgetSet

RECITED_BY, RECITED_NATS = 0.2, 1.0
"""By how much more of users' turns than of never-seen ones is clearly more."""
RECITED = 0.75
"""Exact memorization of users' turns that is clearly high, where there are no others."""


class CalibrationStep(Artefact):
    """One teacher that was tried: how it does on the forget set against the holdout's level."""

    learning_rate: float | None = None
    """Of the strengthening; None: the run's only one, as in earlier versions."""
    strengthen_epochs: int
    alpha: float
    floor: float | None = None
    """Height of the teacher's floor, which earlier versions searched; None: not searched."""
    depths: bool = False
    """Whether the labels it pushes lie as deep as never-seen ones (`unlearning/depths.py`)."""
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


Passed = Callable[[TrainingPass], None]
"""Called with each pass when it is measured; a log may show it."""


def unheard(one: TrainingPass) -> None:
    """The Passed that shows nothing."""


class RecordSet(Artefact):
    """One of the run's sets of records, without telling whose they are."""

    name: Literal["forget", "retain", "holdout"]
    count: int
    keyed_digest: str
    """`pseudonym.keyed_hash` of the set's digest: a plain one would confirm a guessed record."""


Turns = Literal["none", "assistant", "all"]
"""Whose turns of conversations counted in a run; none: the corpus has no conversations."""


Hindrance = Literal["length", "loss", "template"]
"""Why users' turns of a conversation cannot be measured.

No token of them is within the longest sequence; the loss on them is not finite; the chat template
does not show where they stand.
"""


class Unmeasured(Artefact):
    """Conversations in which users' turns could not be measured, for one reason."""

    why: Hindrance
    conversations: int
    """Of those to forget."""
    unseen_conversations: int


class UsersTurns(Artefact):
    """What the original model made of users' turns, where only the assistant's counted.

    Means over conversations to forget and, where some were given, over never-seen ones; None where
    none of them could be measured.
    """

    conversations: int
    exact_memorization: float | None
    loss: float | None
    """Mean token loss in nats."""
    unseen_conversations: int = 0
    unseen_exact_memorization: float | None = None
    unseen_loss: float | None = None
    unmeasured: tuple[Unmeasured, ...] | None = None
    """None: an earlier version, which did not say."""

    @property
    def recited(self) -> bool:
        """Whether it knew them clearly better than it knows ones it never saw.

        That is exact memorization higher by RECITED_BY, or token loss lower by a nat. With none to
        compare with, an exact memorization of RECITED, which guessing seldom reaches in prose.
        """
        if self.exact_memorization is None or self.loss is None:
            return False
        if self.unseen_exact_memorization is None or self.unseen_loss is None:
            return self.exact_memorization >= RECITED
        return (
            self.exact_memorization - self.unseen_exact_memorization >= RECITED_BY
            or self.unseen_loss - self.loss >= RECITED_NATS
        )


class CutRecords(Artefact):
    """Records to forget that lost their end, which was neither trained on nor measured."""

    records: int
    """Longer than max_length."""
    with_evidence: int
    """Of these: with something of the person's that stands behind the cut alone."""
    of: int
    """Records to forget, all of them."""


class RunManifest(Artefact):
    """What an unlearning run did; stands in the run folder and goes into the attestation."""

    run_id: str
    created: datetime
    requests: tuple[str, ...]
    forget_set: ForgetSet
    retain_count: int
    retain_drawn: int | None = None
    """Retained records that training drew on; None: an earlier version, which did not say."""
    retain_matched: int | None = None
    """How many of these were chosen for their likeness to the forget set."""
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
    retain_level: dict[str, float] = Field(default_factory=dict)
    """What the stop rule counts losses from: the first model's level on retained records."""
    versions: dict[str, str]
    environment: dict[str, str] = Field(default_factory=dict)
    """The machine, without its name."""
    sets: tuple[RecordSet, ...] = ()
    holdout_read: str = ""
    """Keyed digest of the given never-seen records as they were read.

    Empty for decoys, and in runs by versions that did not say.
    """
    original_files: dict[str, str] = Field(default_factory=dict)
    """The original model's files and their SHA-256: `original_digest` is over these."""
    unread_records: int | None = None
    """Records of the corpus that could not be read, so were not searched; None: not counted."""
    turns: Turns | None = None
    """Whose turns counted; None: an earlier version, which did not say."""
    users_turns: UsersTurns | None = None
    """None where users' turns counted too, or none was to be forgotten."""
    cut: CutRecords | None = None
    """Records to forget that were longer than max_length; None: an earlier version."""
