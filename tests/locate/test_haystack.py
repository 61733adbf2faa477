"""What is made once for many requests, and that a request leaves the process as it found it."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.locate.conftest import Build
from tests.locate.world import EMAIL, KEY, NAME
from unlearnkit.domain import Subject
from unlearnkit.errors import BadInput
from unlearnkit.locate.engine import locate_all
from unlearnkit.locate.haystack import Haystack, set_aside
from unlearnkit.locate.name_search import words_of
from unlearnkit.locate.names import parse_name
from unlearnkit.locate.slips import misspelt

STARTED = """
import gc
from unlearnkit.locate.haystack import set_aside
with set_aside():
    print(gc.get_freeze_count())
"""


class Cycle:
    """Only the collector finds that nobody needs it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def nothing_stays_frozen() -> Iterator[None]:
    gc.unfreeze()  # what Python 3.12 froze as it started
    yield
    gc.unfreeze()


def test_what_lives_already_is_searched_for_cycles_afterwards_again() -> None:
    before = Cycle()
    gone = weakref.ref(before)
    with set_aside():
        del before
        gc.collect()
        assert gone() is not None
    gc.collect()
    assert gone() is None


def test_what_is_made_meanwhile_is_searched_at_once() -> None:
    with set_aside():
        gone = weakref.ref(Cycle())
        gc.collect()
        assert gone() is None


def test_of_two_at_once_neither_leaves_anything_aside() -> None:
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(set_aside())
        second.enter_context(set_aside())
        first.close()
        second.close()
        assert gc.get_freeze_count() == 0


def test_what_python_froze_as_it_started_is_no_hindrance() -> None:
    """As 3.12 does it."""
    started = subprocess.run(
        [sys.executable, "-c", STARTED], capture_output=True, text=True, check=True
    )
    assert int(started.stdout) > 1000


def test_what_the_process_froze_before_stays_frozen() -> None:
    gc.freeze()
    with set_aside():
        pass
    assert gc.get_freeze_count() > 0


def test_nothing_is_set_aside_while_the_caller_has_what_was_found(world: Build) -> None:
    made = world("Write to zoltana@quibble.example", "Zoltana Quibbleworth")
    during: list[int] = []
    found = locate_all(
        [Subject("one", (NAME,)), Subject("other", (EMAIL,)), Subject("nobody", ())],
        made.corpus,
        made.index,
        made.analyzer,
        KEY,
        progress=lambda *_: during.append(gc.get_freeze_count()),
    )
    for _ in range(2):
        next(found)
        assert gc.get_freeze_count() == 0
    assert during
    assert all(during)
    with pytest.raises(BadInput):
        next(found)
    assert gc.get_freeze_count() == 0


def test_traces_are_found_wherever_one_of_their_patterns_stands(world: Build) -> None:
    made = world(
        "Zoltena Quibbleworth",
        "nobody",
        "ZOLTANA Qibblewort, again Zoltana",
        "Zoltána\u00a0Quíbelworth",
        "Zoltana Quibbleworth",
        "zoltana",
        "Zoltan Quibbleworth",
        "a quibbleworth of Zoltana",
    )
    name = parse_name(NAME.value)
    assert name is not None
    traces = misspelt(words_of(name))
    assert any(one.word for one in traces)
    assert not all(one.word for one in traces)
    haystack = Haystack(made.corpus, made.index, 3)
    patterns = [one for trace in traces for one in trace.patterns]
    found = [one.id for one in haystack.with_traces(traces)]
    assert found == [one.id for one in haystack.holding(patterns)] == ["1", "3", "4", "5", "7"]
