"""Python in README and docs is Python, and what it imports from unlearnkit is there.

The examples of `import unlearnkit` run as doctests (tests/test_api.py), docs/verify.md as a whole
in tests/report/test_verify_page.py.
"""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, Block, blocks, named

FOUND = [
    pytest.param(block, id=f"{named(page)}-{at}")
    for page in PAGES
    for at, block in enumerate(blocks(page.read_text("utf-8")))
    if block.language == "python"
]


def missing(code: str) -> list[str]:
    """What the code imports from unlearnkit and is not there. Raises SyntaxError."""
    imported = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unlearnkit")
        for alias in node.names
    ]
    return [
        f"{module}.{name}"
        for module, name in imported
        if module and not hasattr(importlib.import_module(module), name)
    ]


def plain(code: str) -> str:
    """A session with `>>>` as the program that was typed."""
    if not code.lstrip().startswith(">>>"):
        return code
    typed = [line[4:] for line in code.splitlines() if line.startswith((">>>", "..."))]
    return "\n".join(typed)


@pytest.mark.parametrize("block", FOUND)
def test_it_is_python_and_imports_what_is_there(block: Block) -> None:
    assert missing(plain(block.text)) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_block_of_python_says_that_it_is(page: Path) -> None:
    unnamed = [one.text for one in blocks(page.read_text("utf-8")) if not one.language]
    assert [one for one in unnamed if re.match(r"(from \S+ )?import |>>> ", one)] == []


def test_what_is_not_there_is_seen() -> None:
    assert missing("from unlearnkit.errors import BadInput, Gone") == ["unlearnkit.errors.Gone"]
    with pytest.raises(SyntaxError):
        missing("from unlearnkit import")
    assert missing(plain(">>> from unlearnkit import audit, gone\n>>> 1 + 1\n2\n")) == [
        "unlearnkit.gone"
    ]
