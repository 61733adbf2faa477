"""What an audit is asked for, and the digest of what a model's figures depend on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from unlearnkit.audit.attacks.relearning import Relearning
from unlearnkit.audit.targets import Target, targets_digest
from unlearnkit.corpus.digests import digest_records
from unlearnkit.corpus.plain_text import PlainText
from unlearnkit.domain import Attack, HarnessTasks, ModelRole, Record, Split
from unlearnkit.errors import BadInput
from unlearnkit.language_model.tokens import Encoding

FIGURES = 5
"""Raised when records get another figure: scores that were kept without it are then made again."""


@dataclass(frozen=True, slots=True)
class AuditedModel:
    """A model folder and the digest it has; the folder may be gone where its scores are kept."""

    folder: Path
    digest: str


@dataclass(frozen=True, slots=True)
class AuditTask:
    """Which models are measured on which records."""

    run_id: str
    models: Mapping[ModelRole, AuditedModel]
    splits: Mapping[Split, Sequence[Record]]
    owners: Mapping[str, tuple[str, ...]]
    """Record id -> the requests it belongs to."""
    encoding: Encoding
    holdout_origin: str
    corpus_digest: str
    seed: int
    kept: Path
    """Folder of scores: a model that was measured on the same records is not measured again."""
    targets: Mapping[Split, Sequence[Target]] = field(default_factory=dict)
    """Personal values that every model is asked for."""
    ranked: Mapping[Split, Sequence[Target]] = field(default_factory=dict)
    """Personal values that are ranked among others of their kind under every model, and that every
    layer is asked for (logit lens)."""
    subjects: Mapping[Split, Mapping[str, str]] = field(default_factory=dict)
    """Whose the records are: what intervals draw, and the decoy test shuffles, whole."""
    attacks: Sequence[Attack] = ()
    """What is tried to bring the forget set back."""
    relearning: Relearning = field(default_factory=Relearning)
    utility: PlainText | None = None
    """A text that perplexity is measured on, beside the records."""
    harness: HarnessTasks | None = None
    """Tasks of the lm-evaluation-harness; their figures are made anew each time."""


def material_digest(task: AuditTask) -> str:
    """Hex SHA-256 over what the figures of a model depend on, the model apart."""
    how = (FIGURES, sorted(asdict(task.encoding).items()))
    total = hashlib.sha256(repr(how).encode())
    always = (Split.FORGET, Split.RETAIN, Split.NEIGHBOUR, Split.HOLDOUT)
    for split in (one for one in Split if one in always or one in task.splits):
        total.update(f"{split}:{digest_records(task.splits.get(split, ()))}\n".encode())
        total.update(f"{task.seed}:{targets_digest(task.targets.get(split, ()))}\n".encode())
        total.update(f"{targets_digest(task.ranked.get(split, ()))}\n".encode())
    return total.hexdigest()


def refuse_missing(role: ModelRole, model: AuditedModel) -> None:
    """Raise BadInput when the model has to be measured, and its folder is gone."""
    if not model.folder.is_dir():
        raise BadInput(
            f"the {role} model is not there, and it was not measured on these records or this "
            "text before, or by an earlier version with fewer figures",
            where=model.folder,
            fix="Put it back, or give the retrained one with --reference.",
        )
