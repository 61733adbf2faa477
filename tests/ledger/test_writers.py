"""Several processes write one ledger: one chain, nothing lost, nothing twice."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from tests.ledger.samples import entry
from unlearnkit.ledger.store import Ledger

REQUESTS = 1000
WRITERS = 4
SHARE = REQUESTS // WRITERS
BATCH = 25


def append_some(ledger_url: str) -> None:
    with Ledger.open(ledger_url) as ledger:
        for number in range(10):
            ledger.append("tick", "process", {"n": number})


def test_two_processes_write_one_chain(where: str) -> None:
    # Neither has made the tables: that too has to go well.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(append_some, [where] * 2))
    with Ledger.open(where) as ledger:
        assert ledger.verify() == 20


def import_some(ledger_url: str, writer: int) -> int:
    """A writer's own share, and fifty that the next writer imports too; how many were new."""
    added = 0
    with Ledger.open(ledger_url) as ledger:
        first = writer * SHARE
        numbers = [number % REQUESTS for number in range(first, first + SHARE + 2 * BATCH)]
        for at in range(0, len(numbers), BATCH):
            batch = [entry(number) for number in numbers[at : at + BATCH]]
            added += sum(ledger.add_requests(batch, actor=f"writer {writer}"))
    return added


def test_a_thousand_requests_by_four_writers_none_lost_none_doubled(where: str) -> None:
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        added = list(pool.map(partial(import_some, where), range(WRITERS)))
    assert sum(added) == REQUESTS
    with Ledger.open(where) as ledger:
        assert [one.id for one in ledger.requests()] == [entry(n)[0].id for n in range(REQUESTS)]
        assert ledger.verify() == REQUESTS
