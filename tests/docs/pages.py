"""README and docs as a reader meets them: links, headings, code blocks, commands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?<=\n\n)(?:(?: {4}.*)?\n)+")
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
COMMAND = re.compile(r"(?:^|[$;|&]|: |- |[A-Z_]+=\S+) *(unlearnkit [a-z-].*)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A code block: its language, empty where none is named, and its text."""

    language: str
    text: str


def named(page: Path) -> str:
    """How a page is called in a test's name."""
    return str(page.relative_to(ROOT))


def blocks(text: str) -> list[Block]:
    """The fenced blocks, and the indented ones, which name no language."""
    fenced = [Block(found[2], textwrap.dedent(found[3])) for found in FENCED.finditer(text)]
    rest = FENCED.sub("\n", text)
    indented = [Block("", textwrap.dedent(found[0])) for found in INDENTED.finditer(rest)]
    return fenced + [one for one in indented if one.text.strip()]


def prose(text: str) -> str:
    """The text without its code blocks."""
    return INDENTED.sub("\n", FENCED.sub("\n", text))


def links(text: str) -> list[str]:
    """Where the prose links to, code left out."""
    return LINK.findall(INLINE.sub("", prose(text)))


def anchors(text: str) -> set[str]:
    """What `#...` may be: the headings, as GitHub and Python-Markdown write them."""
    headings = re.findall(r"^#+ +(.+)$", FENCED.sub("\n", text), re.MULTILINE)
    return {slug(one) for one in headings}


def slug(heading: str) -> str:
    """A heading as an anchor."""
    kept = re.sub(r"[^\w\s-]", "", heading.replace("`", "").lower()).strip()
    return re.sub(r"[-\s]+", "-", kept)


def broken_links(page: Path, text: str) -> list[str]:
    """The relative links of a page that lead nowhere."""
    return [
        link
        for link in links(text)
        if not re.match(r"[a-z]+:", link) and not leads_somewhere(page, text, link)
    ]


def leads_somewhere(page: Path, text: str, link: str) -> bool:
    """Whether the file is there and, with `#`, its heading."""
    path, _, anchor = link.partition("#")
    if not path:
        return anchor in anchors(text)
    target = page.parent / path
    if not anchor:
        return target.exists()
    return target.is_file() and anchor in anchors(target.read_text("utf-8"))


def commands(text: str) -> Iterator[str]:
    """Every command line of unlearnkit in a page: in blocks, and in code within the prose."""
    for block in blocks(text):
        if block.language in ("", "sh", "console", "yaml"):
            whole = block.text.replace("\\\n", " ")
            for line in whole.splitlines():
                start = COMMAND.search(line) if "[OPTIONS]" not in line else None
                if start:
                    yield start[1]
    for code in INLINE.findall(prose(text)):
        flat = " ".join(code.split())
        if re.match(r"unlearnkit [a-z]", flat):
            yield flat
