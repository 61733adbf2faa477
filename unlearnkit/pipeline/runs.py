"""The folder of one unlearning run, and finding the run that a model came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.artefacts import load
from unlearnkit.domain import Artefact, RunManifest
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import check_folder, model_digest
from unlearnkit.workspace import Workspace


class Claim(Artefact):
    """What is said of a run before it begins."""

    out: str
    """The model folder it may write to."""
    requests: tuple[str, ...] = ()
    """Whose records it forgets; none in runs by versions that did not say."""
    from_older: bool = False
    """Whether it was told to begin at a model though there is a newer one."""


@dataclass(frozen=True, slots=True)
class Run:
    """Where the artefacts of a run lie; nothing is read before it is asked for."""

    folder: Path

    @property
    def id(self) -> str:
        """`run-` and 12 hex digits over everything the run was made from."""
        return self.folder.name

    @property
    def claim_file(self) -> Path:
        """From before anything else is written."""
        return self.folder / "output.json"

    @property
    def claim(self) -> Claim | None:
        """What was said of it; None before."""
        return load(self.claim_file, Claim) if self.claim_file.is_file() else None

    @property
    def work(self) -> Path:
        """Checkpoints and hidden states of an unfinished run, encrypted with its key."""
        return self.folder / "work"

    @property
    def manifest_file(self) -> Path:
        """Written when the model is there: a run without it is unfinished."""
        return self.folder / "manifest.json"

    @property
    def scores(self) -> Path:
        """The audit's figures of each model, record by record."""
        return self.folder / "scores"

    @property
    def audit_file(self) -> Path:
        """The audit of the unlearned model."""
        return self.folder / "audit.json"

    @property
    def probes_file(self) -> Path:
        """How a later model can be asked for what the run forgot; no value is in it."""
        return self.folder / "probes.json"

    @property
    def answers(self) -> Path:
        """What later models made of the probes, a file each, so that a gate goes on."""
        return self.folder / "answers"

    @property
    def utility_file(self) -> Path:
        """Names the text that perplexity is measured on, where one was given."""
        return self.folder / "utility.json"

    @property
    def report(self) -> Path:
        """Where the signed report goes unless told otherwise."""
        return self.folder / "report"

    @property
    def manifest(self) -> RunManifest:
        """What the run did. Raises BadInput when it is unfinished."""
        return load(self.manifest_file, RunManifest)


def run_of(workspace: Workspace, made_from: bytes) -> Run:
    """The run made from these things; the same things give the same run."""
    return Run(workspace.runs_dir / f"run-{hashlib.sha256(made_from).hexdigest()[:12]}")


def all_runs(workspace: Workspace) -> list[Run]:
    """Every folder of a run, finished or not, readable or not."""
    return [Run(path) for path in sorted(workspace.runs_dir.glob("run-*")) if path.is_dir()]


def unreadable(run: Run) -> str:
    """Why a run's manifest, or an unfinished one's claim, cannot be read; empty where it can."""
    try:
        _ = run.manifest if run.manifest_file.is_file() else run.claim
    except BadInput as error:
        return error.what
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def unfinished_runs(workspace: Workspace) -> list[Run]:
    """Every folder of a run that has not come to its end."""
    return [one for one in all_runs(workspace) if not one.manifest_file.is_file()]


def unfinished_for(workspace: Workspace, out: Path) -> list[Run]:
    """Those of them that say they write to this folder; one that cannot be read says nothing."""
    runs = (one for one in unfinished_runs(workspace) if not unreadable(one))
    return [one for one in runs if one.claim is not None and one.claim.out == str(out)]


def claimed(workspace: Workspace) -> set[str]:
    """The folders of the models that runs, finished or not, say are theirs."""
    runs = [one for one in all_runs(workspace) if not unreadable(one)]
    made = {one.manifest.model_path for one in runs if one.manifest_file.is_file()}
    return made | {claim.out for one in runs if (claim := one.claim) is not None}


def finished_runs(workspace: Workspace) -> list[Run]:
    """Every finished run, the newest last."""
    found = [Run(path.parent) for path in workspace.runs_dir.glob("run-*/manifest.json")]
    return sorted(found, key=lambda run: (run.manifest.created, run.id))


def find_run(workspace: Workspace, wanted: str) -> Run:
    """The finished run whose id, or folder, is given; a beginning of the id is enough.

    Raises BadInput when there is none, or several.
    """
    runs, wanted = finished_runs(workspace), Path(wanted).name
    found = [run for run in runs if wanted and run.id.startswith(wanted)]
    if len(found) != 1:
        raise BadInput(
            f"{len(found) or 'no'} finished {'runs begin' if found else 'run begins'} with this id",
            where=workspace.runs_dir,
            fix="Runs: " + (", ".join(run.id for run in runs) or "none yet; unlearnkit unlearn"),
        )
    return found[0]


def run_for_model(workspace: Workspace, digest: str) -> Run:
    """The newest run that made this model, else the newest of all: any model can be measured.

    Raises BadInput when there is no run yet.
    """
    runs = finished_runs(workspace)
    if not runs:
        raise BadInput(
            "no model was unlearned in this workspace yet, so there is nothing to measure against",
            where=workspace.root,
            fix="Run: unlearnkit unlearn MODEL --out DIR",
        )
    made = [run for run in runs if run.manifest.unlearned_digest == digest]
    return (made or runs)[-1]


def run_named(workspace: Workspace, wanted: str, model: Path) -> Run:
    """The run that is named, else the one that made the model, else the newest.

    Raises what `find_run` and `run_for_model` raise, and BadInput where there is no model.
    """
    check_folder(model)
    return find_run(workspace, wanted) if wanted else run_for_model(workspace, model_digest(model))


def refuse_file(folder: Path) -> None:
    """Raise BadInput where a file stands in the place of a folder to write, or above it."""
    for path in (folder, *folder.parents):
        if path.is_file():
            raise BadInput("this is a file; a folder is needed", where=path)
