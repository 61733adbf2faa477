"""Checkpoints: what a killed run goes on from. Accelerate's own format, and a list of what is done.

The list names the folder that counts and is written last; older folders go afterwards. Accelerate
writes plain files only: they are encrypted over their own bytes at once, and to be read again they
are decrypted to a folder that is erased as soon as they are in memory.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

from unlearnkit.artefacts import disk_failed, load, saved, write_atomic
from unlearnkit.domain import Artefact
from unlearnkit.encrypted import encrypt_file, erase, opened
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.unlearning.steps import Workbench, are_there

Row = TypeVar("Row", bound=Artefact)
LISTING = "done.json"
OPENED = "opened"


class Listing(Artefact):
    """The checkpoint that counts, and what was done up to it."""

    folder: str
    rows: tuple[dict[str, Any], ...]


def save_checkpoint(bench: Workbench, folder: Path, rows: Sequence[Artefact]) -> None:
    """Write weights, optimiser and random states, then `rows`, what was done up to here.

    Raises BadInput when the disk is full or may not be written to; the checkpoint before is still
    there. What else fails, as a device without memory, stays what it is.
    """
    accelerator, name = bench.accelerator, f"checkpoint-{len(rows):03d}"
    try:
        accelerator.save_state(str(folder / name))
        accelerator.wait_for_everyone()
        files = sorted(one for one in (folder / name).rglob("*") if one.is_file())
        for file in files[accelerator.process_index :: accelerator.num_processes]:
            encrypt_file(file, bench.key)
    except Exception as error:
        refusal = _refusal(error, "the checkpoint cannot be written", folder)
        if refusal is None:
            raise
        raise refusal from error
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        done = Listing(folder=name, rows=tuple(one.model_dump() for one in rows))
        write_atomic(folder / LISTING, saved(done))
        for old in folder.glob("checkpoint-*"):
            if old.name != name:
                shutil.rmtree(old)
    accelerator.wait_for_everyone()


def resume(bench: Workbench, folder: Path, kind: type[Row]) -> list[Row]:
    """Load the last checkpoint, if there is one, into what accelerate has prepared; its rows.

    What a killed process left in plain is erased. A listed one that somebody deleted is none.
    Raises VerificationFailed for another key, BadInput when the disk is full, a file is missing,
    or may not be read.
    """
    main, everyone = bench.accelerator.is_main_process, bench.accelerator.wait_for_everyone
    stored = listed(folder) if are_there(bench, folder / LISTING) else None
    if main:
        for left in (*folder.glob("checkpoint-*"), folder / OPENED):
            if stored is None or left.name != stored.folder:
                erase(left)
    if stored is None or not are_there(bench, folder / stored.folder):
        return []
    checkpoint, plain = folder / stored.folder, folder / OPENED
    try:
        with opened(checkpoint, bench.key, plain) if main else nullcontext():
            everyone()
            bench.accelerator.load_state(str(plain))
            everyone()
    except VerificationFailed as error:
        # Its states cannot be read either, so one checkpoint is not all that has to go.
        fix = f"Delete the folder {folder.parent} and run the same command again: it starts anew."
        raise VerificationFailed(error.what, where=error.where, fix=fix) from None
    except FileNotFoundError as error:
        raise BadInput(
            "a file of the checkpoint is missing", where=checkpoint, fix=_without(checkpoint)
        ) from error
    except OSError as error:
        refusal = _refusal(error, "the checkpoint cannot be opened", folder)
        if refusal is None:
            raise
        raise refusal from error
    return [kind.model_validate(row) for row in stored.rows]


def listed(folder: Path) -> Listing:
    """Which checkpoint counts. Raises BadInput where the list is broken or may not be read."""
    try:
        return load(folder / LISTING, Listing)
    except BadInput as error:
        raise BadInput(error.what, where=error.where, fix=_without(folder)) from None
    except OSError as error:
        refusal = _refusal(error, "the list of checkpoints cannot be read", folder)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: BaseException, what: str, folder: Path) -> BadInput | None:
    """What is said where the disk or the rights to it are to blame; None: something else is."""
    again = "then run the same command again: it goes on from here."
    if disk_failed(error):
        room = f"Free some disk space, or mend the disk if it is broken or read-only, {again}"
        return BadInput(f"{what}: {error}", where=folder, fix=room)
    if isinstance(error, PermissionError):
        mine = f"Let the user who runs this read and write it, {again}"
        return BadInput(f"{what}: permission denied", where=error.filename or folder, fix=mine)
    return None


def _without(folder: Path) -> str:
    return f"Delete the folder {folder} and run the same command again: it goes on without it."
