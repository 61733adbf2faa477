"""A gate's verdict in the forms that CI services read, each written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import ModelRole
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import check_folder
from unlearnkit.pipeline import probe_gate, screen, unmeasured
from unlearnkit.pipeline.outputs import not_own
from unlearnkit.pipeline.prove import Gated, check_policy
from unlearnkit.policy.checking import rule_lines
from unlearnkit.policy.explaining import explained
from unlearnkit.report import gate_junit, gate_sarif
from unlearnkit.report.gate_junit import junit
from unlearnkit.report.gate_sarif import PolicySource, sarif
from unlearnkit.report.render import render_gate_summary
from unlearnkit.yaml_file import read_yaml

OWN = {one.RULE: one.RULE_SAYS for one in (screen, probe_gate, unmeasured)}
"""Checks that are no rules of the policy, and what they say."""
PAGE_MARK = "<!-- unlearnkit gate -->\n"
"""The first line of a summary page, whatever the template: no reader sees it."""
BEGINNINGS = (gate_junit.BEGINNING, gate_sarif.BEGINNING, PAGE_MARK.encode())
"""What every file begins with that a gate wrote, and nothing else."""


@dataclass(frozen=True, slots=True)
class GateFiles:
    """Where to write what; None: nowhere."""

    junit: Path | None = None
    sarif: Path | None = None
    markdown: Path | None = None
    job_page: Path | None = None
    """The page of a CI job, to which a summary is added: nobody named it by an option."""

    def named(self) -> list[Path]:
        """Those that somebody asked for, each a file of its own."""
        return [one for one in (self.junit, self.sarif, self.markdown) if one is not None]


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Why files are not there that were to be."""

    named: tuple[BadInput, ...] = ()
    job_page: BadInput | None = None
    """Its own, because the verdict and its exit code stay what they are."""


def refuse_at_once(files: GateFiles, workspace: Path, model: Path, policy: str) -> None:
    """Raise BadInput for what a look can tell, before anybody waits for whoever works there too.

    Room is made first: a model that is not there must leave no green file of an earlier gate.
    """
    make_room(files, workspace, model)
    check_folder(model)
    if policy:
        check_policy(workspace, policy)


def make_room(files: GateFiles, workspace: Path, model: Path) -> None:
    """Take away what an earlier gate wrote: where this one ends early, CI must not show that.

    Before anything is taken away, raises BadInput where a place holds anything else, where it
    cannot be written, where it is part of the model, and where two forms share one.
    """
    named, judged = files.named(), Path(os.path.realpath(model))
    for path in named:
        not_own(workspace, path)
        _check_place(path)
        if Path(os.path.realpath(path)).is_relative_to(judged):
            raise _cannot_write(path, "it would change the model that is judged")
    if len(set(map(os.path.realpath, named))) < len(named):
        raise BadInput(
            "--junit, --sarif and --markdown write a file each, and two of them name the same",
            fix="Give each a file of its own.",
        )
    for path in named:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _cannot_write(path, str(error.strerror)) from None


def write(files: GateFiles, gated: Gated, templates_dir: Path) -> Unwritten:
    """Write every file that is named, and behind what stands on a CI job's page.

    It raises nothing: a verdict that took hours stands, whatever becomes of a file.
    """
    missing = _write_named(files, gated, templates_dir)
    if files.job_page is not None:
        try:
            _add_to_page(files.job_page, gated, templates_dir)
        except BadInput as error:
            return Unwritten(missing, error)
    return Unwritten(missing)


def _write_named(files: GateFiles, gated: Gated, templates_dir: Path) -> tuple[BadInput, ...]:
    """Returns why those that it could not write are not there."""
    forms: tuple[tuple[Path | None, Callable[[], bytes]], ...] = (
        (files.junit, partial(junit, gated.verdict, gated.asking, _gated(gated))),
        (files.sarif, partial(_log, gated)),
        (files.markdown, partial(_marked_page, gated, templates_dir)),
    )
    missing = []
    for path, made in forms:
        if path is not None:
            try:
                write_atomic(path, made())
            except BadInput as error:
                missing.append(error)
    return tuple(missing)


def _add_to_page(page: Path, gated: Gated, templates_dir: Path) -> None:
    summary = _page(gated, templates_dir)
    try:
        with page.open("a", encoding="utf-8") as file:
            file.write(summary + "\n")
    except OSError as error:
        raise _cannot_write(page, str(error.strerror)) from None


def _marked_page(gated: Gated, templates_dir: Path) -> bytes:
    return (PAGE_MARK + _page(gated, templates_dir)).encode()


def _page(gated: Gated, templates_dir: Path) -> str:
    return render_gate_summary(gated.verdict, templates_dir, gated.asking, gated.run_id)


def _check_place(path: Path) -> None:
    """Raise BadInput where a file would take the place of what no gate wrote, or could not be."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            raise _cannot_write(path, f"{_kind(mode)} is there, and stays")
        with path.open("rb") as file:
            begins = file.read(max(map(len, BEGINNINGS)))
    except FileNotFoundError:
        _check_folder(path)
        return
    except OSError as error:
        raise _cannot_write(path, str(error.strerror)) from None
    if begins and not begins.startswith(BEGINNINGS):
        raise _cannot_write(path, "what is there was not written by a gate, and stays")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a link" if stat.S_ISLNK(mode) else "a device, pipe or socket"


def _check_folder(path: Path) -> None:
    """Raise BadInput where no file can be made: after the measuring it would be too late."""
    folder = next(one for one in path.absolute().parents if os.path.lexists(one))
    if not folder.is_dir():
        raise _cannot_write(path, f"{folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _cannot_write(path, f"{folder} is not yours to write in")


def _cannot_write(path: Path, why: str) -> BadInput:
    return BadInput(
        f"cannot write it: {why}",
        where=path,
        fix="Choose a new file, or one that an earlier gate wrote.",
    )


def _gated(gated: Gated) -> dict[str, str]:
    """What the verdict is about: a file that is kept says it without the job's page."""
    return {
        "run": gated.run_id,
        "model": gated.audit.models[ModelRole.UNLEARNED],
        "policy": gated.verdict.policy_digest,
    }


def _log(gated: Gated) -> bytes:
    made_by = version("unlearnkit")
    return sarif(gated.verdict, _source(gated), made_by, gated.asking, gated.run_id)


def _source(gated: Gated) -> PolicySource:
    return PolicySource(
        uri=_uri(gated.policy_file),
        lines=dict.fromkeys(OWN, 1) | rule_lines(read_yaml(gated.policy_file)),
        says=OWN | {one.rule: one.says for one in explained(gated.policy)},
    )


def _uri(path: Path) -> str:
    """The policy's place below the working folder; elsewhere its name alone.

    A full path would tell the machine's folders, and with them often a user's name.
    """
    here, place = Path.cwd(), path.resolve()
    below = place.relative_to(here).as_posix() if place.is_relative_to(here) else place.name
    return quote(below)
