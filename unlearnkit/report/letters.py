"""Drafts for the operator to complete and send: each person's notice, the record of processing.

They hold no personal data and are not signed, so that they can be edited.
"""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.errors import BadInput
from unlearnkit.report.facts import Completed, Report
from unlearnkit.report.render import render_letter, render_processing_record
from unlearnkit.report.verifying import LETTERS
from unlearnkit.resources import ENGLISH

PROCESSING_RECORD = "processing-record.md"


def write_letter(
    folder: Path,
    report: Report,
    request_id: str,
    templates_dir: Path | None = None,
    language: str = ENGLISH,
    *,
    completed: Completed | None = None,
) -> Path:
    """Write `folder`/letters/<request id>.md, or .de.md in German, and return its path.

    One that is there already with other words is kept: see `kept_drafts`. Raises BadInput for
    a request the report is not about, and for a language that has no template.
    """
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}", request_id):
        raise BadInput("this request id cannot name a file; a UUID is expected")
    ending = ".md" if language == ENGLISH else f".{language}.md"
    draft = render_letter(report, request_id, templates_dir, language, completed=completed)
    return _write(folder / LETTERS / f"{request_id}{ending}", draft)


def write_processing_record(
    folder: Path, report: Report, templates_dir: Path | None = None
) -> Path:
    """Write `folder`/letters/processing-record.md: a draft for the records of GDPR Art. 30."""
    draft = render_processing_record(report, templates_dir)
    return _write(folder / LETTERS / PROCESSING_RECORD, draft)


def withdraw_letters(folder: Path, request_id: str) -> None:
    """Put the request's letters aside, in every language, as drafts that say something else are."""
    own = re.compile(rf"{re.escape(request_id)}(\.[A-Za-z_-]+)?\.md")
    for path in sorted((folder / LETTERS).glob("*.md")):
        if own.fullmatch(path.name):
            _put_aside(path)


def kept_drafts(folder: Path) -> set[Path]:
    """What was kept of earlier drafts: letters/NAME.before-1.md, NAME.before-2.md and so on.

    `verify` takes them for letters. None is ever written over: somebody may have worked on it.
    """
    return set((folder / LETTERS).glob("*.before-*.md"))


def _write(path: Path, text: str) -> Path:
    draft = text.encode()
    if path.is_file() and path.read_bytes() != draft:
        _put_aside(path)
    write_atomic(path, draft)
    return path


def _put_aside(path: Path) -> None:
    names = (path.with_suffix(f".before-{number}.md") for number in count(1))
    path.replace(next(one for one in names if not one.exists()))
