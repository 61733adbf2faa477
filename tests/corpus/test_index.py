"""The index: keyed hashes of everything found, whole or not at all, and bound to its corpus."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus.files import corpus_of, lines, write
from unlearnkit.corpus.index import (
    INDEX_FILE,
    LOOKUP,
    QUARANTINE_FILE,
    SHARDS,
    Index,
    IndexInfo,
    build_index,
    check_kinds,
    check_unchanged,
    open_index,
)
from unlearnkit.corpus.nlp import (
    CUSTOMER,
    EMAIL,
    PERSON,
    PHONE,
    Analyzer,
    NlpSettings,
    load_analyzer,
)
from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.reader import Corpus, Fields, Quarantined, read_corpus
from unlearnkit.domain import IdentifierKind
from unlearnkit.errors import BadInput
from unlearnkit.pseudonym import keyed_hash

KEY = b"k" * 32
ROWS = [
    {"id": "1", "text": "Robert Smith, r.smith@quibble.example, C-123456, (212) 555-0142."},
    {"id": "2", "text": "Dear R.SMITH@quibble.example, number c_123456 is yours.", "prompt": "Hi"},
    {"id": "3", "text": "Nobody."},
    {"id": "4", "text": "Call 212.555.0142 on 3 March."},
]
PLAIN = ("Robert Smith", "r.smith", "quibble", "C-123456", "C123456", "2125550142", "555.0142")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return corpus_of(tmp_path / "corpus", ROWS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(corpus: Corpus, folder: Path, patterns_only: Analyzer) -> Index:
    build_index(corpus, patterns_only, KEY, folder)
    return open_index(folder, KEY)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def expected(info: IndexInfo) -> set[str]:
    shards = (f"{SHARDS}/{name}" for name in info.shards)
    return {INDEX_FILE, QUARANTINE_FILE, f"{LOOKUP}/{info.lookup}", *shards}


def test_an_index_of_a_version_without_countries_is_opened(index: Index) -> None:
    path = index.folder / INDEX_FILE
    said = json.loads(path.read_bytes())
    del said["nlp"]["countries"], said["nlp"]["recognisers"]
    path.write_text(json.dumps(said), encoding="utf-8")
    assert open_index(index.folder, KEY).info == index.info


def test_equal_identifiers_have_equal_hashes_however_they_are_written(
    index: Index, corpus: Corpus
) -> None:
    texts = {record.id: record.content for record in corpus.records}
    rows = index.rows((EMAIL, CUSTOMER))
    assert [(row.record_id, texts[row.record_id][row.start : row.end]) for row in rows] == [
        ("1", "r.smith@quibble.example"),
        ("1", "C-123456"),
        ("2", "R.SMITH@quibble.example"),
        ("2", "c_123456"),
    ]
    mail = keyed_hash(KEY, "email", "r.smith@quibble.example")
    number = keyed_hash(KEY, "controller_customer_id", "C123456")
    assert [row.hash for row in rows] == [mail, number, mail, number]
    assert {row.hash for row in index.rows((PHONE,))} == {keyed_hash(KEY, "phone", "+12125550142")}
    assert index.rows(()) == []


def test_records_that_share_identifiers_are_found_with_their_number(index: Index) -> None:
    assert index.sharing("1") == {"2": 2, "4": 1}
    assert index.sharing("3") == {}


def test_the_index_says_what_it_was_made_of(index: Index, corpus: Corpus) -> None:
    info = index.info
    assert (info.digest, info.files, info.record_count) == (corpus.digest, corpus.files, 4)
    assert info.entities == {CUSTOMER: 2, EMAIL: 2, PHONE: 2}
    assert info.corpus_paths == tuple(corpus.files)
    assert info.nlp == NlpSettings(engine="patterns")


def test_no_plain_identifier_is_in_the_folder(
    corpus: Corpus, folder: Path, analyzer: Analyzer
) -> None:
    build_index(corpus, analyzer, KEY, folder)
    found = {row.hash for row in open_index(folder, KEY).rows((PERSON,))}
    assert keyed_hash(KEY, "name", normalise(IdentifierKind.NAME, "Robert Smith")) in found
    files = content(folder)
    assert files.keys() >= {INDEX_FILE}
    assert len(files) == 4
    for name, written in files.items():
        for plain in PLAIN:
            assert not re.search(plain.encode(), written, re.IGNORECASE), (name, plain)
            assert plain.lower() not in name.lower()


def test_an_unusable_record_is_counted_without_its_content(
    tmp_path: Path, folder: Path, patterns_only: Analyzer
) -> None:
    rows: list[object] = [*ROWS, {"text": ["Quibbleworth"]}]
    corpus = read_corpus([write(tmp_path / "a.jsonl", lines(*rows))])
    info = build_index(corpus, patterns_only, KEY, folder)
    assert info.quarantined == {"the text is not a string": 1}
    (left_out,) = (folder / QUARANTINE_FILE).read_text().splitlines()
    assert Quarantined.model_validate_json(left_out) == corpus.quarantined[0]
    assert b"Quibbleworth" not in b"".join(content(folder).values())


@pytest.mark.parametrize("name", ["with space", "it's", "work [1]", "*?", "ünï#%20"])
def test_any_folder_name_will_do(
    tmp_path: Path, corpus: Corpus, patterns_only: Analyzer, name: str
) -> None:
    build_index(corpus, patterns_only, KEY, tmp_path / name)
    assert len(open_index(tmp_path / name, KEY).rows((EMAIL,))) == 2


def test_a_corpus_without_any_identifier_has_an_index_too(
    tmp_path: Path, folder: Path, patterns_only: Analyzer
) -> None:
    build_index(corpus_of(tmp_path, [ROWS[2]]), patterns_only, KEY, folder)
    index = open_index(folder, KEY)
    assert index.rows((EMAIL, PHONE)) == []
    assert index.info.entities == {}


def test_progress_is_told(corpus: Corpus, folder: Path, patterns_only: Analyzer) -> None:
    told: list[tuple[str, int, int]] = []
    build_index(corpus, patterns_only, KEY, folder, progress=lambda *step: told.append(step))
    assert told == [("indexing", 0, 4), ("indexing", 4, 4)]


# --- building again --------------------------------------------------------------------------


def test_an_unchanged_corpus_is_not_indexed_again(
    index: Index, corpus: Corpus, folder: Path, patterns_only: Analyzer
) -> None:
    before = content(folder)
    assert build_index(corpus, patterns_only, KEY, folder) == index.info
    assert content(folder) == before


def test_how_the_corpus_was_read_is_kept_up_to_date_without_indexing_again(
    index: Index, corpus: Corpus, folder: Path, patterns_only: Analyzer
) -> None:
    (source,) = corpus.files
    write(Path(source), lines(*ROWS, {"text": 1}))
    again = read_corpus([Path(source).parent])
    fields = Fields(paraphrase="reworded")
    info = build_index(
        again, patterns_only, KEY, folder, places=[Path(source).parent], fields=fields
    )
    assert info.corpus_paths == (str(Path(source).parent),)
    assert info.fields == fields
    assert info.quarantined == {"the text is not a string": 1}
    assert open_index(folder, KEY).info == info
    assert info.shards == index.info.shards
    assert info.created == index.info.created


Change = Callable[[Corpus, Path, Analyzer], IndexInfo]
CHANGES: list[Change] = [
    lambda corpus, folder, _: build_index(
        corpus,
        load_analyzer(NlpSettings(engine="patterns", customer_id_patterns=())),
        KEY,
        folder,
    ),
    lambda corpus, folder, analyzer: build_index(corpus, analyzer, b"w" * 32, folder),
    lambda corpus, folder, analyzer: build_index(
        corpus_of(Path(next(iter(corpus.files))).parent, ROWS[1:]), analyzer, KEY, folder
    ),
]


@pytest.mark.parametrize("change", CHANGES, ids=["settings", "key", "records"])
def test_what_changed_is_indexed_again_and_the_old_rows_go(
    index: Index, corpus: Corpus, folder: Path, patterns_only: Analyzer, change: Change
) -> None:
    info = change(corpus, folder, patterns_only)
    assert info.shards != index.info.shards
    assert content(folder).keys() == expected(info)


def test_an_interrupted_build_leaves_the_old_index_whole(
    index: Index, corpus: Corpus, tmp_path: Path, folder: Path, patterns_only: Analyzer
) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    before = content(folder)
    with pytest.raises(KeyboardInterrupt):
        build_index(corpus_of(tmp_path, ROWS[1:]), patterns_only, KEY, folder, progress=interrupt)
    assert content(folder).items() >= before.items()
    check_unchanged(open_index(folder, KEY).info, corpus)


# --- what is refused -------------------------------------------------------------------------


def refused(folder: Path, key: bytes = KEY) -> BadInput:
    with pytest.raises(BadInput) as refusal:
        open_index(folder, key)
    assert refusal.value.fix == "Run: unlearnkit index CORPUS"
    assert refusal.value.exit_code == 2
    return refusal.value


def test_no_index_says_the_command_that_makes_one(folder: Path) -> None:
    error = refused(folder)
    assert error.what == "the corpus has not been indexed"
    assert error.where == str(folder)


def test_another_workspace_s_key_is_noticed(index: Index, folder: Path) -> None:
    assert "another workspace's key" in refused(folder, b"w" * 32).what


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damaged_rows_are_noticed_and_built_anew(
    index: Index, corpus: Corpus, folder: Path, patterns_only: Analyzer, damage: str
) -> None:
    entities = folder / SHARDS / index.info.shards[0]
    whole = entities.read_bytes()
    if damage == "flip":
        entities.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    elif damage == "cut":
        entities.write_bytes(whole[:-1])
    else:
        entities.unlink()
    error = refused(folder)
    assert "the index is damaged" in error.what
    assert error.where == str(entities)
    build_index(corpus, patterns_only, KEY, folder)
    assert len(open_index(folder, KEY).rows((EMAIL,))) == 2


@pytest.mark.parametrize("written", [b"", b"{}", b"\xff\xfe", b'{"digest": 1}'])
def test_a_damaged_description_is_noticed_and_written_anew(
    index: Index, corpus: Corpus, folder: Path, patterns_only: Analyzer, written: bytes
) -> None:
    (folder / INDEX_FILE).write_bytes(written)
    error = refused(folder)
    assert "the index is damaged: not a IndexInfo" in error.what
    assert error.where == str(folder / INDEX_FILE)
    build_index(corpus, patterns_only, KEY, folder)
    assert content(folder).keys() == expected(open_index(folder, KEY).info)


def test_a_folder_that_cannot_be_written(
    corpus: Corpus, tmp_path: Path, patterns_only: Analyzer
) -> None:
    write(tmp_path / "file", "")
    with pytest.raises(BadInput, match="cannot write"):
        build_index(corpus, patterns_only, KEY, tmp_path / "file" / "index")


def test_a_changed_corpus_is_refused_with_the_files_that_changed(
    tmp_path: Path, folder: Path, patterns_only: Analyzer
) -> None:
    names = ("same.jsonl", "edited.jsonl", "gone.jsonl", "new.jsonl")
    same, edited, gone, new = (tmp_path / "many" / name for name in names)
    for path in (same, edited, gone):
        write(path, lines({"id": path.stem, "text": "a"}))
    before = read_corpus([tmp_path / "many"])
    build_index(before, patterns_only, KEY, folder)
    info = open_index(folder, KEY).info
    check_unchanged(info, before)
    write(edited, lines({"id": "edited", "text": "b"}))
    write(new, lines({"id": "new", "text": "a"}))
    gone.unlink()
    with pytest.raises(BadInput) as refusal:
        check_unchanged(info, read_corpus([tmp_path / "many"]))
    error = refusal.value
    assert error.what == f"the corpus changed since it was indexed: {edited}, {gone}, {new}"
    assert error.fix.startswith("Run: unlearnkit index CORPUS")
    assert error.exit_code == 2


def test_an_index_that_was_made_without_a_kind_of_now_is_refused_with_its_name(
    index: Index,
) -> None:
    check_kinds(index.info)
    earlier = index.info.model_copy(update={"kinds": ()})
    with pytest.raises(BadInput, match="did not look for NATIONAL_ID") as caught:
        check_kinds(earlier)
    assert "unlearnkit index" in caught.value.fix
