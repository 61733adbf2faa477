"""Run the chosen attacks on a model, one condition after another; each is kept when it is done.

Kept as scores are: under the model's digest and the digest of records and settings, never under a
role. A repeated audit or gate runs nothing again, and a stopped audit goes on with the next one.

Under a launcher every process changes or trains the model alike, and measures its part of the
records: a change takes a moment, and a training is at most 50 steps of four records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from unlearnkit.artefacts import load, save
from unlearnkit.audit.attacks.altering import altered
from unlearnkit.audit.attacks.attacked_model import AttackedModel, Attempt, loaded
from unlearnkit.audit.attacks.relearning import Relearning, relearned
from unlearnkit.domain import (
    CONDITIONS,
    RELEARNED_REST,
    Artefact,
    Attack,
    AttackCost,
    ModelRole,
    Progress,
    Record,
    RecordScore,
    RelearningCurve,
    Split,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.processes import by_the_first, from_the_first
from unlearnkit.language_model.tokens import Encoding

VERSION = 2
"""How the attacks are made: results kept by another version are made again."""


@dataclass(frozen=True, slots=True)
class AttackTask:
    """Which attacks are made, and on which records the models are measured."""

    attacks: Sequence[Attack]
    splits: Mapping[Split, Sequence[Record]]
    encoding: Encoding
    material: str
    """Digest of the records and of how they become tokens."""
    relearning: Relearning
    kept: Path
    """Folder of the results."""

    def settings(self, condition: str) -> str:
        """Hex SHA-256 over what a model's figures under the condition depend on."""
        how = asdict(self.relearning) if CONDITIONS[condition] is Attack.RELEARNING else {}
        given = (self.material, VERSION, condition, sorted(how.items()))
        return hashlib.sha256(repr(given).encode()).hexdigest()

    def conditions(self, role: ModelRole) -> list[str]:
        """What a model in this role is put under; the original still knows what others relearn."""
        knows, in_part = role is ModelRole.ORIGINAL, bool(self.splits.get(Split.REST))
        return [
            name
            for name, kind in CONDITIONS.items()
            if kind in self.attacks
            and not (knows and kind is Attack.RELEARNING)
            and (in_part or name != RELEARNED_REST)
        ]


class Attacked(Artefact):
    """One model under one condition."""

    model_digest: str
    settings: str
    """Digest of the records and of the attack's settings."""
    records: tuple[RecordScore, ...]
    curves: tuple[RelearningCurve, ...]
    missing: dict[Split, str]
    """Split -> why there are no figures."""
    cost: AttackCost

    def named(self, role: ModelRole) -> Attacked:
        """The same of the model in this role."""
        named = {"model": role}
        return self.model_copy(
            update={
                "records": tuple(one.model_copy(update=named) for one in self.records),
                "curves": tuple(one.model_copy(update=named) for one in self.curves),
                "cost": self.cost.model_copy(update=named),
            }
        )


def attack(
    task: AttackTask, role: ModelRole, folder: Path, digest: str, progress: Progress
) -> list[Attacked]:
    """The model in `folder` under every condition of the task's attacks, kept results or new ones.

    Raises BadInput when the model is needed and cannot be used.
    """
    wanted, doing = task.conditions(role), f"attacking the {role} model (attack)"
    found: list[Attacked] = []
    subject: AttackedModel | None = None
    for done, condition in enumerate(wanted):
        settings = task.settings(condition)
        path = task.kept / f"{digest[:16]}-{settings[:16]}-{condition}.json"
        known = from_the_first(partial(_kept, path, digest, settings))
        if known is None:
            progress(doing, done, len(wanted))
            subject = subject or _loaded(task, role, folder)
            known = _result(
                attempted(subject, condition, task.relearning), condition, role, digest, settings
            )
            by_the_first(partial(save, path, known))
        found.append(known.named(role))
    if subject is not None:
        progress(doing, len(wanted), len(wanted))
    return found


def attempted(subject: AttackedModel, condition: str, how: Relearning) -> Attempt:
    """What comes of the condition; afterwards the model is as it was."""
    if CONDITIONS[condition] is Attack.RELEARNING:
        return relearned(subject, condition, how)
    return altered(subject, condition)


def _kept(path: Path, digest: str, settings: str) -> Attacked | None:
    if not path.is_file():
        return None
    found = load(path, Attacked)
    return found if (found.model_digest, found.settings) == (digest, settings) else None


def _loaded(task: AttackTask, role: ModelRole, folder: Path) -> AttackedModel:
    if not folder.is_dir():
        raise BadInput(
            f"the {role} model is not there, and it was not attacked on these records before",
            where=folder,
            fix="Put it back, or leave the attacks out: --attacks none.",
        )
    return loaded(folder, task.splits, task.encoding)


def _result(made: Attempt, condition: str, role: ModelRole, digest: str, settings: str) -> Attacked:
    return Attacked(
        model_digest=digest,
        settings=settings,
        records=tuple(
            RecordScore(
                record_id=record_id,
                split=split,
                model=role,
                exact_memorization=one.exact_memorization,
                extraction_strength=one.extraction_strength,
                probability=one.probability,
                truth_ratio=None,
            )
            for split, recalls in made.recalls.items()
            for record_id, one in recalls
        ),
        curves=tuple(made.curves),
        missing=dict(made.missing),
        cost=AttackCost(
            under=condition,
            model=role,
            reached=made.reached,
            steps=made.work.steps,
            forward_passes=made.work.forward_passes,
            tokens=made.work.tokens,
        ),
    )
