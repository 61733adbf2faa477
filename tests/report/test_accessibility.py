"""The page for everybody: axe-core in a real browser, and the contrast of what axe does not see.

axe-core lies where .ci/run puts it. The page allows no script, so it is tested in a copy that does,
inside a frame of the wanted width; colour scheme and print are chosen by their media queries.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.report.conftest import CHROMIUM, full_report, needs, report_with
from unlearnkit import resources
from unlearnkit.domain import Outcome
from unlearnkit.report.render import render_html

AXE = Path(__file__).parents[2] / ".tools/node_modules/axe-core/axe.min.js"
WIDTHS = {"phone": 390, "laptop": 1280, "paper": 666}
"""CSS pixels; paper is A4 within the page's margins."""
SECTIONS = (
    'id="attacks"',
    "What returns while few records are trained on",
    "ROUGE-L",
    "A text of the operator’s own",
    "mmlu_high_school_european_history_generative",
)
"""What only an audit with all of it has."""
REQUIRED = os.environ.get("UNLEARNKIT_REQUIRE_TOOLS") == "1"
RUN = """
onload = async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  parent.postMessage(JSON.stringify({
    width: innerWidth,
    beyond: document.documentElement.scrollWidth - innerWidth,
    rules: found.passes.map(one => one.id),
    violations: found.violations.map(one => ({
      id: one.id, impact: one.impact, where: one.nodes.map(node => node.target.join(" ")),
    })),
  }), "*");
};
"""
FRAME = """
<iframe src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe><pre></pre>
<script>onmessage = event => document.querySelector("pre").textContent = event.data</script>
"""
needs_axe = pytest.mark.skipif(
    not AXE.is_file() and not REQUIRED, reason="axe-core is not installed: see .ci/run"
)


def looked_at(source: str, folder: Path, medium: str, scheme: str = "light") -> dict[str, Any]:
    """What axe says of a page that is as wide as the medium, and how far it sticks out."""
    source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    if scheme == "dark":
        source = source.replace("@media (prefers-color-scheme: dark)", "@media all")
    if medium == "paper":
        source = source.replace("@media print", "@media all")
    script = f"<script>{AXE.read_text(encoding='utf-8')}</script><script>{RUN}</script></body>"
    (folder / "page.html").write_text(source.replace("</body>", script), encoding="utf-8")
    outer = folder / "frame.html"
    outer.write_text(FRAME.format(width=WIDTHS[medium]), encoding="utf-8")
    profile, wait = f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000"
    done = subprocess.run(
        [*CHROMIUM, profile, "--window-size=1400,1000", wait, "--dump-dom", outer.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answer = re.search(r"<pre>(.+)</pre>", done.stdout)
    assert answer, done.stdout
    found: dict[str, Any] = json.loads(html.unescape(answer[1]))
    assert found["width"] == WIDTHS[medium]
    return found


@needs("chromium")
@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("medium", WIDTHS)
def test_axe_finds_nothing_and_nothing_sticks_out(medium: str, scheme: str, tmp_path: Path) -> None:
    source = render_html(report_with(Outcome.PASS), "d" * 64, "8f" * 32)
    found = looked_at(source, tmp_path, medium, scheme)
    assert found["violations"] == []
    assert found["beyond"] <= 0
    assert {"color-contrast", "heading-order", "svg-img-alt"} <= set(found["rules"])


@needs("chromium")
@needs_axe
@pytest.mark.parametrize(
    ("medium", "scheme"), [("phone", "light"), ("laptop", "dark"), ("paper", "light")]
)
def test_axe_finds_nothing_in_a_report_with_every_section(
    medium: str, scheme: str, tmp_path: Path
) -> None:
    source = render_html(full_report(), "d" * 64, "8f" * 32)
    for section in SECTIONS:
        assert section in source
    found = looked_at(source, tmp_path, medium, scheme)
    assert found["violations"] == []
    assert found["beyond"] <= 0


@needs("chromium")
@needs_axe
@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.CANNOT_TELL])
def test_axe_finds_nothing_whatever_the_verdict(outcome: Outcome, tmp_path: Path) -> None:
    report = report_with(outcome, reference=False, forgot=outcome is not Outcome.FAIL)
    found = looked_at(render_html(report, "d" * 64, "8f" * 32), tmp_path, "phone")
    assert found["violations"] == []
    assert found["beyond"] <= 0


@needs("chromium")
@needs_axe
def test_axe_would_be_heard(tmp_path: Path) -> None:
    """A page with grey words on grey, in dark only, wider than its frame."""
    style = "p { width: 500px } @media (prefers-color-scheme: dark) { p { color: #bbb } }"
    source = (
        f'<!DOCTYPE html><html lang="en"><title>t</title><style>{style}</style>'
        "<body><main><h1>h</h1><p>words</p></main></body></html>"
    )
    dark = looked_at(source, tmp_path, "phone", "dark")
    assert [one["id"] for one in dark["violations"]] == ["color-contrast"]
    assert dark["beyond"] > 0
    assert looked_at(source, tmp_path, "laptop")["violations"] == []


# --- colours: axe sees none in a drawing ------------------------------------------------------

WORDS = ("ink", "soft", "accent", "good", "reference")
"""Colours of words in drawings."""
MARKS = ("before", "accent", "reference", "good")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def palettes() -> list[dict[str, str]]:
    """The page's colours: light, dark, print."""
    css = resources.find("templates", "report.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", root)) for root in roots]


def test_contrast_is_wcags() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark", "print"])
def test_a_drawings_words_and_marks_stand_out(palette: dict[str, str]) -> None:
    """WCAG 2.2: 4.5 to 1 for words (1.4.3), 3 to 1 for what one has to see (1.4.11)."""
    for name in WORDS:
        assert contrast(palette[name], palette["page"]) >= 4.5, name
    for name in MARKS:
        for ground in ("page", "band"):
            assert contrast(palette[name], palette[ground]) >= 3, (name, ground)
