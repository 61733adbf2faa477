"""Records on disk: what comes back is what was given, in its order, whatever stands in it."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.disk import no_file_larger_than
from unlearnkit.corpus.digests import digest_records
from unlearnkit.corpus.stored import Records, joined, room, spill_folder, stored
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput

STRETCH = ((0, 2), (3, 4))
FULL = Record(
    "7",
    "Hi\n\x1e\nYes \x00 ok",
    "",
    "t",
    "a.jsonl",
    3,
    "Well\n\x1e\nYes",
    ("No", ""),
    ("user", "assistant"),
    every_turn=True,
    loss_on=STRETCH,
    perturbed_loss_on=(STRETCH, ()),
)
RECORDS = st.builds(
    Record,
    id=st.text(max_size=4),
    text=st.text(max_size=8),
    prompt=st.text(max_size=4),
    group=st.sampled_from(["", "t", "u\x00"]),
    source=st.sampled_from(["a", "b\udce4"]),
    line=st.integers(0, 9),
    paraphrase=st.text(max_size=4),
    perturbed=st.lists(st.text(max_size=3), max_size=2).map(tuple),
)
SEVERAL = st.lists(RECORDS, max_size=6, unique_by=lambda one: one.id)


@given(SEVERAL)
@example([FULL, replace(FULL, id="8", every_turn=False, perturbed=())])
@example([Record("a\x01", "x"), Record("a", "y"), Record("a\x00", "z")])
def test_records_come_back_as_they_were_given(records: list[Record]) -> None:
    records = [one for one in records if one.id]
    kept = stored(records)
    assert len(kept) == len(records)
    assert kept == records == list(kept)
    assert [kept[at] for at in range(-len(records), len(records))] == records * 2
    assert kept[1:3] == tuple(records[1:3])
    assert kept[::-1] == tuple(reversed(records))
    assert kept.of({one.id for one in records[1:]} | {"of nobody"}) == {
        one.id: one for one in records[1:]
    }
    assert kept.digest() == digest_records(records)
    assert kept.digests() == {
        source: digest_records([one for one in records if one.source == source])
        for source in dict.fromkeys(one.source for one in records)
    }
    backwards = range(len(records) - 1, -1, -1)
    assert list(kept.at(backwards)) == records[::-1]
    assert list(kept.contents_at(backwards)) == [one.content for one in records[::-1]]
    assert "".join(kept.contents()) == joined(one.content for one in records)
    for one in records:
        assert kept.thread_of(one.id) == one.group
        assert kept.members(one.group) == tuple(
            other.id for other in records if one.group and other.group == one.group
        )


def test_a_place_that_is_not_there_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        stored([FULL])[1]


def test_many_places_are_asked_for_in_turn() -> None:
    kept = stored(Record(str(at), "x") for at in range(1300))
    assert [int(one.id) for one in kept.at([1299, 0, 7] * 400)] == [1299, 0, 7] * 400


def test_nobody_is_of_no_thread() -> None:
    kept = stored([FULL])
    assert kept.thread_of("of nobody") == ""
    assert kept.members("") == kept.members("of nobody") == ()


def test_records_without_ids_are_named_by_their_content_and_numbered() -> None:
    one, other = Record("", "one"), Record("", "other")
    ids = [record.id for record in stored([one, other, one, Record("own", "one"), one])]
    assert ids[2:] == [f"{ids[0]}-2", "own", f"{ids[0]}-3"]
    assert len({*ids}) == 5


def test_of_two_with_one_id_the_later_is_named_with_the_earlier() -> None:
    records = [Record(one, "x", source="a", line=at) for at, one in enumerate("abcbca", 1)]
    with pytest.raises(BadInput, match="same id as a, line 2") as raised:
        stored(records)
    assert (raised.value.where, raised.value.line) == ("a", 4)


def test_many_letters_are_joined_to_several_parts() -> None:
    parts = list(stored(Record(str(at), "x" * 400_000) for at in range(7)).contents())
    assert [part.count("\x00") for part in parts] == [2, 2, 0]


def test_prompts_and_paraphrases_are_letters_too() -> None:
    long = "x" * 600_000
    records = [
        Record("1", "ok", prompt=long),
        Record("2", "ok", paraphrase=long),
        Record("3", "ok"),
    ]
    assert [one.count("\x00") for one in stored(records).contents()] == [1, 0]


@pytest.mark.parametrize("name", ["TMPDIR", "SQLITE_TMPDIR"])
def test_a_folder_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """SQLite would write the texts elsewhere, without a word."""
    monkeypatch.setenv(name, str(tmp_path / "not there"))
    with pytest.raises(BadInput, match=f"{name} names no folder"):
        stored([FULL])


def test_what_the_reader_raises_is_passed_on() -> None:
    def broken() -> object:
        yield FULL
        raise BadInput("broken", where="here")

    with pytest.raises(BadInput, match="broken"):
        stored(broken())  # type: ignore[arg-type]


def test_records_equal_any_sequence_of_the_same() -> None:
    assert stored([]) == []
    assert stored([FULL]) != "7"
    assert stored([FULL]) != [replace(FULL, line=4)]
    with pytest.raises(TypeError, match="unhashable"):
        hash(stored([FULL]))


MANY = """
import sys
from unlearnkit.corpus.stored import stored
from unlearnkit.domain import Record
kept = stored(Record(str(at), "x" * 1000) for at in range(int(sys.argv[1])))
high = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(high[0].split()[1], len(kept))
"""


def peak(count: int, tmp: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MANY, str(count)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp)},
    )
    return int(done.stdout.split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak there")
def test_memory_does_not_grow_with_the_records(tmp_path: Path) -> None:
    few, many = peak(20_000, tmp_path), peak(100_000, tmp_path)
    assert many - few < 20_000, "KiB; the texts alone have 80,000 more"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_more_is_named() -> None:
    many = (Record(str(at), "x" * 1000) for at in range(60_000))
    where = re.escape(f"{spill_folder()}: the records cannot be kept on disk")
    with no_file_larger_than(1_000_000), pytest.raises(BadInput, match=where):
        stored(many)


def test_a_full_disk_is_told_and_another_error_of_the_system_is_not_taken_for_one() -> None:
    with pytest.raises(BadInput, match="No space left"), room():
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(FileNotFoundError), room():
        raise FileNotFoundError(errno.ENOENT, "gone")


def test_another_error_of_the_database_is_no_matter_of_the_disk() -> None:
    with pytest.raises(sqlite3.OperationalError):
        Records(sqlite3.connect(""))
