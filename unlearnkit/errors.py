"""One exception hierarchy; each class carries the exit code the terminal answers with.

Exit codes: 0 pass, 1 gate failed (of `request due`: something is due; of `doctor`: a problem),
2 usage or bad input (of `request import`: one may be closed already, the others were taken in),
3 could not evaluate, 4 verification failed.

Messages are for the person at the terminal: what was wrong, where (file and line), what to do.
They never hold an identifier of a data subject.
"""

from __future__ import annotations

from pathlib import Path


def place_of(error: BaseException) -> str:
    """File and line where an error was raised: no words of it, which may hold personal data."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown"


class UnlearnkitError(Exception):
    """Base of all that unlearnkit raises on purpose; exit code 2 unless a subclass says so."""

    exit_code = 2

    def __init__(
        self, what: str, *, where: Path | str | None = None, line: int | None = None, fix: str = ""
    ) -> None:
        self.what = what
        self.where = str(where) if where is not None else None
        self.line = line
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        place = ""
        if self.where is not None:
            place = self.where + (f", line {self.line}" if self.line is not None else "") + ": "
        return place + self.what


class BadInput(UnlearnkitError):
    """A file or value the user gave cannot be used; nothing was changed."""


class Busy(UnlearnkitError):
    """Another unlearnkit process holds the workspace."""


class CannotEvaluate(UnlearnkitError):
    """Evidence is missing, or a person has to decide first: neither pass nor fail."""

    exit_code = 3


class TeacherNotReady(CannotEvaluate):
    """Calibration found no teacher at the holdout's level, so distillation was refused."""


class TrainingFailed(CannotEvaluate):
    """The loss became NaN or infinite; the last good checkpoint is kept."""


class VerificationFailed(UnlearnkitError):
    """A signature, digest or ledger entry does not hold."""

    exit_code = 4
