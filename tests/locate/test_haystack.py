"""What is made once for many requests."""

from __future__ import annotations

from tests.locate.conftest import Build
from tests.locate.world import NAME
from unlearnkit.locate.haystack import Haystack
from unlearnkit.locate.name_search import words_of
from unlearnkit.locate.names import parse_name
from unlearnkit.locate.slips import misspelt


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


def test_the_texts_room_on_disk_is_given_back_at_once(world: Build) -> None:
    made = world("Zoltana Quibbleworth")
    haystack = Haystack(made.corpus, made.index, 3)
    haystack.close()  # nothing was written yet
    assert list(haystack.holding(["zoltana"]))
    haystack.close()
    assert haystack.blocks.file.closed
