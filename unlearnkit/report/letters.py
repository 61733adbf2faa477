"""One notice per request, for the operator to complete and send; it holds no personal data."""

from __future__ import annotations

import re
from pathlib import Path

from unlearnkit.artefacts import write_atomic
from unlearnkit.errors import BadInput
from unlearnkit.report.facts import Report
from unlearnkit.report.render import render_letter
from unlearnkit.report.verifying import LETTERS


def write_letter(
    folder: Path, report: Report, request_id: str, templates_dir: Path | None = None
) -> Path:
    """Write `folder`/letters/<request id>.md and return its path.

    Letters are not signed: the operator fills in name and address before sending. One that is there
    already with other words is kept as .md.bak. Raises BadInput for a request the report is not
    about.
    """
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}", request_id):
        raise BadInput("this request id cannot name a file; a UUID is expected")
    path = folder / LETTERS / f"{request_id}.md"
    draft = render_letter(report, request_id, templates_dir).encode()
    if path.is_file() and path.read_bytes() != draft:
        path.replace(path.with_suffix(".md.bak"))
    write_atomic(path, draft)
    return path
