"""The site of docs/: built strictly, complete, and loading nothing from elsewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT

PLACES = r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?([^"' >]+)"""


def build(config: Path, to: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(to)],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning: each stops it."""
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_it_and_can_be_searched(site: Path) -> None:
    pages = [one.relative_to(ROOT / "docs") for one in (ROOT / "docs").rglob("*.md")]
    assert [one for one in pages if not (site / one.with_suffix(".html")).is_file()] == []
    found = json.loads((site / "search" / "search_index.json").read_text("utf-8"))["docs"]
    searched = {one["location"].partition("#")[0] for one in found}
    assert {str(one.with_suffix(".html")) for one in pages} <= searched | {"index.html"}


def test_it_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = [one.read_text("utf-8") for one in site.rglob("*.html")]
    styles = [one.read_text("utf-8") for one in site.rglob("*.css")]
    loaded = [place for page in pages for place in re.findall(PLACES, page)]
    loaded += [place for style in styles for place in re.findall(r"url\(([^)]+)\)", style)]
    assert len(loaded) > len(pages)
    assert [one for one in loaded if re.match(r"[\"']?(https?:)?//", one)] == []


def test_a_page_that_is_linked_and_not_there_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](gone.md)\n")
    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    settings["nav"] = ["index.md"]
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings))
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode == 1
    assert "gone.md" in done.stderr
