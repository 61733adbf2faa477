"""Which retained records training draws on: a plain draw, or partly the likest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.domain import Record
from unlearnkit.unlearning.retained import draw
from unlearnkit.unlearning.steps import shuffled

FORGET = [Record(id="f", text="Zoltana bought a kettle in Oslo")]
ALIKE = [Record(id=f"near-{at}", text=f"Ama bought a kettle in Oslo, {at}") for at in range(4)]
OTHERS = [Record(id=f"far-{at}", text=f"unrelated words {at}") for at in range(40)]
RETAIN = [*OTHERS[:20], *ALIKE, *OTHERS[20:]]


def test_a_share_of_the_draw_is_the_likest() -> None:
    drawn = draw(FORGET, RETAIN, 8, 0.5, seed=1)
    assert drawn.matched == 4
    assert {one.id for one in ALIKE} < {one.id for one in drawn.records}
    assert len(drawn.records) == 8


def test_fewer_neighbours_than_the_share_has_room_for_are_made_up_by_others() -> None:
    drawn = draw(FORGET, RETAIN, 20, 1.0, seed=1)
    assert (drawn.matched, len(drawn.records)) == (4, 20)


def test_without_a_share_it_is_the_draw_it_always_was() -> None:
    assert list(draw(FORGET, RETAIN, 8, 0.0, seed=1).records) == shuffled(RETAIN, 1, 0)[:8]


def test_where_all_are_needed_nothing_is_chosen() -> None:
    drawn = draw(FORGET, RETAIN, len(RETAIN), 0.5, seed=1)
    assert (list(drawn.records), drawn.matched) == (shuffled(RETAIN, 1, 0), 0)


@given(st.integers(0, 50), st.floats(0, 1), st.integers(0, 3))
def test_every_draw_is_of_its_size_once_each_and_repeats(
    size: int, matched: float, seed: int
) -> None:
    drawn = draw(FORGET, RETAIN, size, matched, seed)
    ids = [one.id for one in drawn.records]
    assert len(ids) == len(set(ids)) == min(size, len(RETAIN))
    assert draw(FORGET, RETAIN, size, matched, seed) == drawn
