"""A local Ray of two workers makes the same index, and says what went wrong without the data."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.company import unlearnkit
from tests.corpus.files import corpus_of, lines, write
from tests.corpus.killed import KEY, command, indexed_again
from unlearnkit.corpus import ray_cluster, shards
from unlearnkit.corpus.index import INDEX_FILE, SHARDS, build_index
from unlearnkit.corpus.nlp import Analyzer, NlpSettings
from unlearnkit.corpus.ray_cluster import read_on_ray
from unlearnkit.corpus.reader import Corpus, read_corpus
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.workspace import Workspace

REQUIRED = os.environ.get("UNLEARNKIT_REQUIRE_TOOLS") == "1"
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None and not REQUIRED, reason="the extra ray is not installed"
)
PATTERNS = NlpSettings(engine="patterns")
ROWS: list[object] = [
    {"id": str(number), "text": f"Mail zolt{number % 7}@quibble.example.", "prompt": "Who?"}
    for number in range(30)
]


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Path]:
    """Ray on this machine; its folder of sessions."""
    with tempfile.TemporaryDirectory(prefix="r-", dir="/tmp") as folder:
        tempfile.tempdir = folder
        with ray_cluster._cluster(ray_cluster._ray(), 2):
            tempfile.tempdir = None
            yield Path(folder)
        assert list(Path(folder).iterdir()) == []


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "TYPICAL", 4)
    monkeypatch.setattr(shards, "MOST", 9)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Thirty records, and one that cannot be used."""
    rows = [*ROWS[:20], {"id": "bad", "text": 1}, *ROWS[20:]]
    return read_corpus([write(tmp_path / "records.jsonl", lines(*rows))])


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != INDEX_FILE)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@needs_ray
def test_the_index_is_the_same_byte_for_byte(
    two_workers: Path, corpus: Corpus, tmp_path: Path, patterns_only: Analyzer
) -> None:
    local = build_index(corpus, patterns_only, KEY, tmp_path / "local")
    told: list[tuple[str, int, int]] = []
    on_ray = build_index(
        corpus,
        patterns_only,
        KEY,
        tmp_path / "ray",
        workers=2,
        read=read_on_ray,
        progress=lambda *step: told.append(step),
    )
    assert on_ray.model_copy(update={"created": local.created}) == local
    assert content(tmp_path / "ray") == content(tmp_path / "local")
    assert on_ray.quarantined == {"the text is not a string": 1}
    assert len(told) == len(local.shards) + 1 > 5
    assert told[-1] == ("indexing", 30, 30)


@needs_ray
def test_only_what_changed_is_read_again(
    two_workers: Path, tmp_path: Path, patterns_only: Analyzer
) -> None:
    corpus = corpus_of(tmp_path, [{"id": str(one), "text": f"text {one}"} for one in range(40)])
    info = build_index(corpus, patterns_only, KEY, tmp_path / "index", read=read_on_ray)
    (tmp_path / "index" / SHARDS / info.shards[1]).unlink()
    times = {name: (tmp_path / "index" / SHARDS / name) for name in info.shards}
    before = {name: path.stat().st_mtime_ns for name, path in times.items() if path.is_file()}
    again = build_index(corpus, patterns_only, KEY, tmp_path / "index", read=read_on_ray)
    assert again.shards == info.shards
    assert before == {name: times[name].stat().st_mtime_ns for name in before}


@needs_ray
def test_the_command_takes_the_engine(two_workers: Path, corpus: Corpus, tmp_path: Path) -> None:
    root = Workspace.create(tmp_path / "work").root
    (source,) = corpus.files
    options = ("--patterns-only", "--json", "--workspace", root)
    on_ray = unlearnkit("index", source, "--engine", "ray", "--workers", "2", *options)
    assert on_ray.exit_code == 0, on_ray.stderr
    assert unlearnkit("index", source, *options).json == on_ray.json


# --- what goes wrong -------------------------------------------------------------------------

PARTS = [[Record(id=str(at), text="Mail zolt@quibble.example")] for at in range(3)]


ROW: dict[str, Any] = {"part": 0, "ids": ["1"], "texts": ["Mail zolt1@quibble.example."]}
"""A shard as a worker gets it."""


def shared_key() -> Any:
    return ray_cluster._ray().put(KEY)


def refused(settings: NlpSettings = PATTERNS, key: Any = KEY) -> CannotEvaluate:
    analyzer = Analyzer(settings, full=object(), patterns=object())
    with pytest.raises(CannotEvaluate) as refusal:
        list(read_on_ray(PARTS, analyzer, key, 2))
    assert refusal.value.exit_code == 3
    assert "what was read is kept" in refusal.value.fix
    return refusal.value


@needs_ray
def test_a_worker_without_the_model_says_so(two_workers: Path) -> None:
    error = refused(NlpSettings(model="no_such_model"))
    assert "a Ray worker could not read a shard" in error.what
    assert "the spaCy model 'no_such_model' is not installed" in error.what


@needs_ray
def test_a_worker_with_another_version_is_not_believed(two_workers: Path) -> None:
    """It is asked here as Ray asks it, by a machine that has another one."""
    own = ray_cluster._made_with(PATTERNS)
    found = ray_cluster._read(ROW, PATTERNS.model_dump_json(), "unlearnkit 0.0.1", shared_key())
    assert found["failed"] == f"it has {own}, and this machine unlearnkit 0.0.1"
    assert found["entities"] == b""


@needs_ray
def test_an_error_nobody_thought_of_is_named_without_its_words(two_workers: Path) -> None:
    assert refused(key="no bytes").what.endswith("could not read a shard: TypeError")


