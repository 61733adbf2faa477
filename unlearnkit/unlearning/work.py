"""The work folder of a run: made for its owner alone, and erased at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unlearnkit.domain import Progress
from unlearnkit.encrypted import erase, is_encrypted
from unlearnkit.errors import BadInput
from unlearnkit.unlearning.checkpoints import LISTING, listed

CALIBRATION = "calibration.json"
CHECKPOINTS = "checkpoints"


def begin(work: Path, accelerator: Any, progress: Progress) -> None:
    """Make the folder, which nobody else can look into: accelerate writes plain files first.

    What an earlier release left in it is not encrypted and cannot be gone on from: it is erased.
    Raises BadInput when that, or the folder, cannot be done.
    """
    if accelerator.is_main_process:
        if holds_plain(work):
            progress("erasing a run that an earlier release left unencrypted", 0, 1)
            remove(work, accelerator)
            progress("erasing a run that an earlier release left unencrypted", 1, 1)
        try:
            work.mkdir(parents=True, exist_ok=True)
            work.chmod(0o700)  # also where it is there already
        except OSError as error:
            raise BadInput(f"cannot make the folder: {error.strerror}", where=work) from error
    accelerator.wait_for_everyone()


def holds_plain(work: Path) -> bool:
    """Whether something is plain here that this release never leaves plain, wherever it is killed.

    It may leave a checkpoint that is not listed, an opened one, JSON (also half written, under a
    hidden name), and empty files.
    """
    top = [one for one in work.glob("*") if one.suffix != ".json" and one.name[0] != "."]
    kept = [
        one
        for listing in work.glob(f"*/{LISTING}")
        for one in (listing.parent / listed(listing.parent).folder).rglob("*")
    ]
    files = (one for one in (*top, *kept) if one.is_file())
    return any(one.stat().st_size and not is_encrypted(one) for one in files)


def remove(work: Path, accelerator: Any) -> None:
    """Erase checkpoints and hidden states. Raises BadInput when they cannot be deleted.

    First the lists of what is done: killed halfway, a run starts anew, and misses nothing.
    """
    if not accelerator.is_main_process or not work.exists():
        return
    try:
        for listing in (work / CALIBRATION, *work.glob(f"*/{LISTING}")):
            listing.unlink(missing_ok=True)
        erase(work)
    except OSError as error:
        raise BadInput(
            f"checkpoints, which may recite the forget set, cannot be deleted: {error}",
            where=work,
            fix="Delete this folder by hand.",
        ) from error
