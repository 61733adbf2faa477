"""Any file is read, left out with a reason, or refused; every span stands where it says."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.corpus.files import write
from tests.corpus.test_formats import WRITTEN
from unlearnkit.corpus.entities import KINDS, entity_rows
from unlearnkit.corpus.nlp import Analyzer
from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.numbers import NUMBERS
from unlearnkit.corpus.reader import read_corpus
from unlearnkit.domain import IdentifierKind, Record
from unlearnkit.errors import BadInput
from unlearnkit.pseudonym import keyed_hash

KEY = b"k" * 32
PERSONAL = [
    "Zoltana Quibbleworth", "zoltana+x@quibble.example", "z@bücher.example", "(212) 555-0142",
    "C-770077", "DE89 3704 0044 0532 0130 00", "4111-1111-1111-1111", "192.0.2.1", "::1",
    "3 March 1980", "1980-02-30", "99999999999999999999", "\x00", "\u202e", "\ufeff", "🦊",
    "e\u0301", "ﬁ", "\r\n", "\x1e", "@", "+", "ß",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PERSONAL) | st.text(max_size=5), max_size=8).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ("id", "text", "group", "prompt", "paraphrase", "perturbed", "messages")
fuzz = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_or_refused(path: Path) -> None:
    """Every row is a record or left out; a refusal says where."""
    try:
        corpus = read_corpus([path])
    except BadInput as error:
        assert error.where
        return
    for one in corpus.records:
        one.content.encode()
    assert all(one.reason and one.line > 0 for one in corpus.quarantined)


@fuzz
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON | TEXTS, max_size=5), max_size=4))
def test_any_values_of_any_fields_are_read_or_left_out(
    tmp_path: Path, rows: list[dict[str, object]]
) -> None:
    sure = {"id": "sure", "text": "fine"}
    content = "\n".join(json.dumps(one) for one in [*rows, sure])
    path = write(tmp_path / "a.jsonl", content)
    try:
        corpus = read_corpus([path])
    except BadInput as error:
        assert "the same id" in error.what
        return
    assert len(corpus.records) + len(corpus.quarantined) == len(rows) + 1


@fuzz
@given(st.sampled_from(sorted(WRITTEN)), st.data())
def test_any_damage_to_a_file_is_noticed_or_read(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    """Also with the damage inside of a packed file, and to one."""
    written = WRITTEN[name]
    content = bytearray(written if isinstance(written, bytes) else written.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
        if not content:
            return
    read_or_refused(write(tmp_path / name, bytes(content)))
    read_or_refused(write(tmp_path / f"{name}.gz", gzip.compress(bytes(content))))
    read_or_refused(write(tmp_path / f"{name}.zst", bytes(content)))


@fuzz
@given(st.sampled_from(sorted(WRITTEN)), st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(tmp_path: Path, name: str, content: bytes) -> None:
    read_or_refused(write(tmp_path / name, content))


@pytest.mark.parametrize("engine", ["patterns", "full"])
@fuzz
@given(texts=st.lists(TEXTS, max_size=4), prompt=TEXTS)
def test_every_row_of_the_index_stands_where_it_says(
    analyzer: Analyzer, patterns_only: Analyzer, engine: str, texts: list[str], prompt: str
) -> None:
    used = analyzer if engine == "full" else patterns_only
    records = [Record(id=str(at), text=text, prompt=prompt) for at, text in enumerate(texts)]
    content = {one.id: one.content for one in records}
    for row in entity_rows(records, used, KEY):
        assert 0 <= row.start < row.end <= len(content[row.record_id])
        found = content[row.record_id][row.start : row.end]
        kind = KINDS.get(row.entity, IdentifierKind.OTHER)
        standard = NUMBERS.get(row.entity, lambda _: "")(found)
        value = standard or normalise(kind, found, used.settings.regions)
        name = kind.value if row.entity in KINDS else row.entity
        assert row.hash == keyed_hash(KEY, name, value)


def test_what_was_put_into_a_text_is_found_there(patterns_only: Analyzer) -> None:
    """So that the test above is about something."""
    record = Record(id="a", text=" and ".join(PERSONAL[1:9]))
    found = {row.entity for row in entity_rows([record], patterns_only, KEY)}
    assert found >= {"EMAIL_ADDRESS", "PHONE_NUMBER", "CUSTOMER_ID", "IBAN_CODE", "IP_ADDRESS"}
    moved = [replace(row, record_id="b") for row in entity_rows([record], patterns_only, KEY)]
    assert moved == entity_rows([replace(record, id="b")], patterns_only, KEY)
