"""Whether report.html shows what was signed: rendered again, and its own envelope read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.errors import BadInput
from unlearnkit.report.claim import Claim
from unlearnkit.report.embedded import PAGE, contradiction, embedded_in
from unlearnkit.report.facts import Report
from unlearnkit.report.render import render_html, renderer


def page_checks(folder: Path, key: SSlibKey, signed: bytes) -> list[Claim | str]:
    """What holds of the page and what does not; as a sentence, what cannot be told of it.

    The folder's files are those that were signed. `signed` is the Statement, in canonical JSON.
    """
    page = (folder / PAGE).read_bytes()
    shown = _shown(folder, page, key.keyid)
    # Templates of one's own, and earlier versions, may have put no envelope in.
    if isinstance(shown, str) and not embedded_in(page):
        return [shown]
    return [shown, _embedded(page, key, signed)]


def _shown(folder: Path, page: bytes, keyid: str) -> Claim | str:
    what = "report.html shows report.json"
    document = (folder / "report.json").read_bytes()
    report = Report.model_validate_json(document)
    if report.renderer != renderer():
        by = f"version {report.renderer.version}" if report.renderer else "an earlier version"
        return (
            f"that report.html shows what report.json says: {by} made it, with other code or "
            "templates than are here"
        )
    digest = hashlib.sha256(document).hexdigest()
    try:
        again = render_html(report, digest, keyid, embedded=embedded_in(page))
    except BadInput as error:
        return Claim(what, False, f"report.html cannot be made of report.json: {error.what}")
    if again.encode() != page:
        return Claim(what, False, "report.html shows something else than report.json says")
    return Claim(what, True, "rendered again, the page is the same byte for byte")


def _embedded(page: bytes, key: SSlibKey, signed: bytes) -> Claim:
    found = embedded_in(page)
    wrong = contradiction(found, key, signed) if found else "there is none"
    detail = f"the envelope in report.html: {wrong}" if wrong else "an envelope by the same key"
    return Claim("report.html embeds what was signed", not wrong, detail)
