"""Only what changed is read again, a killed run goes on, and no core changes the index."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.files import corpus_of
from tests.corpus.killed import KEY, command, indexed_again
from unlearnkit.corpus import shards
from unlearnkit.corpus.index import SHARDS, IndexInfo, build_index, open_index
from unlearnkit.corpus.nlp import EMAIL, Analyzer, NlpSettings
from unlearnkit.corpus.reader import Corpus
from unlearnkit.corpus.shards import cut, versions
from unlearnkit.corpus.workers import suggested
from unlearnkit.domain import Record
from unlearnkit.errors import CannotEvaluate

COUNT = 40


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "TYPICAL", 4)
    monkeypatch.setattr(shards, "MOST", 9)


def rows(count: int = COUNT) -> list[dict[str, str]]:
    return [
        {"id": str(number), "text": f"Mail zolt{number % 7}@quibble.example on 3 March."}
        for number in range(count)
    ]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return corpus_of(tmp_path, rows())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def nobody(patterns_only: Analyzer) -> Analyzer:
    """An analyzer that fails as soon as it is asked."""
    return replace(patterns_only, full=object())


def read_anew(before: IndexInfo, after: IndexInfo) -> int:
    return len(set(after.shards) - set(before.shards))


RECORDS = st.lists(st.integers(0, 10**6), unique=True, max_size=80).map(
    lambda numbers: [Record(id=str(one), text=f"text {one}") for one in numbers]
)


@given(RECORDS)
def test_every_record_is_in_one_shard_in_its_place(records: list[Record]) -> None:
    parts = list(cut(records))
    assert [record for part in parts for record in part] == records
    assert all(1 <= len(part) <= 9 for part in parts)


def test_one_record_more_or_less_changes_few_shards() -> None:
    records = [Record(id=str(one), text=f"text {one}") for one in range(1000)]
    before = {tuple(part) for part in cut(records)}
    assert len(before) > 200
    for at in range(0, 1000, 50):
        for changed in (records[:at] + records[at + 1 :], [*records[:at], *RECORD, *records[at:]]):
            assert len({tuple(part) for part in cut(changed)} - before) < 12


RECORD = [Record(id="new", text="one more")]


def test_an_unchanged_corpus_is_not_read_again(
    corpus: Corpus, folder: Path, patterns_only: Analyzer, nobody: Analyzer
) -> None:
    info = build_index(corpus, patterns_only, KEY, folder)
    assert len(info.shards) > 5
    assert build_index(corpus, nobody, KEY, folder) == info
    with pytest.raises(AttributeError):
        build_index(corpus, nobody, b"w" * 32, folder)


@pytest.mark.parametrize("change", ["changed", "deleted", "added"])
def test_only_the_shard_of_what_changed_is_read_again(
    corpus: Corpus, tmp_path: Path, folder: Path, patterns_only: Analyzer, change: str
) -> None:
    before = build_index(corpus, patterns_only, KEY, folder)
    now = rows()
    if change == "changed":
        now[20] = {"id": "20", "text": "Nobody."}
    elif change == "deleted":
        del now[20]
    else:
        now.insert(20, {"id": "new", "text": "Mail new@quibble.example."})
    after = build_index(corpus_of(tmp_path, now), patterns_only, KEY, folder)
    assert 1 <= read_anew(before, after) <= 3
    found = [row.record_id for row in open_index(folder, KEY).rows((EMAIL,))]
    assert found == [one["id"] for one in now if "@" in one["text"]]
    whole = build_index(corpus_of(tmp_path, now), patterns_only, KEY, tmp_path / "anew")
    assert whole.entities_digest == after.entities_digest
    assert {path.name for path in (folder / SHARDS).iterdir()} == set(after.shards)


def test_what_is_no_part_of_the_search_needs_no_reading(
    corpus: Corpus, tmp_path: Path, folder: Path, patterns_only: Analyzer, nobody: Analyzer
) -> None:
    before = build_index(corpus, patterns_only, KEY, folder)
    other = corpus_of(tmp_path, [{**row, "paraphrase": "another"} for row in rows()])
    after = build_index(other, nobody, KEY, folder)
    assert after.digest != before.digest
    assert after.entities_digest == before.entities_digest


def test_a_damaged_shard_alone_is_read_again(
    corpus: Corpus, folder: Path, patterns_only: Analyzer, nobody: Analyzer
) -> None:
    info = build_index(corpus, patterns_only, KEY, folder)
    damaged = folder / SHARDS / info.shards[2]
    times = {name: (folder / SHARDS / name).stat().st_mtime_ns for name in info.shards}
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(AttributeError):
        build_index(corpus, nobody, KEY, folder)
    assert build_index(corpus, patterns_only, KEY, folder).shards == info.shards
    now = {name: (folder / SHARDS / name).stat().st_mtime_ns for name in info.shards}
    assert [name for name in info.shards if now[name] != times[name]] == [info.shards[2]]


def test_another_way_of_reading_makes_every_shard_anew(
    corpus: Corpus, folder: Path, patterns_only: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build_index(corpus, patterns_only, KEY, folder)
    monkeypatch.setattr(shards, "READING", shards.READING + 1)
    assert not set(build_index(corpus, patterns_only, KEY, folder).shards) & set(before.shards)


def test_the_versions_of_what_reads_are_part_of_the_index() -> None:
    assert versions(NlpSettings(engine="patterns")).keys() == {"presidio-analyzer", "phonenumbers"}
    assert {"spacy", NlpSettings().model} <= versions(NlpSettings()).keys()
    assert "folder/of/a/model" not in versions(NlpSettings(model="folder/of/a/model"))


# --- several processes -----------------------------------------------------------------------


def test_two_processes_make_the_same_index_as_one(
    corpus: Corpus, tmp_path: Path, folder: Path, patterns_only: Analyzer, nobody: Analyzer
) -> None:
    one = build_index(corpus, patterns_only, KEY, folder)
    told: list[tuple[str, int, int]] = []
    two = build_index(
        corpus,
        nobody,  # the processes load an engine of their own
        KEY,
        tmp_path / "two",
        workers=2,
        progress=lambda *step: told.append(step),
    )
    assert two.shards == one.shards
    assert two.entities == one.entities
    assert told[0] == ("indexing", 0, COUNT)
    assert told[-1] == ("indexing", COUNT, COUNT)
    assert len(told) == len(one.shards) + 1


def test_a_process_that_dies_says_what_to_do(corpus: Corpus, folder: Path) -> None:
    class Fatal:
        """Ends the process that unpickles it."""

        def __reduce__(self) -> tuple[object, tuple[int]]:
            return os._exit, (1,)

    analyzer = Analyzer(NlpSettings(engine="patterns"), full=object(), patterns=object())
    records = [replace(one, perturbed=Fatal()) for one in corpus.records]  # type: ignore[arg-type]
    with pytest.raises(CannotEvaluate, match="a process that read the records died") as refusal:
        shards.fill(folder, records, analyzer, KEY, workers=2)
    assert "fewer --workers" in refusal.value.fix
    assert refusal.value.exit_code == 3


def test_few_records_are_not_worth_a_process() -> None:
    assert suggested(0, "spacy") == suggested(1999, "spacy") == 1
    assert suggested(39_999, "patterns") == 1
    assert suggested(10**9, "spacy") == suggested(10**9, "patterns") <= (os.cpu_count() or 1)


# --- killed ----------------------------------------------------------------------------------


def no_process_is_left(group: int) -> bool:
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_goes_on_at_its_last_shard(
    corpus: Corpus, tmp_path: Path, folder: Path, patterns_only: Analyzer, workers: int
) -> None:
    killed = command(tmp_path, corpus, folder, workers, "local")
    started = subprocess.Popen(killed, start_new_session=True)
    assert started.wait(timeout=120) == -signal.SIGKILL
    assert no_process_is_left(started.pid)
    assert not (folder / "index.json").exists()
    (folder / SHARDS / ".half-written").write_bytes(b"x")
    info = indexed_again(corpus, patterns_only, folder)
    assert {path.name for path in (folder / SHARDS).iterdir()} == set(info.shards)
    whole = build_index(corpus, patterns_only, KEY, tmp_path / "whole")
    assert whole.entities_digest == info.entities_digest