class Failing:
    """Texts that fail the first so many times they are read, as C code does that says not how."""

    def __init__(self, texts: list[str], times: int) -> None:
        self.texts, self.times = texts, times

    def __iter__(self) -> Iterator[str]:
        self.times -= 1
        if self.times >= 0:
            raise SystemError
        return iter(self.texts)


class Fatal:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (1,)


@needs_ray
def test_a_worker_that_dies_again_and_again_ends_the_run(
    two_workers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_cluster, "_RETRIES", 1)
    assert "Ray could not read the records" in refused(key=Fatal()).what


@needs_ray
def test_nobody_else_gets_to_the_session_folder(two_workers: Path) -> None:
    """Ray opens its own to everybody."""
    [folder] = two_workers.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@needs_ray
def test_who_brings_no_token_is_not_let_in(two_workers: Path, tmp_path: Path) -> None:
    """Older Rays pass every other test here, and let in everybody."""
    there = ray_cluster._ray().get_runtime_context().gcs_address
    stranger = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}

    def knocks(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        join = [sys.executable, "-c", f"import ray; ray.init(address={there!r})"]
        return subprocess.run(join, env=environment, capture_output=True, text=True, check=False)

    # Ray reads a token in the user's home, too.
    refused = knocks(stranger | {"HOME": str(tmp_path)})
    assert refused.returncode != 0
    assert "token" in refused.stderr
    ours = knocks(dict(os.environ))
    assert ours.returncode == 0, ours.stderr


@needs_ray
def test_a_ray_that_lets_in_whoever_calls_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of-another-cluster")
    with pytest.raises(BadInput, match="whoever calls"), ray_cluster._own_token():
        pass
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    with ray_cluster._own_token():
        assert len(os.environ["RAY_AUTH_TOKEN"]) == 64
    assert os.environ["RAY_AUTH_TOKEN"] == "of-another-cluster"


@needs_ray
@pytest.mark.parametrize(("times", "failed"), [(1, ""), (2, "SystemError")])
def test_a_shard_at_which_somebody_s_c_code_failed_is_read_again(
    two_workers: Path, times: int, failed: str
) -> None:
    row = ROW | {"texts": Failing(ROW["texts"], times)}
    made_with = ray_cluster._made_with(PATTERNS)
    found = ray_cluster._read(row, PATTERNS.model_dump_json(), made_with, shared_key())
    assert found["failed"] == failed
    assert bool(found["entities"]) is not bool(failed)


@needs_ray
def test_neither_key_nor_text_is_in_rays_logs(two_workers: Path, patterns_only: Analyzer) -> None:
    assert len(list(read_on_ray(PARTS, patterns_only, KEY, 2))) == len(PARTS)
    logs = [path for path in two_workers.rglob("*") if path.is_file() and "logs" in path.parts]
    assert logs
    for path in logs:
        written = path.read_bytes()
        for secret in (KEY, KEY.hex().encode(), b"107, 107, 107", b"quibble", b"no bytes"):
            assert secret not in written, path.name


def test_without_the_extra_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, patterns_only: Analyzer
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match="Ray is not installed") as refusal:
        list(read_on_ray(PARTS, patterns_only, KEY, 2))
    assert refusal.value.fix == "pip install 'unlearnkit[ray]'"


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:10001", "6379"])
def test_no_cluster_at_the_address(
    address: str, monkeypatch: pytest.MonkeyPatch, patterns_only: Analyzer
) -> None:
    # The other tests' Ray may run still.
    monkeypatch.setattr(ray_cluster._ray(), "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(BadInput, match="no cluster answers") as refusal:
        list(read_on_ray(PARTS, patterns_only, KEY, 2))
    assert refusal.value.where == address
    assert "RAY_ADDRESS" in refusal.value.fix


@needs_ray
def test_ray_that_does_not_start_in_its_time(
    monkeypatch: pytest.MonkeyPatch, patterns_only: Analyzer
) -> None:
    def times_out(**_: object) -> None:
        raise Exception("The current node timed out during startup.")  # as Ray says it

    ray = ray_cluster._ray()
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", times_out)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    with pytest.raises(CannotEvaluate, match="Ray did not start on this machine") as refusal:
        list(read_on_ray(PARTS, patterns_only, KEY, 2))
    assert "very busy" in refusal.value.fix


# --- Ray that the command starts itself, killed ------------------------------------------------


def nobody_works_on(session: int) -> bool:
    """No process is left that holds texts or key; Ray's agents hold neither."""
    for _ in range(600):
        command = ["ps", "-s", str(session), "-o", "args="]
        left = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        if all("Agent" in one or "<defunct>" in one for one in left.splitlines()):
            return True
        time.sleep(0.1)
    return False


@needs_ray
def test_a_killed_run_goes_on_at_its_last_shard_and_nobody_works_on(
    corpus: Corpus, tmp_path: Path, patterns_only: Analyzer
) -> None:
    folder = tmp_path / "index"
    killed = command(tmp_path, corpus, folder, 2, "ray")
    with tempfile.TemporaryDirectory(prefix="r-", dir="/tmp", ignore_cleanup_errors=True) as short:
        started = subprocess.Popen(
            killed, start_new_session=True, env=os.environ | {"TMPDIR": short}
        )
        assert started.wait(timeout=300) == -signal.SIGKILL
        assert nobody_works_on(started.pid)
        os.killpg(started.pid, signal.SIGKILL)  # Ray's agents would go in a minute or two
    indexed_again(corpus, patterns_only, folder)
