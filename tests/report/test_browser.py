"""The page in a real browser: it renders, prints, and reports no error."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.report.conftest import CHROMIUM, Written, full_report, needs
from unlearnkit.report.render import render_html

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


def assert_a4(printed: Path) -> None:
    """Every page upright, in points of 1/72 inch, up to the rounding of a pixel."""
    from pypdf import PdfReader

    for one in PdfReader(printed).pages:
        size = float(one.mediabox.width), float(one.mediabox.height)
        assert size == pytest.approx((210 / 25.4 * 72, 297 / 25.4 * 72), abs=1)
        assert one.rotation == 0


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
    assert_a4(printed)
    pages = [one.extract_text() for one in PdfReader(printed).pages]
    assert "Passed" in pages[0]
    assert "All 4 deciding checks" in pages[0]
    whole = " ".join(" ".join(pages).split())
    assert "What was not tested" in whole
    assert "Quantization" in whole
    assert 3 <= len(pages) <= 18


def test_a_report_with_every_section_prints_them_all_on_a4(tmp_path: Path) -> None:
    from pypdf import PdfReader

    page, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(render_html(full_report(), "d" * 64, "8f" * 32), encoding="utf-8")
    assert browse(page, tmp_path / "profile", f"--print-to-pdf={printed}") == []
    assert_a4(printed)
    pages = [" ".join(one.extract_text().split()) for one in PdfReader(printed).pages]
    assert "Passed" in pages[0]
    whole = " ".join(pages)
    for words in ("4-bit weights", "A text of the operator’s own", "Tasks of the", "ROUGE-L"):
        assert words in whole
    assert 3 <= len(pages) <= 24
