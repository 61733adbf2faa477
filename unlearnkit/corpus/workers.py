"""Presidio in several processes, each with an engine of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from unlearnkit.corpus.entities import as_parquet, entity_rows
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer
from unlearnkit.domain import Record
from unlearnkit.errors import CannotEvaluate

WORTH_A_PROCESS, WITHOUT_NER = 1000, 20_000
"""Records with NER and without; loading the engine takes about as long as reading so many."""


def suggested(records: int, engine: str) -> int:
    """How many processes so many records are worth: one a core that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)  # Linux
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    worth = WITHOUT_NER if engine == "patterns" else WORTH_A_PROCESS
    return max(1, min(cores, records // worth))


_WAITING = 4
"""Parts a process that are given to it before they are read: with all of them memory would fill."""

ReadParts = Callable[
    [Sequence[Sequence[Record]], Analyzer, bytes, int | None], Iterator[tuple[int, bytes]]
]
"""What reads parts of the records: `read_parts`, or `ray_cluster.read_on_ray`."""


def read_parts(
    parts: Sequence[Sequence[Record]], analyzer: Analyzer, key: bytes, workers: int | None
) -> Iterator[tuple[int, bytes]]:
    """(number of the part, its entity rows as Parquet), each as soon as it is done.

    The same for any number of workers (None: as many as the records are worth), but for the order.
    Raises CannotEvaluate when a process dies, as it does when memory runs out.
    """
    workers = workers or suggested(sum(map(len, parts)), analyzer.settings.engine)
    if workers < 2 or len(parts) < 2:
        for at, records in enumerate(parts):
            yield at, as_parquet(entity_rows(records, analyzer, key))
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # Forking after torch or DuckDB have started threads may hang.
    pool = ProcessPoolExecutor(
        min(workers, len(parts)), get_context("spawn"), _start, (analyzer.settings, key)
    )
    try:
        numbers = dict[Future[bytes], int]()
        for at, records in enumerate(parts):
            numbers[pool.submit(_read, tuple(records))] = at
            if len(numbers) >= _WAITING * workers:
                yield from _done(numbers)
        while numbers:
            yield from _done(numbers)
    except BrokenProcessPool:
        raise CannotEvaluate(
            "a process that read the records died, perhaps for want of memory",
            fix="Run the same command again with fewer --workers; what was read is kept.",
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _done(numbers: dict[Future[bytes], int]) -> Iterator[tuple[int, bytes]]:
    """Wait for one at least, and take out all that are done."""
    for one in wait(numbers, return_when=FIRST_COMPLETED).done:
        yield numbers.pop(one), one.result()


_worker: tuple[Analyzer, bytes]
"""In a worker process: its engine, and the workspace's key."""


def _start(settings: NlpSettings, key: bytes) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for what a worker keeps
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent answers it
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    _worker = (load_analyzer(settings), key)


def _read(records: Sequence[Record]) -> bytes:
    return as_parquet(entity_rows(records, *_worker))


def _end_with_the_parent() -> None:
    """A parent that is killed tells its workers nothing."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
