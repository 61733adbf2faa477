"""One of a thing is not spoken of as several, wherever a count is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import unlearnkit
from unlearnkit.counted import counted, noun
from unlearnkit.resources import environment, shipped

COUNTED = (
    "records|requests|people|matches|events|probes|files|weights|tokens|passes|steps|epochs|claims"
    "|figures|rules|checks|cells|columns|windows|teachers"
)
UNSAID = re.compile(
    rf"\{{[^{{}}A-Z]*\}}+ (?:(?:open|completed|closed|uncertain|different|kept) )?(?:{COUNTED})\b"
)
"""A number that is put before a plural, in an f-string or a template."""
NO_COUNT = {"{_listed(splits)} records", "{measured} records", "{encoding.max_length} tokens"}
"""Names of sets before the word, and what is never 1."""


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1000, "1000 records")]
)
def test_a_number_takes_its_noun(count: int, said: str) -> None:
    assert counted(count, "record") == said


def test_a_plural_that_is_more_than_an_s_is_given() -> None:
    assert counted(1, "person", "people") == "1 person"
    assert counted(3, "person", "people") == "3 people"
    assert noun(1, "waits", "wait") == "waits"
    assert noun(0, "waits", "wait") == "wait"


def test_templates_say_it_in_the_same_way() -> None:
    template = environment().from_string('{{ 1 | counted("record") }} {{ 1 | noun("is", "are") }}')
    assert template.render() == "1 record is"


def test_no_message_puts_a_plural_behind_a_bare_number() -> None:
    package = Path(unlearnkit.__file__).parent
    sources = [*package.rglob("*.py"), *shipped("templates").rglob("*.j2")]
    found = {
        f"{path.name}: {one[0]}"
        for path in sources
        if "demo" not in path.parts
        for line in path.read_text(encoding="utf-8").splitlines()
        if "== 1" not in line  # it says itself what is said of one
        for one in UNSAID.finditer(line)
        if one[0] not in NO_COUNT
    }
    assert found == set()
