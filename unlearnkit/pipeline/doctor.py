"""Does everything work here, and what personal data is still held? Nothing is changed."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from unlearnkit.config import FILE_NAME
from unlearnkit.corpus.nlp import NlpSettings
from unlearnkit.domain import Checkup, Examined, Health
from unlearnkit.errors import UnlearnkitError
from unlearnkit.pipeline.holdings import holdings
from unlearnkit.pipeline.installation import examine_installation, examine_workspace
from unlearnkit.workspace import Workspace

VERSION = version("unlearnkit")


def check_up(folder: Path, at: datetime) -> Checkup:
    """The installation; where the folder is a workspace, also its keys, ledger and what it holds.

    Raises nothing that concerns the workspace: what cannot be read is part of the answer.
    """
    folder = folder.resolve()
    place = next(one for one in (folder, *folder.parents) if one.is_dir())
    if not (folder / FILE_NAME).is_file():
        return Checkup(
            version=VERSION,
            created=at,
            workspace=None,
            examined=tuple(examine_installation(place, NlpSettings())),
        )
    try:
        workspace = Workspace.open(folder)
    except UnlearnkitError as error:
        told = Examined(part="workspace", health=Health.PROBLEM, found=str(error), fix=error.fix)
        return Checkup(
            version=VERSION,
            created=at,
            workspace=str(folder),
            examined=(told, *examine_installation(place, NlpSettings())),
            incomplete=error.what,
        )
    examined = (
        *examine_workspace(workspace),
        *examine_installation(place, workspace.config.nlp),
    )
    found = Checkup(version=VERSION, created=at, workspace=str(folder), examined=examined)
    try:
        if not workspace.ledger_is_up_to_date():
            return found.model_copy(update={"incomplete": "the ledger is of an earlier release"})
        with workspace.open_ledger() as ledger:
            return found.model_copy(update={"held": tuple(holdings(workspace, ledger))})
    except UnlearnkitError as error:
        return found.model_copy(update={"incomplete": error.what})
