"""Every relative link in README and docs leads somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, blocks, broken_links, links, named


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_its_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=named)
def test_a_page_of_the_site_links_to_nothing_outside_of_it(page: Path) -> None:
    """The site is docs/ alone: what lies beside it is named, not linked."""
    inside = [one for one in links(page.read_text("utf-8")) if "://" not in one]
    targets = [(page.parent / one.partition("#")[0]).resolve() for one in inside]
    assert [one for one in targets if not one.is_relative_to(ROOT / "docs")] == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("# A b\n\n[there](#a-b)\n", []),
        ("# A b\n\n[gone](#a-c)\n", ["#a-c"]),
        ("[gone](nowhere.md)\n", ["nowhere.md"]),
        ("[page](method.md#calibration) [gone](method.md#no)\n", ["method.md#no"]),
        ("[out](https://example.org/x) `[no](link)`\n", []),
        ("```sh\n[no](link)\n```\n\n    [no](link)\n", []),
    ],
)
def test_a_broken_link_is_seen(text: str, broken: list[str]) -> None:
    assert broken_links(ROOT / "docs" / "page.md", text) == broken


def test_headings_and_blocks_are_read_as_a_reader_sees_them() -> None:
    text = "# One, `two`: three\n\n```sh\n# no heading\nls\n```\n\nsays\n\n    cd x\n\n    cd y\n"
    assert anchors(text) == {"one-two-three"}
    assert [(one.language, one.text.split()) for one in blocks(text)] == [
        ("sh", ["#", "no", "heading", "ls"]),
        ("", ["cd", "x", "cd", "y"]),
    ]
