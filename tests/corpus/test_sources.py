"""Files found wherever they lie, each once; packed ones within limits; URLs like folders."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from tests.corpus.files import lines, write
from unlearnkit.corpus import sources
from unlearnkit.corpus.reader import read_corpus
from unlearnkit.corpus.sources import Place, absolute, find_sources, source_of
from unlearnkit.errors import BadInput

SAVED = Path(__file__).parent / "saved"
"""Written by `datasets` 5.2: DatasetDict.save_to_disk, train in two files, test in one."""


def found(*places: Place) -> list[str]:
    return [one.name for one in find_sources(places).sources]


def passed_over(*places: Place) -> set[str]:
    return {Path(one).name for one in find_sources(places).passed_over}


def record(name: str) -> str:
    return lines({"id": name, "text": name})


def refused(*places: Place) -> BadInput:
    with pytest.raises(BadInput) as refusal:
        found(*places)
    assert refusal.value.exit_code == 2
    return refusal.value


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    names = ("a.jsonl", "b.csv.gz", "deep/c.parquet.zst", "deep/d.arrow", "deep/e.json")
    for other in ("README.md", "deep/f.txt.gz", "g.gz", ".hidden/h.jsonl", "deep/.i.jsonl"):
        write(tmp_path / other, "")
    return [write(tmp_path / name, "") for name in names]


@pytest.fixture
def memory() -> Iterator[str]:
    """A place in fsspec's file system in memory."""
    files = fsspec.filesystem("memory")
    files.rm("/", recursive=True) if files.ls("/") else None
    yield "memory://corpus"
    files.rm("/corpus", recursive=True)


def put(memory: str, name: str, content: bytes) -> str:
    with fsspec.open(f"{memory}/{name}", "wb") as file:
        file.write(content)
    return f"{memory}/{name}"


def test_suffixes_say_what_a_file_is() -> None:
    assert source_of("x/a.b.jsonl.gz") == sources.Source("x/a.b.jsonl.gz", ".jsonl", "gzip")
    assert source_of("s3://b/a.parquet") == sources.Source("s3://b/a.parquet", ".parquet")
    assert [source_of(one) for one in ("a.gz", "a.txt", "a.gz.jsonl.xz", ".jsonl", "")] == [
        None
    ] * 5


@pytest.mark.parametrize(
    ("name", "form", "packing"),
    [
        ("Part-2.JSONL", ".jsonl", ""),
        ("a.jsonl.GZ", ".jsonl", "gzip"),
        ("a.ndjson", ".jsonl", ""),
        ("a.tsv", ".csv", ""),
        ("a.parq", ".parquet", ""),
        ("a.pq.zst", ".parquet", "zstd"),
    ],
)
def test_capitals_and_other_endings_of_a_format_count(name: str, form: str, packing: str) -> None:
    assert source_of(name) == sources.Source(name, form, packing)


def test_what_a_folder_or_glob_holds_beside_records_is_named(
    tmp_path: Path, files: list[Path]
) -> None:
    assert passed_over(tmp_path) == {"README.md", "f.txt.gz", "g.gz"}
    assert passed_over(str(tmp_path / "*")) == {"README.md", "f.txt.gz", "g.gz"}
    assert not passed_over(files[0])
    assert not passed_over(SAVED)


def test_a_folder_s_files_are_found_sorted_packed_or_not(tmp_path: Path, files: list[Path]) -> None:
    assert found(tmp_path) == [str(one) for one in files]


