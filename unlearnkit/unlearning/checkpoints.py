"""Checkpoints: what a killed run goes on from. Accelerate's own format, and a list of what is done.

The list names the folder that counts and is written last; older folders go afterwards. Accelerate
writes plain files only: they are encrypted over their own bytes at once, and to be read again they
are decrypted to a folder that is erased as soon as they are in memory.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from unlearnkit.artefacts import disk_failed, write_atomic
from unlearnkit.domain import Artefact
from unlearnkit.encrypted import encrypt_file, erase, opened
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.unlearning.steps import Workbench, are_there

Row = TypeVar("Row", bound=Artefact)
LISTING = "done.json"
OPENED = "opened"


def save_checkpoint(bench: Workbench, folder: Path, rows: Sequence[Artefact]) -> None:
    """Write weights, optimiser and random states, then `rows`, what was done up to here.

    Raises BadInput when the disk is full; the checkpoint before is still there. What else fails,
    as a device without memory, stays what it is.
    """
    accelerator, name = bench.accelerator, f"checkpoint-{len(rows):03d}"
    try:
        accelerator.save_state(str(folder / name))
        accelerator.wait_for_everyone()
        files = sorted(one for one in (folder / name).rglob("*") if one.is_file())
        for file in files[accelerator.process_index :: accelerator.num_processes]:
            encrypt_file(file, bench.key)
    except Exception as error:
        if not disk_failed(error):
            raise
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
    """Load the last checkpoint, if there is one, into what accelerate has prepared; its rows.

    What a killed process left in plain is erased. A listed one that somebody deleted is none.
    Raises VerificationFailed for another key, BadInput when the disk is full.
    """
    main, everyone = bench.accelerator.is_main_process, bench.accelerator.wait_for_everyone
    there = are_there(bench, folder / LISTING)
    stored: dict[str, Any] = json.loads((folder / LISTING).read_text()) if there else {}
    if main:
        for left in (*folder.glob("checkpoint-*"), folder / OPENED):
            if left.name != stored.get("folder"):
                erase(left)
    if not there or not are_there(bench, folder / stored["folder"]):
        return []
    plain = folder / OPENED
    try:
        with opened(folder / stored["folder"], bench.key, plain) if main else nullcontext():
            everyone()
            bench.accelerator.load_state(str(plain))
            everyone()
    except VerificationFailed as error:
        # Its states cannot be read either, so one checkpoint is not all that has to go.
        fix = f"Delete the folder {folder.parent} and run the same command again: it starts anew."
        raise VerificationFailed(error.what, where=error.where, fix=fix) from None
    except OSError as error:
        raise BadInput(
            f"the checkpoint cannot be opened: {error}",
            where=folder,
            fix="Free some disk space, then run the same command again: it goes on from here.",
        ) from error
    return [kind.model_validate(row) for row in stored["rows"]]
