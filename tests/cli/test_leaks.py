"""Who asked stands in no file and in no output: every byte is searched for every spelling."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.company import Line, unlearnkit
from tests.web.conftest import PORT, TOKEN, let_in
from unlearnkit.web.app import create_app

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def readings(path: Path) -> Iterator[bytes]:
    """The file's bytes, and what compression or Base64 would hide in them."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".parquet":
        yield repr(pq.read_table(path).to_pylist()).encode()
    if path.name == "attestation.json":
        yield base64.b64decode(json.loads(content)["dsseEnvelope"]["payload"])


def found_in(contents: Iterator[bytes] | Sequence[bytes], spellings: Sequence[str]) -> set[str]:
    """The spellings that occur, whatever their case and encoding."""
    needles = {
        (word, form.encode(encoding).lower())
        for word in spellings
        for form in {word, word.lower(), word.upper(), ascii(word)[1:-1]}
        for encoding in ENCODINGS
    }
    lowered = [content.lower() for content in contents]
    return {word for word, needle in needles for content in lowered if needle in content}


def leaks(folder: Path, spellings: Sequence[str]) -> dict[str, set[str]]:
    """File -> what is found in it, or in its name."""
    found = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = str(path.relative_to(folder)).encode()
        words = found_in([name, *readings(path)], spellings)
        if words:
            found[path.name] = words
    return found


def test_nothing_in_the_workspace_or_the_output_names_who_asked(line: Line) -> None:
    spellings = line.story.spellings()
    assert leaks(line.workspace, spellings) == {}
    assert leaks(line.out, spellings) == {}


def test_nothing_names_them_while_their_requests_are_open(line: Line) -> None:
    assert leaks(line.ready, line.story.spellings()) == {}


def wordings(line: Line) -> list[str]:
    """The records of those who ask, in overlapping pieces."""
    texts = {one.record.id: one.record.text for one in line.story.company.records}
    asked = [texts[one] for ids in line.story.truth.values() for one in ids]
    return [text[at : at + 40] for text in asked for at in range(0, max(1, len(text) - 39), 10)]


def test_no_record_of_theirs_stands_in_the_workspace_but_everyday_words_in_probes(
    line: Line,
) -> None:
    """Probes keep the words before an erased value that stand in other people's records too."""
    assert len(wordings(line)) > 100
    assert set(leaks(line.workspace, wordings(line))) <= {"probes.json"}
    assert leaks(line.ready, wordings(line)) == {}


def test_the_review_sheets_name_nobody(line: Line) -> None:
    sheets = list(line.folder.glob("*.csv"))
    assert len(sheets) == len(line.story.truth)
    assert not found_in([sheet.read_bytes() for sheet in sheets], line.story.spellings())


def test_no_command_prints_them(line: Line) -> None:
    printed = [text.encode() for said in line.said for text in (said.stdout, said.stderr)]
    printed.append((line.folder / "native-errors.txt").read_bytes())
    assert len(printed) > 15
    assert not found_in(printed, line.story.spellings())


def test_only_reveal_shows_who_it_is_and_only_until_the_request_is_closed(
    line: Line, tmp_path: Path
) -> None:
    who, request_id = line.story.company.asking[0], next(iter(line.story.truth))
    place = ("--workspace", line.copy_ready(tmp_path / "work"))
    assert who.full_name in unlearnkit("request", "show", request_id, "--reveal", *place).stdout
    assert who.full_name not in unlearnkit("request", "show", request_id, *place).stdout
    closed = unlearnkit("request", "show", request_id, "--reveal", "--workspace", line.workspace)
    assert closed.exit_code == 2
    assert "no longer in the vault" in closed.stderr


def test_an_error_about_a_request_does_not_repeat_it(line: Line, tmp_path: Path) -> None:
    who = line.story.company.asking[0]
    request_id, place = (
        next(iter(line.story.truth)),
        ("--workspace", line.copy_ready(tmp_path / "work")),
    )
    bad = tmp_path / "bad.csv"
    bad.write_text(f"regulation,name,email\ngdpr,{who.full_name},{who.email.replace('@', '')}\n")
    mistakes = [
        unlearnkit("request", "import", bad, *place),
        unlearnkit("request", "show", who.full_name, *place),
        unlearnkit("review", who.email, *place),
        unlearnkit("locate", who.last, *place),
        unlearnkit("request", "reject", request_id, "--reason", who.last, *place),
        unlearnkit("request", "add", "--phone", "+1", "--name", who.full_name, *place),
        unlearnkit("request", "verify-identity", who.last, "--how", "by letter", *place),
        unlearnkit("request", "extend", request_id, "--reason", f"{who.last} wrote", *place),
        unlearnkit("request", "status", who.email, *place),
    ]
    assert [one.exit_code for one in mistakes] == [2] * len(mistakes)
    printed = [(one.stdout + one.stderr).encode() for one in mistakes]
    assert not found_in(printed, line.story.spellings())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_search_finds_a_name_in_any_file(line: Line, tmp_path: Path, encoding: str) -> None:
    who = line.story.company.asking[1]
    (tmp_path / "some.bin").write_bytes(b"\x00\x01" + who.last.upper().encode(encoding) + b"\xff")
    assert leaks(tmp_path, line.story.spellings()) == {"some.bin": {who.last}}


def test_the_search_finds_a_name_behind_every_wrapping(line: Line, tmp_path: Path) -> None:
    who = line.story.company.asking[0]
    pq.write_table(pa.table({"text": [who.email] * 1000}), tmp_path / "a.parquet")
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("CREATE TABLE seen (note TEXT)")
        database.execute("INSERT INTO seen VALUES (?)", [who.number])
    database.close()
    payload = base64.b64encode(who.full_name.encode()).decode()
    envelope = json.dumps({"dsseEnvelope": {"payload": payload}})
    (tmp_path / "attestation.json").write_text(envelope)
    (tmp_path / f"{who.last}.txt").touch()
    shutil.copytree(line.report, tmp_path / "report")
    found = leaks(tmp_path, line.story.spellings())
    assert who.email in found["a.parquet"]
    assert found["a.db"] == {who.number}
    assert who.full_name in found["attestation.json"]
    assert found[f"{who.last}.txt"] == {who.last}
    assert set(found) == {"a.parquet", "a.db", "attestation.json", f"{who.last}.txt"}


def test_of_the_local_page_only_a_match_under_review_names_them(line: Line) -> None:
    run, requests = f"/runs/{line.run_id}", [f"/requests/{one}" for one in line.story.truth]
    places = ["/", "/runs", run, *requests, *(f"{one}/matches/1" for one in requests)]
    done = let_in(create_app(line.workspace, TOKEN, PORT))
    pages = {place: done.get(place) for place in places}
    assert b"<polyline" in pages[run].content
    assert "passed" in pages["/runs"].text
    assert {one.status_code for place, one in pages.items() if "/matches/" in place} == {400}
    assert not found_in([one.content for one in pages.values()], line.story.spellings())
    ready = let_in(create_app(line.ready, TOKEN, PORT))
    before = [ready.get(place).content for place in ("/", "/runs", *requests)]
    assert not found_in(before, line.story.spellings())
    shown = [ready.get(f"{one}/matches/1").content for one in requests]
    assert found_in(shown, line.story.spellings())
