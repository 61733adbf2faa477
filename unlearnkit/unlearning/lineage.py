"""What a model that has unlearned carries for its next run: how the line of its models began."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from unlearnkit.artefacts import load
from unlearnkit.domain import Artefact
from unlearnkit.errors import BadInput
from unlearnkit.language_model.recall import Level

LINEAGE = "unlearnkit.json"


class Lineage(Artefact):
    """Stands in the model's folder as `unlearnkit.json`.

    Losses are counted from the first model: counted from run to run they could go on for ever, each
    of them allowed.
    """

    runs: int = Field(ge=1)
    """Unlearning runs from the first model to this one."""
    retain_level: Level
    """The first model's, on the records that were to be kept in its first run."""

    def next(self) -> Lineage:
        """After another run."""
        return Lineage(runs=self.runs + 1, retain_level=self.retain_level)


def lineage_of(model: Path) -> Lineage | None:
    """What the folder says; None where the model never unlearned. Raises BadInput: broken file."""
    file = model / LINEAGE
    if not file.is_file():
        return None
    try:
        return load(file, Lineage)
    except BadInput as error:
        raise BadInput(
            error.what,
            where=file,
            fix="Put back the file that the last run wrote; without it the model counts as new.",
        ) from error
