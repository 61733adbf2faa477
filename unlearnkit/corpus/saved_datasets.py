"""What lies beside the records of a dataset written by Hugging Face's `save_to_disk`.

Of each split state.json, which makes a folder of Arrow files a dataset, and dataset_info.json;
above several splits dataset_dict.json. Written anew for the copy: by its fingerprint `datasets`
finds what it made of these records before, which in the copy it must not, and the sizes hold no
more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import sha256_file, write_atomic
from unlearnkit.corpus.sources import Source, data_files
from unlearnkit.errors import BadInput

STATE, INFO, SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"
_SIZES = frozenset(
    (
        "dataset_size",
        "download_checksums",
        "download_size",
        "post_processing_size",
        "size_in_bytes",
        "splits",
    )
)
Description = tuple[str, Path]
"""A file about records, and where the one about the copy is written."""


def descriptions(copied: Mapping[str, Path]) -> list[Description]:
    """Those of every saved dataset of which all files are `copied`; name of a file -> its copy.

    A dataset's state comes last of what is about it.
    """
    folders = {_beside(name, ""): copy.parent for name, copy in copied.items()}
    whole = {
        folder: target
        for folder, target in folders.items()
        if (parts := data_files(folder + STATE))
        and all(copied.get(folder + part) == target / part for part in parts)
    }
    about = [
        (folder + name, target / name)
        for folder, target in whole.items()
        for name in (INFO, STATE)
        if _exists(folder + name)
    ]
    above = {_beside(folder[:-1], ""): target.parent for folder, target in whole.items() if folder}
    return [*(one for one in _splits(above, whole)), *about]


def _splits(above: Mapping[str, Path], whole: Mapping[str, Path]) -> Iterator[Description]:
    """One of several splits is a dataset, and not a part of one."""
    for folder, target in above.items():
        if not _exists(folder + SPLITS):
            continue
        names = [str(one) for one in _read(folder + SPLITS).get("splits", ())]
        if len(names) > 1 and all(whole.get(f"{folder}{one}/") == target / one for one in names):
            yield folder + SPLITS, target / SPLITS


def describe(one: Description) -> None:
    """Write it, when the copies are there. Raises BadInput."""
    name, target = one
    found = _read(name)
    if target.name == STATE:
        parts = [sha256_file(target.parent / one) for one in data_files(name) or ()]
        found["_fingerprint"] = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    elif target.name == INFO:
        found = {key: value for key, value in found.items() if key not in _SIZES}
    write_atomic(target, json.dumps(found, indent=2, ensure_ascii=False).encode())


def _beside(name: str, other: str) -> str:
    folder, slash, _ = name.rpartition("/")
    return folder + slash + other


def _exists(name: str) -> bool:
    try:
        with Source(name, ".json").open():
            return True
    except OSError:
        return False


def _read(name: str) -> dict[str, Any]:
    try:
        with Source(name, ".json").open() as file:
            found = json.loads(file.read())
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read: {type(error).__name__}", where=name) from None
    if not isinstance(found, dict):
        raise BadInput("not a description of a saved dataset", where=name)
    return found
