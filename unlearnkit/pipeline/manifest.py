"""What a run is made from, and what its manifest and model card say of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from unlearnkit.artefacts import canonical, digest_of
from unlearnkit.corpus.digests import digest_records
from unlearnkit.domain import CutRecords, Record, RecordSet, RunManifest, Turns, UsersTurns
from unlearnkit.language_model.folder import model_digest
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.material import Gathered, Material
from unlearnkit.pseudonym import keyed_hash
from unlearnkit.report.card import CardFacts
from unlearnkit.unlearning.engine import Unlearned
from unlearnkit.unlearning.settings import Settings


@dataclass(frozen=True, slots=True)
class Given:
    """Everything that a run is made from. Paths are whole."""

    model: Path
    out: Path
    """The new model's folder."""
    holdout: tuple[Path, ...]
    settings: Settings
    encoding: Encoding
    requests: tuple[str, ...]
    """Ids of those whose records are forgotten."""
    gathered: Gathered
    original_files: dict[str, str]
    """The model's files, each with its digest."""

    @property
    def original_digest(self) -> str:
        """Of all files of the model."""
        return digest_of(self.original_files)

    @property
    def recorded(self) -> dict[str, Any]:
        """The settings as the manifest has them, with how records become tokens."""
        return self.settings.recorded() | {
            "prompt_template": self.encoding.prompt_template,
            "max_length": self.encoding.max_length,
        }

    @property
    def turns(self) -> Turns:
        """Whose turns of the corpus's conversations count."""
        talks = [one for one in self.gathered.corpus.records if one.roles]
        if not talks:
            return "none"
        return "all" if any(one.every_turn for one in talks) else "assistant"

    def identity(self) -> bytes:
        """What makes it this run and no other: the same things give the same run."""
        forget_set = self.gathered.forget_set
        unsaid = set() if forget_set.forgotten_before else {"forgotten_before"}
        return canonical(
            {
                "original": self.original_digest,
                # A first run is called as by versions that did not know of earlier ones.
                "forget_set": forget_set.model_dump(mode="json", exclude=unsaid),
                "holdout": digest_records(self.gathered.material.holdout),
                "settings": self.recorded,
                "out": str(self.out),
            }
        )


def card_facts(given: Given, unlearned: Unlearned) -> CardFacts:
    """What the new model's card says of the run."""
    forget_set, material = given.gathered.forget_set, given.gathered.material
    return CardFacts(
        version=version("unlearnkit"),
        objective=given.settings.objective,
        forgotten=len(forget_set.record_ids),
        in_part=len(forget_set.passages),
        kept=len(material.retain),
        original_digest=given.original_digest,
        holdout_origin=material.holdout_origin,
        target=asdict(unlearned.target),
        last=unlearned.passes[-1],
        turns=given.turns,
    )


def manifest_of(
    run_id: str,
    given: Given,
    unlearned: Unlearned,
    users_turns: UsersTurns | None,
    cut: CutRecords,
    *,
    created: datetime,
    key: bytes,
) -> RunManifest:
    """How the model in `given.out` was made; its files are digested here, as they lie there now.

    `key` is the workspace's pseudonym key.
    """
    gathered, material = given.gathered, given.gathered.material
    return RunManifest(
        run_id=run_id,
        created=created,
        requests=given.requests,
        forget_set=gathered.forget_set,
        retain_count=len(material.retain),
        retain_drawn=len(unlearned.retained.records),
        retain_matched=unlearned.retained.matched,
        original_digest=given.original_digest,
        unlearned_digest=model_digest(given.out),
        model_path=str(given.out),
        original_path=str(given.model),
        holdout_paths=tuple(map(str, given.holdout)),
        objective=given.settings.objective,
        settings=given.recorded,
        calibration=unlearned.calibration,
        passes=unlearned.passes,
        holdout_origin=material.holdout_origin,
        holdout_level=asdict(unlearned.target),
        retain_level=asdict(unlearned.lineage.retain_level),
        versions=_versions(),
        environment=_environment(),
        sets=_sets(gathered, key),
        holdout_read=keyed_holdout(material, key),
        original_files=given.original_files,
        unread_records=len(gathered.corpus.quarantined),
        turns=given.turns,
        users_turns=users_turns,
        cut=cut,
    )


def keyed_holdout(material: Material, key: bytes) -> str:
    """What the given never-seen records are known by later; empty for decoys, made anew each time.

    Over the records as they were read: another version may make other decoys of them.
    """
    read = material.holdout_read
    return keyed_hash(key, "holdout as read", read) if read else ""


def _versions() -> dict[str, str]:
    packages = ("unlearnkit", "torch", "transformers", "accelerate", "presidio-analyzer", "spacy")
    return {name: version(name) for name in packages} | {"python": platform.python_version()}


def _environment() -> dict[str, str]:
    import torch

    gpus = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "accelerators": ", ".join(gpus) or "none",
        "processes": os.environ.get("WORLD_SIZE", "1"),
    }


def _sets(gathered: Gathered, key: bytes) -> tuple[RecordSet, ...]:
    """The three sets by count and keyed digest, which only who has key and records can compute."""
    ids = gathered.forget_set.record_ids
    return (
        # As they stand in the corpus: without the decoys they are compared with.
        _set("forget", [one for one in gathered.corpus.records if one.id in ids], key),
        _set("retain", gathered.material.retain, key),
        _set("holdout", gathered.material.holdout, key),
    )


def _set(
    name: Literal["forget", "retain", "holdout"], records: Sequence[Record], key: bytes
) -> RecordSet:
    digest = keyed_hash(key, f"{name} set", digest_records(records))
    return RecordSet(name=name, count=len(records), keyed_digest=digest)
