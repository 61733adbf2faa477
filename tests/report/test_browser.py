"""The page in a real browser: it renders, prints, and reports no error."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.report.conftest import CHROMIUM, Written, needs

pytestmark = needs("chromium")


def browse(page: Path, profile: Path, *arguments: str) -> list[str]:
    """Open `page` and return what it wrote to the console."""
    done = subprocess.run(
        [*CHROMIUM, f"--user-data-dir={profile}", *arguments, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def test_a_console_error_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "broken.html"
    page.write_text("<script>throw new Error('seen')</script>")
    console = browse(page, tmp_path / "profile", f"--print-to-pdf={tmp_path / 'page.pdf'}")
    assert any("seen" in line for line in console)


def test_the_report_prints_with_its_verdict_first_and_no_error(
    written: Written, tmp_path: Path
) -> None:
    from pypdf import PdfReader

    printed = tmp_path / "page.pdf"
    console = browse(
        written.folder / "report.html", tmp_path / "profile", f"--print-to-pdf={printed}"
    )
    assert console == []
    pages = [one.extract_text() for one in PdfReader(printed).pages]
    assert "Passed" in pages[0]
    assert "All 4 deciding checks" in pages[0]
    whole = " ".join(" ".join(pages).split())
    assert "What was not tested" in whole
    assert "Quantization" in whole
    assert 3 <= len(pages) <= 18
