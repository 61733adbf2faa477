"""The scale part of `locate.py`: an index of a million records, and a tenth of it beside it.

The records and their entity rows are written together, so no recogniser is needed: eight records a
person, in one of them e-mail address, name and number together, which is what ties them. Seconds
are the process's own (CPU), which a machine that is shared does not lengthen.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faker import Faker
from measuring import MIB, alone, in_use, peak

from unlearnkit.artefacts import json_lines, save, write_atomic
from unlearnkit.corpus.digests import digest_records
from unlearnkit.corpus.entities import EntityRow, as_parquet
from unlearnkit.corpus.identifiers import kinds
from unlearnkit.corpus.index import (
    INDEX_FILE,
    LOOKUP,
    SHARDS,
    Index,
    IndexInfo,
    build_index,
    open_index,
)
from unlearnkit.corpus.lookup import write_lookup
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, PERSON, PHONE, NlpSettings, load_analyzer
from unlearnkit.corpus.normalise import normalise
from unlearnkit.corpus.reader import Fields, read_corpus
from unlearnkit.corpus.shards import cut
from unlearnkit.domain import Identifier, IdentifierKind, Record, Subject
from unlearnkit.locate.engine import locate_all
from unlearnkit.pseudonym import keyed_hash

KEY = b"k" * 32
EACH = 8
"""Records of a person."""
ASKED = 5
ENTITIES = {
    IdentifierKind.NAME: PERSON,
    IdentifierKind.EMAIL: EMAIL,
    IdentifierKind.PHONE: PHONE,
    IdentifierKind.CUSTOMER_ID: CUSTOMER,
}
NAME, MAIL, NUMBER, CALL = (
    IdentifierKind.NAME,
    IdentifierKind.EMAIL,
    IdentifierKind.CUSTOMER_ID,
    IdentifierKind.PHONE,
)
HELD = (
    (NAME, MAIL, NUMBER),
    (NAME,),
    (NUMBER,),
    (CALL, NAME),
    (MAIL,),
    (NUMBER, NAME),
    (CALL,),
    (NAME, NUMBER),
)
"""What each of a person's records holds."""
FILLER = (
    "the oak shelf came with a cracked hinge and the courier left it by the gate",
    "a refund was promised in spring and the invoice still says something else",
    "please send the spare handle before the wedding, the blue one, not the green",
    "the kettle leaks at the lid since the second week and the plug is loose",
)
Person = dict[IdentifierKind, str]


