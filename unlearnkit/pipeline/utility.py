"""The operator's own text that a run's audits measure perplexity on.

Once given it stays part of the run, as a reference does: the gate measures every model on the text
that the audit was measured on, and CI need not be told which.
"""

from __future__ import annotations

from pathlib import Path

from unlearnkit.artefacts import load, save, sha256_file
from unlearnkit.corpus.plain_text import PlainText, read_plain_text
from unlearnkit.corpus.reader import Fields
from unlearnkit.domain import Artefact
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.context import is_main_process
from unlearnkit.pipeline.runs import Run


class UtilityFile(Artefact):
    """Where the text lies, and what it was when it was given."""

    path: str
    digest: str


def utility_text(run: Run, given: Path | None, fields: Fields) -> PlainText | None:
    """The text given now, else the run's; None without either.

    Raises BadInput for an unusable file, and where the run's is gone or was changed.
    """
    if given is not None:
        return read_plain_text(given, fields)
    if not run.utility_file.is_file():
        return None
    known = load(run.utility_file, UtilityFile)
    path = Path(known.path)
    if not path.is_file() or sha256_file(path) != known.digest:
        raise BadInput(
            f"the text that {run.id} was audited on is gone or was changed",
            where=path,
            fix="Put it back, or audit anew on another: --utility-corpus FILE.",
        )
    return read_plain_text(path, fields)


def keep_utility_text(run: Run, text: PlainText | None) -> None:
    """Make the text part of the run."""
    if text is not None and is_main_process():
        save(run.utility_file, UtilityFile(path=str(text.path.resolve()), digest=text.digest))
