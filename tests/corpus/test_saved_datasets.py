"""A saved dataset without some of its records is a saved dataset, and a new one to `datasets`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest

from unlearnkit.corpus.clean import described, plan, write_clean
from unlearnkit.corpus.reader import read_corpus
from unlearnkit.errors import BadInput

SAVED = Path(__file__).parent / "saved"
"""Written by `datasets` 5.2: DatasetDict.save_to_disk, train in two files, test in one."""
ABOUT = {"dataset_info.json", "state.json"}


def cleaned(places: list[str], out: Path, left_out: Collection[str] = ()) -> list[str]:
    """Written below `out` without these records; the ids of those that are there then."""
    copies = plan(places, out)
    with described(copies):
        for copy in copies:
            records = read_corpus([copy.source.name]).records
            write_clean(copy, {one.line for one in records if one.id in left_out})
    return [one.id for one in read_corpus([out]).records]


def content(folder: Path) -> dict[str, Any]:
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text())
        for path in folder.rglob("*.json")
    }


def test_it_stays_a_dataset_with_its_splits(tmp_path: Path) -> None:
    before = [one.id for one in read_corpus([SAVED]).records]
    after = cleaned([str(SAVED)], tmp_path / "out", before[:1])
    assert after == before[1:]
    names = {one.relative_to(SAVED) for one in SAVED.rglob("*")}
    assert {one.relative_to(tmp_path / "out") for one in (tmp_path / "out").rglob("*")} == names
    old, new = content(SAVED), content(tmp_path / "out")
    assert new["dataset_dict.json"] == old["dataset_dict.json"]
    assert new["train/dataset_info.json"] == old["train/dataset_info.json"]
    for split in ("train", "test"):
        state = new[f"{split}/state.json"]
        assert state.pop("_fingerprint") != old[f"{split}/state.json"].pop("_fingerprint")
        assert state == old[f"{split}/state.json"]


def test_the_copy_s_fingerprint_follows_from_what_is_in_it(tmp_path: Path) -> None:
    """By it `datasets` finds what it made before: of other records there must be nothing."""
    prints = []
    for at, left_out in enumerate(([], ["0"], ["2"], ["0"])):
        cleaned([str(SAVED / "train")], tmp_path / str(at), left_out)
        prints.append(content(tmp_path / str(at))["state.json"]["_fingerprint"])
    assert prints[1] == prints[3]
    assert len({*prints, content(SAVED)["train/state.json"]["_fingerprint"]}) == 4


def test_one_split_is_a_dataset_by_itself(tmp_path: Path) -> None:
    assert cleaned([str(SAVED / "train")], tmp_path / "out", ["0"]) == ["2"]
    assert set(content(tmp_path / "out")) == ABOUT
    assert not (tmp_path / "dataset_dict.json").exists()


def test_a_part_of_a_dataset_is_a_file_and_no_dataset(tmp_path: Path) -> None:
    file = SAVED / "train" / "data-00000-of-00002.arrow"
    assert cleaned([str(file)], tmp_path / "out") == ["0"]
    assert content(tmp_path / "out") == {}


def test_sizes_that_hold_no_more_are_left_out(tmp_path: Path) -> None:
    shutil.copytree(SAVED / "test", tmp_path / "in")
    info = tmp_path / "in" / "dataset_info.json"
    sizes = {"dataset_size": 9, "splits": {"test": {"num_examples": 1}}, "license": "mit"}
    info.write_text(json.dumps(json.loads(info.read_text()) | sizes))
    cleaned([str(tmp_path / "in")], tmp_path / "out")
    written = content(tmp_path / "out")["dataset_info.json"]
    assert "features" in written
    assert (written["license"], written.keys() & sizes.keys()) == ("mit", {"license"})


def test_a_run_that_stops_leaves_no_dataset(tmp_path: Path) -> None:
    """Nor does it leave the state of the last writing beside rows of this one."""
    cleaned([str(SAVED)], tmp_path / "out")
    copies = plan([SAVED], tmp_path / "out")
    with pytest.raises(KeyboardInterrupt), described(copies):
        write_clean(copies[0], ())
        raise KeyboardInterrupt
    assert content(tmp_path / "out") == {}
    assert cleaned([str(SAVED)], tmp_path / "out") == [
        one.id for one in read_corpus([SAVED]).records
    ]


def test_a_dataset_comes_from_a_url_too(tmp_path: Path) -> None:
    fsspec.filesystem("memory").put(str(SAVED), "/sets/saved", recursive=True)
    cleaned(["memory://sets/saved"], tmp_path / "out")
    assert content(tmp_path / "out").keys() == content(SAVED).keys()


def test_a_description_that_is_none_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SAVED / "test", tmp_path / "in")
    (tmp_path / "in" / "dataset_info.json").write_text("[]")
    with pytest.raises(BadInput, match="not a description of a saved dataset"):
        cleaned([str(tmp_path / "in")], tmp_path / "out")


@pytest.mark.parametrize("kind", [pa.ipc.new_stream, pa.ipc.new_file], ids=["stream", "file"])
def test_arrow_keeps_form_schema_and_batches(tmp_path: Path, kind: Any) -> None:
    schema = pa.schema([("text", pa.large_string()), ("n", pa.int8())], metadata={"k": "v"})
    batches = pa.table({"text": ["a", "b", "c", "d"], "n": [1, None, 3, 4]}, schema=schema)
    path = tmp_path / "a.arrow"
    with pa.OSFile(str(path), "wb") as file, kind(file, schema) as writer:
        writer.write_table(batches, max_chunksize=2)
    [copy] = plan([path], tmp_path / "out")
    assert write_clean(copy, {2, 3}) == 2
    reading = pa.ipc.open_stream if kind is pa.ipc.new_stream else pa.ipc.open_file
    with pa.OSFile(str(copy.target)) as file, reading(file) as reader:
        table = reader.read_all()
    assert table.to_pylist() == [{"text": "a", "n": 1}, {"text": "d", "n": 4}]
    assert table.schema.equals(schema, check_metadata=True)


def test_datasets_itself_reads_the_copy(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="`datasets` is not installed")
    cleaned([str(SAVED)], tmp_path / "out", ["0"])
    read = datasets.load_from_disk(str(tmp_path / "out"))
    assert read["train"]["id"][:] == ["2"]
    assert read["test"].num_rows == datasets.load_from_disk(str(SAVED))["test"].num_rows