def scale(records: int, folder: Path) -> list[dict[str, Any]]:
    """Figures of a tenth of so many records and of all of them, each in a process of its own."""
    return [alone(_measure, count, folder / str(count)) for count in (records // 10, records)]


def _measure(count: int, folder: Path) -> dict[str, Any]:
    people = crowd(count // EACH)
    size = write_index(people, folder)
    corpus, tenth = folder / "records.jsonl", folder / "tenth.jsonl"
    _write(people, corpus)
    located = alone(_locate, corpus, folder, _asking(people))
    # Detection costs the same a record; a tenth of the records says as much about memory.
    few = people[: max(1, len(people) // 10)]
    _write(few, tenth)
    return {
        "records": count,
        "index_mb": size / 1e6,
        "index_mb_per_million": size / count,
        **located,
        "indexed": len(few) * EACH,
        "indexing_mb": alone(_index, tenth, folder / "patterns"),
    }


def _write(people: list[Person], path: Path) -> None:
    write_atomic(path, json_lines({"id": one.id, "text": one.text} for one, _ in written(people)))


def _asking(people: list[Person]) -> list[Subject]:
    """A few of those whom the records are about."""
    return [
        Subject(str(at), tuple(Identifier(kind, value) for kind, value in one.items()))
        for at, one in enumerate(random.Random(1).sample(people, ASKED))
    ]


def _locate(records: Path, folder: Path, subjects: list[Subject]) -> dict[str, float]:
    start = time.process_time()
    corpus = read_corpus([records])
    read = time.process_time() - start
    start = time.process_time()
    index = open_index(folder, KEY)
    opened = time.process_time() - start
    analyzer = load_analyzer(NlpSettings(engine="patterns"))
    held = in_use("cpu") / MIB
    taken = []
    start = time.process_time()
    for found in locate_all(subjects, corpus, index, analyzer, KEY):
        taken.append(time.process_time() - start)
        assert len(found.matches) >= EACH
        start = time.process_time()
    highest = peak("cpu") / MIB
    return {
        "read": read,
        "open": opened,
        "first": taken[0],
        "further": sum(taken[1:]) / len(taken[1:]),
        "held_mb": held,
        "locate_mb": highest,
        "lookup": _looked_up(index, subjects[0]),
    }


def _looked_up(index: Index, subject: Subject) -> float:
    hashes = [hashed(one.kind, one.value) for one in subject.identifiers]
    start = time.process_time()
    index.query(
        "SELECT * FROM entities WHERE record_id IN "
        "(SELECT record_id FROM entities WHERE hash IN (?, ?, ?, ?))",
        hashes,
    )
    return time.process_time() - start


def _index(text: Path, folder: Path) -> float:
    analyzer = load_analyzer(NlpSettings(engine="patterns"))
    build_index(read_corpus([text]), analyzer, KEY, folder)
    return peak("cpu") / MIB


# --- people, records, rows ------------------------------------------------------------------------


def crowd(size: int) -> list[Person]:
    """So many people; numbers, addresses and phones are nobody else's, names repeat."""
    rng = random.Random(0)
    fake = Faker(["en_US", "de_DE", "es_ES", "fr_FR", "pl_PL", "it_IT"])
    fake.seed_instance(0)
    first, last = ([draw() for _ in range(4000)] for draw in (fake.first_name, fake.last_name))
    return [
        {
            NAME: f"{rng.choice(first)} {rng.choice(last)}",
            MAIL: f"p{at}@example.org",
            NUMBER: f"C-{100_000 + at}",
            CALL: f"+1{200 + at % 700}{200 + at // 700 % 700}{at % 10_000:04d}",
        }
        for at in range(size)
    ]


def written(people: list[Person]) -> Iterator[tuple[Record, list[EntityRow]]]:
    """Each record with its entity rows."""
    for at in range(len(people) * EACH):
        person, held = people[at // EACH], HELD[at % EACH]
        text, rows = f"{FILLER[at % len(FILLER)]}.", []
        for kind in held:
            start = len(text) + 1
            text += f" {person[kind]},"
            entity = ENTITIES[kind]
            hashed_value = hashed(kind, person[kind])
            row = EntityRow(str(at), start, len(text) - 1, entity, 1.0, "made", hashed_value)
            rows.append(row)
        yield Record(id=str(at), text=text), rows


def hashed(kind: IdentifierKind, value: str) -> str:
    """As the index has it. A phone is in E.164 already."""
    return keyed_hash(KEY, kind.value, value if kind is CALL else normalise(kind, value))


def write_index(people: list[Person], folder: Path) -> int:
    """The index as `build_index` leaves it; its bytes."""
    rows: dict[str, list[EntityRow]] = {}
    records: list[Record] = []
    for record, some in written(people):
        records.append(record)
        rows[record.id] = some
    names, size = [], 0
    for at, part in enumerate(cut(records)):
        content = as_parquet([row for record in part for row in rows[record.id]])
        names.append(f"{at:032x}-{hashlib.sha256(content).hexdigest()[:32]}.parquet")
        write_atomic(folder / SHARDS / names[-1], content)
        size += len(content)
    lookup = write_lookup(folder / LOOKUP, [folder / SHARDS / name for name in names])
    digest = digest_records(records)
    info = IndexInfo(
        created=datetime.now(UTC),
        corpus_paths=("made",),
        fields=Fields(),
        digest=digest,
        files={"made": digest},
        record_count=len(records),
        quarantined={},
        nlp=NlpSettings(engine="patterns"),
        versions={},
        kinds=tuple(one.ENTITY for one in kinds()),
        key_check=keyed_hash(KEY, "index", "key check"),
        entities={},
        shards=tuple(names),
        lookup=lookup.name,
        entities_digest=hashlib.sha256("\n".join([*names, lookup.name]).encode()).hexdigest(),
    )
    save(folder / INDEX_FILE, info)
    return size + lookup.stat().st_size
