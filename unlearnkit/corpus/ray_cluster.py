"""The shards read on a Ray cluster, by Ray Data; the extra `unlearnkit[ray]`.

A row of the Ray dataset is a shard, and one task reads it with the same functions as a process of
`workers.py`. What is found comes back and is written here: the cluster needs no shared folder. What
travels to it are the records' ids, what is searched of them, and the workspace's key. Who may see
that, and TLS: docs/ray.md.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from unlearnkit.corpus.entities import as_parquet, entity_rows
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer
from unlearnkit.corpus.shards import versions
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput, CannotEvaluate, UnlearnkitError

ADDRESS = "RAY_ADDRESS"
"""Ray's own variable: the cluster to join. Without it Ray is started on this machine."""
_RETRIES = 2
"""Of a shard whose worker died; Ray Data would try for ever."""
_PATIENCE = 10.0
"""Seconds that a cluster may take to answer."""
_AGAIN = "Run the same command again; what was read is kept."


def read_on_ray(
    parts: Sequence[Sequence[Record]], analyzer: Analyzer, key: bytes, workers: int | None
) -> Iterator[tuple[int, bytes]]:
    """As `workers.read_parts`, on Ray: at most `workers` at once, None as many as it has cores.

    Raises BadInput without the extra and where no cluster answers, CannotEvaluate where Ray does
    not start, and where a worker dies again and again or cannot read what it is given.
    """
    ray = _ray()
    if not parts:
        return
    rows = [
        {
            "part": at,
            "ids": [record.id for record in records],
            "texts": [record.content for record in records],
        }
        for at, records in enumerate(parts)
    ]
    with _cluster(ray, workers):
        given = {
            "settings": analyzer.settings.model_dump_json(),
            "made_with": _made_with(analyzer.settings),
            # Ray may show a task's arguments; of an object in its store it shows the name.
            "key": ray.put(key),
        }
        items = ray.data.from_items(rows, override_num_blocks=len(rows))
        at_once = ray.data.TaskPoolStrategy(size=workers)
        with warnings.catch_warnings():
            # Ray 2.64 is to take `max_retries` by another way; pyproject.toml stops before it.
            warnings.simplefilter("ignore", DeprecationWarning)
            found = items.map(_read, fn_kwargs=given, compute=at_once, max_retries=_RETRIES)
        try:
            for row in found.iter_rows():
                if row["failed"]:
                    raise CannotEvaluate(
                        f"a Ray worker could not read a shard: {row['failed']}", fix=_AGAIN
                    )
                yield row["part"], row["entities"]
        except ray.exceptions.RayError as error:
            raise CannotEvaluate(
                f"Ray could not read the records ({type(error).__name__})", fix=_AGAIN
            ) from None


def _read(row: dict[str, Any], settings: str, made_with: str, key: Any) -> dict[str, Any]:
    """One shard's entity rows, in a worker; or why not, as words, for Ray logs what is raised.

    A SystemError is Python's word for C code, none of ours, that failed and did not say how. It was
    seen in a worker once, and not again for the same shard: so the shard is read a second time.
    """
    found = _read_once(row, settings, made_with, key)
    if found["failed"] == SystemError.__name__:
        found = _read_once(row, settings, made_with, key)
    return found


def _read_once(row: dict[str, Any], settings: str, made_with: str, key: Any) -> dict[str, Any]:
    import ray

    failed, entities = "", b""
    try:
        chosen = NlpSettings.model_validate_json(settings)
        if (own := _made_with(chosen)) != made_with:
            failed = f"it has {own}, and this machine {made_with}"
        else:
            records = [
                Record(id=one, text=text)
                for one, text in zip(row["ids"], row["texts"], strict=True)
            ]
            entities = as_parquet(entity_rows(records, _analyzer(settings), ray.get(key)))
    except UnlearnkitError as error:
        failed = str(error)
    except Exception as error:  # noqa: BLE001 - its words may hold a person's text
        failed = type(error).__name__
    return {"part": row["part"], "entities": entities, "failed": failed}


@lru_cache(maxsize=1)
def _analyzer(settings: str) -> Analyzer:
    """Ray uses a worker's process for many tasks."""
    return load_analyzer(NlpSettings.model_validate_json(settings))


def _made_with(settings: NlpSettings) -> str:
    """What finds the same in the same text."""
    packages = {"unlearnkit": version("unlearnkit"), **versions(settings)}
    return ", ".join(f"{name} {number}" for name, number in packages.items())


def _ray() -> Any:
    # Before the import, which reads them: nothing is ever told to Ray's makers.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_DATA_USAGE_DISABLED"] = "1"
    try:
        import ray
        import ray.data
    except ImportError:
        raise BadInput("Ray is not installed", fix="pip install 'unlearnkit[ray]'") from None
    return ray


@contextmanager
def _cluster(ray: Any, workers: int | None) -> Iterator[None]:
    """Ray as this process has it already, else the cluster of RAY_ADDRESS, else one of its own."""
    chosen = ray.data.DataContext.get_current()
    chosen.enable_progress_bars = chosen.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    if os.environ.get(ADDRESS):
        _join(ray, os.environ[ADDRESS])
        with _shut_down(ray):
            yield
        return
    # Logs, and what does not fit into memory; a short path, for there are sockets in it. Ray opens
    # the folder it is given to everybody: who gets there is decided one above.
    with (
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
        _own_token(),
    ):
        _start(ray, workers, f"{folder}/r")
        with _shut_down(ray):
            yield


@contextmanager
def _shut_down(ray: Any) -> Iterator[None]:
    try:
        yield
    finally:
        ray.shutdown()


_QUIET = {"logging_level": logging.ERROR, "log_to_driver": False}


def _join(ray: Any, address: str) -> None:
    try:
        _knock(address)
        ray.init(address=address, **_QUIET)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise BadInput(
            f"no cluster answers ({type(error).__name__})",
            where=address,
            fix=f"Is {ADDRESS} right, and does `ray status` answer there?",
        ) from None


def _start(ray: Any, workers: int | None, folder: str) -> None:
    try:
        ray.init(
            address="local", num_cpus=workers, include_dashboard=False, _temp_dir=folder, **_QUIET
        )
    except Exception as error:  # Ray raises no other where its processes take over 30 seconds
        ray.shutdown()
        raise CannotEvaluate(
            f"Ray did not start on this machine ({type(error).__name__})",
            fix=f"Is the machine very busy, or /dev/shm full? {_AGAIN}",
        ) from error


@contextmanager
def _own_token() -> Iterator[None]:
    """Ray listens on the machine's own address: who calls has to bring a token made for this run.

    Ray would keep one of its own making in the user's home. One for other clusters is put back
    afterwards. Raises BadInput where RAY_AUTH_MODE, which Ray has read by now, says that none is
    asked for.
    """
    if os.environ.get("RAY_AUTH_MODE", "token") != "token":
        raise BadInput(
            "RAY_AUTH_MODE says that this Ray is to let in whoever calls",
            fix="Unset RAY_AUTH_MODE: a Ray that unlearnkit starts asks for a token of its own.",
        )
    before = os.environ.get("RAY_AUTH_TOKEN")
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        yield
    finally:
        del os.environ["RAY_AUTH_TOKEN"]
        if before is not None:
            os.environ["RAY_AUTH_TOKEN"] = before


def _knock(address: str) -> None:
    """Raises OSError or ValueError where nobody answers: Ray itself would try for ten minutes."""
    if "://" in address:
        raise ValueError("Ray Client, or no address")
    if address not in ("auto", "local"):
        host, _, port = address.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