def test_globs_find_files_folders_and_only_what_can_be_read(
    tmp_path: Path, files: list[Path]
) -> None:
    assert found(f"{tmp_path}/*") == [str(one) for one in files]
    assert found(f"{tmp_path}/*.csv*") == [str(files[1])]
    assert found(f"{tmp_path}/**/*.arrow") == [str(files[3])]
    assert found(tmp_path / "*.js?nl", f"{tmp_path}/[a]*") == [str(files[0])]
    assert refused(f"{tmp_path}/*.md").what.startswith("no file that it names is a .jsonl")
    assert refused(f"{tmp_path}/none*").what == "there is no such file or folder"
    assert refused(f"{tmp_path}/none*").where == f"{tmp_path}/none*"


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "[ab].jsonl", "")
    write(tmp_path / "a.jsonl", "")
    assert found(path) == [str(path)]


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    write(tmp_path / "there" / "a.jsonl", record("a"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.jsonl").symlink_to(tmp_path / "there" / "a.jsonl")
    assert found(tmp_path / "in") == [str(tmp_path / "in" / "b.jsonl")]


def test_a_linked_folder_is_refused_in_a_folder_and_followed_by_a_glob(tmp_path: Path) -> None:
    """Its records would vanish from the corpus, and nobody would be told."""
    write(tmp_path / "there" / "a.jsonl", record("a"))
    write(tmp_path / "in" / "b.jsonl", record("b"))
    link = tmp_path / "in" / "more"
    link.symlink_to(tmp_path / "there")
    refusal = refused(tmp_path / "in")
    assert (refusal.what, refusal.where) == ("a link to a folder, which is not followed", str(link))
    assert "'CORPUS/**/*.jsonl'" in refusal.fix
    for glob in ("*", "**/*.jsonl"):
        assert found(f"{tmp_path}/in/{glob}") == [
            str(tmp_path / "in/b.jsonl"),
            str(link / "a.jsonl"),
        ]
    assert found(link) == [str(link / "a.jsonl")]


@pytest.mark.parametrize("place", ["in", "in/*", "in/b.jsonl"])
def test_a_link_that_leads_nowhere_and_a_pipe_are_refused(tmp_path: Path, place: str) -> None:
    write(tmp_path / "in" / "a.jsonl", record("a"))
    path = tmp_path / "in" / "b.jsonl"
    path.symlink_to(tmp_path / "gone.jsonl")
    refusal = refused(str(tmp_path / place))
    assert (refusal.what, refusal.where) == ("a link that leads nowhere", str(path))
    path.unlink()
    os.mkfifo(path)
    refusal = refused(str(tmp_path / place))
    assert (refusal.what, refusal.where) == ("neither a file nor a folder", str(path))


def test_a_hidden_link_is_left_out_like_a_hidden_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", record("a"))
    (tmp_path / ".#a.jsonl").symlink_to("somebody@host.1234")
    (tmp_path / ".all").symlink_to(tmp_path)
    assert found(tmp_path) == [str(path)]


def test_a_dataset_that_was_saved_is_read_without_what_lies_beside_it(tmp_path: Path) -> None:
    shutil.copytree(SAVED, tmp_path / "saved")
    shutil.copy(
        tmp_path / "saved/train/data-00000-of-00002.arrow", tmp_path / "saved/train/cache.arrow"
    )
    corpus = read_corpus([tmp_path])
    assert [one.id for one in corpus.records] == ["3", "4", "0", "2"]
    assert corpus.records[1].roles == ("user", "assistant")
    assert corpus.quarantined == ()
    assert [one.id for one in read_corpus([tmp_path / "saved" / "train"]).records] == ["0", "2"]
    (tmp_path / "saved/train/data-00001-of-00002.arrow").unlink()
    assert "lacks its file data-00001-of-00002.arrow" in refused(tmp_path).what


def test_a_state_json_of_the_user_s_own_is_a_file_of_records(tmp_path: Path) -> None:
    path = write(tmp_path / "state.json", json.dumps([{"text": "a"}]))
    assert found(tmp_path) == [str(path)]


# --- URLs ------------------------------------------------------------------------------------


def test_a_url_is_read_like_a_local_place(memory: str) -> None:
    put(memory, "a.jsonl", record("a").encode())
    put(memory, "deep/b.jsonl.gz", gzip.compress(record("b").encode()))
    put(memory, "README.md", b"")
    put(memory, ".hidden/c.jsonl", record("c").encode())
    for places, expected in (
        ([memory], ["a", "b"]),
        ([f"{memory}/"], ["a", "b"]),
        ([f"{memory}/a.jsonl"], ["a"]),
        ([f"{memory}/**/*.gz", memory], ["b", "a"]),
    ):
        corpus = read_corpus(places)
        assert [one.id for one in corpus.records] == expected, places
        assert all(source_of(one.source) and "://" in one.source for one in corpus.records)


def test_a_saved_dataset_is_read_from_a_url(memory: str) -> None:
    fsspec.filesystem("memory").put(str(SAVED), "/corpus/saved", recursive=True)
    assert len(read_corpus([memory]).records) == 4


def test_a_local_url_is_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", record("a"))
    assert found(f"file://{path}", path, tmp_path.as_uri()) == [str(path)]


def test_a_server_that_is_not_there_is_bad_input() -> None:
    """This file system calls it before it is asked for anything. Nobody listens at port 1."""
    with pytest.raises(BadInput, match="cannot read: ConnectionRefusedError"):
        next(find_sources(["ftp://127.0.0.1:1/records/"]))


def test_what_no_url_leads_to_is_refused_before_anything_is_read(memory: str) -> None:
    assert refused("nothing://there/a.jsonl").what.startswith("not a URL that can be read")
    assert "password" in refused("ftp://me:secret@host/a.jsonl").what
    assert "secret" not in str(refused("ftp://me:secret@host/a.jsonl"))
    assert refused(f"{memory}/*.jsonl").what == "there is no such file or folder"
    put(memory, "a.txt", b"")
    assert refused(f"{memory}/a.txt").what == "not a corpus format"
    with pytest.raises(BadInput, match="cannot read") as refusal:
        read_corpus([f"{memory}/none.jsonl"])
    assert refusal.value.where == f"{memory}/none.jsonl"


def test_a_place_stays_the_same_in_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("a/*.jsonl") == str(tmp_path / "a/*.jsonl")
    assert absolute(Path("a")) == str(tmp_path / "a")
    assert absolute("s3://bucket/a") == "s3://bucket/a"


# --- limits ----------------------------------------------------------------------------------


def test_a_file_that_grows_beyond_measure_is_refused_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FREE_BYTES", 10_000)
    bomb = gzip.compress(b"text" + b"\n" * 10_000_000)
    for name in ("a.jsonl.gz", "a.json.gz", "a.csv.gz", "a.parquet.gz", "a.arrow.gz"):
        with pytest.raises(BadInput, match="more than 200 times its size") as refusal:
            read_corpus([write(tmp_path / name, bomb)])
        assert refusal.value.where == str(tmp_path / name)
        assert "unpack it" in refusal.value.fix


def test_a_small_file_may_grow_as_it_likes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(record("a").encode() + b"\n" * 1_000_000))
    assert len(read_corpus([path]).records) == 1
