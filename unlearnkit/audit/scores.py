"""The figures of one model, part by part, each kept when it is made: a stopped audit goes on.

A part is one kind of figure of one split: the records' own, the continuations that are searched for
personal values, the decoys, the layers. Every one is divided over the processes of a launcher.
Parts and the whole are kept under what they depend on, never under a role: the original model that
is gated is the original model that was audited. The parts go when the whole is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import load, save
from unlearnkit.audit.decoy_ranks import decoy_ranks
from unlearnkit.audit.leakage import leaked_values
from unlearnkit.audit.logit_lens import NO_LENS, lens_scores
from unlearnkit.audit.scoring import loaded, score_records
from unlearnkit.audit.task import AuditedModel, AuditTask, material_digest, refuse_missing
from unlearnkit.domain import (
    Artefact,
    AskingCost,
    DecoyRank,
    LensScore,
    ModelRole,
    RecordScore,
    Split,
    ValueScore,
)
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.processes import by_the_first, from_the_first

Loaded = tuple[LanguageModel, Any]
"""A model and the device it is on."""
Maker = Callable[[Loaded], dict[str, Any]]
"""What makes the fields of a part."""


class Scores(Artefact):
    """Every record's figures under one model, or a part of them."""

    model_digest: str
    material: str
    """Digest of the records and of how they become tokens."""
    records: tuple[RecordScore, ...] = ()
    values: tuple[ValueScore, ...] = ()
    asked: tuple[AskingCost, ...] = ()
    ranks: tuple[DecoyRank, ...] = ()
    lens: tuple[LensScore, ...] = ()
    lens_missing: str = ""
    """Why no layer was read."""

    def named(self, role: ModelRole) -> Scores:
        """The same of the model in this role."""
        update = {
            name: tuple(one.model_copy(update={"model": role}) for one in getattr(self, name))
            for name in ("records", "values", "asked", "ranks", "lens")
        }
        return self.model_copy(update=update)


def model_scores(task: AuditTask, role: ModelRole, model: AuditedModel) -> Scores:
    """The kept figures, else new ones, in every process. Raises BadInput for an unusable model."""
    digests = (model.digest, material_digest(task))
    place = task.kept / "-".join(one[:16] for one in digests)
    whole, parts = place.with_name(f"{place.name}.json"), place.with_name(f"{place.name}.parts")
    found = _kept(whole, digests)
    if found is None:
        found = merged(digests, _all_parts(task, role, model, digests, parts))
        by_the_first(partial(save, whole, found))
    by_the_first(partial(shutil.rmtree, parts, ignore_errors=True))
    return found.named(role)


def merged(digests: tuple[str, str], parts: Sequence[Scores]) -> Scores:
    """The parts as one."""
    return Scores(
        model_digest=digests[0],
        material=digests[1],
        records=tuple(one for part in parts for one in part.records),
        values=tuple(one for part in parts for one in part.values),
        asked=tuple(one for part in parts for one in part.asked),
        ranks=tuple(one for part in parts for one in part.ranks),
        lens=tuple(one for part in parts for one in part.lens),
        lens_missing=next((part.lens_missing for part in parts if part.lens_missing), ""),
    )


def _all_parts(
    task: AuditTask, role: ModelRole, model: AuditedModel, digests: tuple[str, str], folder: Path
) -> list[Scores]:
    @cache
    def opened() -> Loaded:
        """The model, read when the first part has to be made."""
        refuse_missing(role, model)
        return loaded(model.folder)

    found = []
    for name, make in _makers(task, role):
        path = folder / f"{name}.json"
        part = _kept(path, digests)
        if part is None:
            part = Scores(model_digest=digests[0], material=digests[1], **make(opened()))
            by_the_first(partial(save, path, part))
        found.append(part)
    return found


def _kept(path: Path, digests: tuple[str, str]) -> Scores | None:
    """What the main process finds, so that all go on with the same part."""

    def read() -> Scores | None:
        found = load(path, Scores) if path.is_file() else None
        return found if found and (found.model_digest, found.material) == digests else None

    return from_the_first(read)


def _makers(task: AuditTask, role: ModelRole) -> Iterator[tuple[str, Maker]]:
    """The parts by name, in the order in which they are made."""
    for split in task.splits:
        yield f"records-{split}", partial(_records, task, role, split)
    for split in task.targets:
        yield f"leaks-{split}", partial(_leaks, task, role, split)
    for split in task.ranked:
        yield f"decoys-{split}", partial(_decoys, task, role, split)
        yield f"lens-{split}", partial(_lens, task, role, split)


def _records(task: AuditTask, role: ModelRole, split: Split, opened: Loaded) -> dict[str, Any]:
    language_model, device = opened
    splits = {split: task.splits[split]}
    owners, encoding = task.owners, task.encoding
    return {
        "records": tuple(
            score_records(language_model, splits, encoding, device, role=role, owners=owners)
        )
    }


def _leaks(task: AuditTask, role: ModelRole, split: Split, opened: Loaded) -> dict[str, Any]:
    language_model, device = opened
    given = (language_model, task.targets[split], task.encoding, task.seed, device)
    values, asked = leaked_values(*given, split=split, role=role)
    return {"values": tuple(values), "asked": tuple(asked)}


def _decoys(task: AuditTask, role: ModelRole, split: Split, opened: Loaded) -> dict[str, Any]:
    language_model, device = opened
    given = (language_model, task.ranked[split], task.encoding, device)
    return {"ranks": tuple(decoy_ranks(*given, split=split, role=role))}


def _lens(task: AuditTask, role: ModelRole, split: Split, opened: Loaded) -> dict[str, Any]:
    language_model, device = opened
    given = (language_model, task.ranked[split], task.encoding, device)
    read = lens_scores(*given, split=split, role=role)
    return {"lens_missing": NO_LENS} if read is None else {"lens": tuple(read)}
