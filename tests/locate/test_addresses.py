"""An e-mail address is found however its @ is written, and glued to the text around it."""

from __future__ import annotations

import pytest
import regex  # type: ignore[import-untyped]

from tests.locate.conftest import Build
from tests.locate.test_screening import sureness
from tests.locate.world import EMAIL
from unlearnkit.corpus.normalise import REGIONS, fold
from unlearnkit.locate.addresses import addresses
from unlearnkit.locate.identifiers import how_written, patterns_for

WHOLE = [
    "write to zoltana(at)quibble.example, thanks",
    "write to zoltana [at] quibble.example",
    "?u=zoltana%40quibble.example&x=1",
    "zoltana\uff20quibble.example",
    "reach me at zoltana@quibble.example.Danke schön",
    "zoltana@quibble.example.Thanks. Bye",
    "_zoltana@quibble.example_ wrote",
    "zoltana@quibble.example_",
    "%3Czoltana@quibble.example%3E",
    "mail=3Dzoltana@quibble.example",
    "<zoltana@quibble.example>",
    "from 'zoltana@quibble.example'",
    "Ana/zoltana@quibble.example",
    "&lt;zoltana@quibble.example&gt;",
]
PERHAPS = [
    "zoltana@quibble.example.Org",
    "_zoltana@quibble.example wrote",
    "o'zoltana@quibble.example wrote",
    "m&zoltana@quibble.example wrote",
    "d\u2019zoltana@quibble.example wrote",
    "d'zoltana(at)quibble.example wrote",
]
ANOTHER = [
    "ozoltana@quibble.example",
    "o_zoltana@quibble.example",
    "zoltana@quibble.example.org",
    "zoltana@quibble.example.Danke.org",
    "zoltana@quibble.examples",
    "ozoltana(at)quibble.example",
    "zoltana at quibble.example",
]


def located(text: str) -> str:
    """How `locate` takes what it finds of the address; empty where it finds nothing."""
    patterns = (regex.compile(one, regex.IGNORECASE) for one in patterns_for(EMAIL, REGIONS))
    found = [one.span() for pattern in patterns for one in pattern.finditer(fold(text))]
    return how_written(EMAIL, text, *found[0], REGIONS) if found else ""


@pytest.mark.parametrize("text", WHOLE)
def test_the_whole_address_is_certain(world: Build, text: str) -> None:
    assert located(text) in ("exact", "normalised")
    assert sureness(world(text), EMAIL) == {"1": "certain"}


@pytest.mark.parametrize("text", PERHAPS)
def test_what_may_be_a_part_of_another_address_is_possible(world: Build, text: str) -> None:
    assert located(text) == "partial"
    assert sureness(world(text), EMAIL) == {"1": "uncertain"}


@pytest.mark.parametrize("text", ANOTHER)
def test_another_address_is_not_found(world: Build, text: str) -> None:
    assert located(text) == ""
    assert sureness(world(text), EMAIL) == {}


def test_the_mailbox_is_found_behind_another_sign(world: Build) -> None:
    assert sureness(world("zoltana+shop(at)quibble.example"), EMAIL) == {"1": "uncertain"}


@pytest.mark.parametrize("text", ["@", "a@", "@b", "(at)", "%40%40", ".@.", "a@-"])
def test_a_sign_alone_is_no_address(text: str) -> None:
    assert list(addresses(text)) == []


def test_a_span_is_where_the_address_stands() -> None:
    text = "Müller _a.b@c.example_"
    assert [text[one.start : one.end] for one in addresses(text)] == [
        "_a.b@c.example",
        "a.b@c.example",
    ]
