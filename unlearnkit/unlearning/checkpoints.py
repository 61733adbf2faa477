"""Checkpoints: what a killed run goes on from. Accelerate's own format, and a list of what is done.

The list names the folder that counts and is written last; older folders go afterwards.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import Artefact
from unlearnkit.errors import BadInput
from unlearnkit.unlearning.steps import Workbench, are_there

Row = TypeVar("Row", bound=Artefact)
LISTING = "done.json"


def save_checkpoint(accelerator: Any, folder: Path, rows: Sequence[Artefact]) -> None:
    """Write weights, optimiser and random states, then `rows`, what was done up to here.

    Raises BadInput when the disk is full; the checkpoint before is still there.
    """
    name = f"checkpoint-{len(rows):03d}"
    try:
        accelerator.save_state(str(folder / name))
    except (OSError, RuntimeError) as error:
        raise BadInput(
            f"the checkpoint cannot be written: {error}",
            where=folder,
            fix="Free some disk space, then run the same command again: it goes on from here.",
        ) from error
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        done = {"folder": name, "rows": [one.model_dump() for one in rows]}
        write_atomic(folder / LISTING, json.dumps(done).encode())
        for old in folder.glob("checkpoint-*"):
            if old.name != name:
                shutil.rmtree(old)
    accelerator.wait_for_everyone()


def resume(bench: Workbench, folder: Path, kind: type[Row]) -> list[Row]:
    """Load the last checkpoint, if there is one, into what accelerate has prepared; its rows."""
    if not are_there(bench, folder / LISTING):
        return []
    stored = json.loads((folder / LISTING).read_text())
    bench.accelerator.load_state(str(folder / stored["folder"]))
    return [kind.model_validate(row) for row in stored["rows"]]
