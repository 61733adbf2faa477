"""Reading the training records from JSON Lines, JSON arrays, CSV, Parquet and saved datasets.

Which fault stops the reading and which does not:

- A file that is broken as a file (a Parquet file that does not open, a quote in a CSV that is never
  closed, a packed file that is cut, no column of texts or messages) raises BadInput with file and
  line: nobody can know what else is lost in it.
- A record that cannot be used (a line that is no JSON object, no text, more than 10 MB of it,
  invalid UTF-8, a CSV row with too many columns, messages of another form) is quarantined with
  file, line and reason, counted, and never written elsewhere; the rest is read.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Annotated, Literal

from pydantic import Field

from unlearnkit.corpus.conversations import Unusable, checked, conversation, turn
from unlearnkit.corpus.formats import Row, read_rows
from unlearnkit.corpus.sources import Place, find_sources
from unlearnkit.counted import noun
from unlearnkit.domain import ASSISTANT, TURN, Artefact, Record
from unlearnkit.errors import BadInput

_REASONS_TOLD = 5


Name = Annotated[str, Field(min_length=1)]


class Fields(Artefact):
    """What the fields (columns) of the user's records are called, and whose turns were learned.

    A record needs `text` or `messages`; where it has both, it is its text.
    """

    text: Name = "text"
    messages: Name = "messages"
    """A list of objects with `role` and `content`: a conversation."""
    id: Name = "id"
    group: Name = "group"
    prompt: Name = "prompt"
    paraphrase: Name = "paraphrase"
    perturbed: Name = "perturbed"
    turns: Literal["assistant", "all"] = "assistant"
    """No field: whose turns of a conversation the model was trained to say."""

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.model_dump(exclude={"turns"}).values())

    @property
    def needed(self) -> tuple[str, str]:
        """Those of which a record needs one."""
        return self.text, self.messages

    @property
    def renamed(self) -> tuple[str, ...]:
        """Those of `id` and `group` that somebody named: a file without them may not be meant."""
        usual = Fields.model_fields
        pairs = (("id", self.id), ("group", self.group))
        return tuple(name for field, name in pairs if name != usual[field].default)


class Quarantined(Artefact):
    """A record that was left out, without its content."""

    source: str
    line: int
    """Line of the file; position in the array or row for JSON arrays and Parquet. From 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """The records as read, in the order of the files."""

    records: tuple[Record, ...]
    quarantined: tuple[Quarantined, ...]
    digest: str
    """Hex SHA-256 over every record's id and content hash, sorted by id."""
    files: dict[str, str]
    """Source -> the same digest over the records of that file."""
    absent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Source -> those of the id's and the group's fields, where they are not called so by default,
    that no record of it has."""
    passed_over: tuple[str, ...] = ()
    """Files in the folders that were read, and of the globs, that hold no records by their names.
    """

    def by_id(self) -> dict[str, Record]:
        """Record id -> record."""
        return {record.id: record for record in self.records}


class NothingUsable(BadInput):
    """Not a single record of the corpus can be used; `quarantined` are those there are."""

    quarantined: tuple[Quarantined, ...] = ()


def read_corpus(places: Sequence[Place], fields: Fields | None = None) -> Corpus:
    """Read files, folders of files, globs and URLs (sources.py) into one corpus.

    A record keeps the user's own id; without one it is named by the SHA-256 of its content (and a
    running number among equal contents), so that it keeps its name when other records move.

    Raises BadInput: a missing or broken file, two records with one id (naming both lines), and, as
    NothingUsable, a corpus without a single usable record. See the module's head for what is
    quarantined instead.
    """
    fields = fields or Fields()
    records: list[Record] = []
    quarantined: list[Quarantined] = []
    equal_contents: Counter[str] = Counter()
    others = [name for name in fields.names if name not in fields.needed]
    absent: dict[str, tuple[str, ...]] = {}
    found = find_sources(places)
    for source in found.sources:
        looked_for = fields.renamed
        for row in read_rows(source, fields.needed, others):
            looked_for = tuple(one for one in looked_for if not _has(row, one))
            try:
                records.append(_record(row, fields, source.name, equal_contents))
            except Unusable as reason:
                left_out = Quarantined(source=source.name, line=row.line, reason=str(reason))
                quarantined.append(left_out)
        if looked_for:
            absent[source.name] = looked_for
    if not records:
        raise _nothing_usable(places, fields, quarantined)
    _refuse_equal_ids(records)
    by_file: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_file[record.source].append(record)
    files = {source: digest_records(part) for source, part in by_file.items()}
    return Corpus(
        records=tuple(records),
        quarantined=tuple(quarantined),
        digest=digest_records(records) if len(files) > 1 else files[records[0].source],
        files=files,
        absent=absent,
        passed_over=found.passed_over,
    )


def _has(row: Row, field: str) -> bool:
    return not isinstance(row.value, str) and row.value.get(field) not in (None, "")


def _nothing_usable(
    places: Sequence[Place], fields: Fields, quarantined: Sequence[Quarantined]
) -> NothingUsable:
    """Says the most frequent reasons, each with the first record that it holds for."""
    first = {one.reason: one for one in reversed(quarantined)}
    reasons = Counter(one.reason for one in quarantined).most_common(_REASONS_TOLD)
    told = [
        f"\n  {count}: {reason} (first: {first[reason].source}, line {first[reason].line})"
        for reason, count in reasons
    ]
    were = noun(len(quarantined), "was", "were")
    count = f": {len(quarantined)} {were} left out" if quarantined else ""
    error = NothingUsable(
        f"there is no usable record in the corpus{count}{''.join(told)}",
        where=", ".join(str(place) for place in places),
        fix=f"Records need a text in the field '{fields.text}', or a conversation in "
        f"'{fields.messages}'.",
    )
    error.quarantined = tuple(quarantined)
    return error


def read_whole(places: Sequence[Place], fields: Fields | None = None) -> Corpus:
    """`read_corpus` for records that are measured: one that cannot be used raises BadInput."""
    corpus = read_corpus(places, fields)
    for one in corpus.quarantined:
        raise BadInput(
            one.reason, where=one.source, line=one.line, fix="Mend this record, or leave it out."
        )
    return corpus


def digest_records(records: Sequence[Record]) -> str:
    """Hex SHA-256 over (id, content hash), sorted by id: independent of order and file names."""
    total = hashlib.sha256()
    for line in sorted(f"{record.id}\x1f{_content_hash(record)}\n" for record in records):
        total.update(line.encode())
    return total.hexdigest()


def _content_hash(record: Record) -> str:
    parts = (record.prompt, record.text, record.group, record.paraphrase, *record.perturbed)
    if record.roles:
        parts = ("\x1e".join(record.roles), *parts)
    if record.loss_on:
        parts = (repr((record.loss_on, record.perturbed_loss_on)), *parts)
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    if record.every_turn:
        # These are two parts; of every other record at least four are hashed.
        digest = hashlib.sha256(f"every turn\x1f{digest}".encode()).hexdigest()
    return digest


def _record(row: Row, fields: Fields, source: str, equal_contents: Counter[str]) -> Record:
    """Check one row. Raises Unusable with the reason."""
    if isinstance(row.value, str):
        raise Unusable(row.value)
    value = row.value
    roles: tuple[str, ...] = ()
    text = _string(value, fields.text, "text")
    if not text.strip():
        roles, text = conversation(value.get(fields.messages))
    if not text.strip():
        raise Unusable("no text")
    prompt = _string(value, fields.prompt, "prompt")
    if roles and prompt:
        raise Unusable("messages and a prompt: the prompt belongs into the messages")
    paraphrase = _string(value, fields.paraphrase, "paraphrase")
    record = Record(
        id=_own_id(value, fields.id),
        text=text,
        prompt=prompt,
        group=intern(_own_id(value, fields.group)),  # the same for many records
        source=source,
        line=row.line,
        paraphrase=_said_instead(text, roles, paraphrase) if paraphrase else "",
        perturbed=tuple(
            _said_instead(text, roles, one) for one in _strings(value, fields.perturbed)
        ),
        roles=roles,
        every_turn=bool(roles) and fields.turns == "all",
    )
    if record.id:
        return record
    content = _content_hash(record)[:16]
    equal_contents[content] += 1
    number = equal_contents[content]
    return Record(
        **{name: getattr(record, name) for name in Record.__slots__ if name != "id"},
        id=content if number == 1 else f"{content}-{number}",
    )


def _string(value: Mapping[str, object], field: str, what: str) -> str:
    found = value.get(field)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise Unusable(f"the {what} is not a string")
    return checked(found, what)


def _strings(value: Mapping[str, object], field: str) -> tuple[str, ...]:
    found = value.get(field)
    if found is None or found == "":  # an empty cell
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Unusable("the perturbed texts are not a list of strings")
    return tuple(checked(one, "perturbed text") for one in found)


def _said_instead(text: str, roles: Sequence[str], other: str) -> str:
    """A paraphrase or perturbed text; in a conversation it is the assistant's last turn."""
    if not roles:
        return other
    turns = text.split(TURN)
    turns[max(at for at, role in enumerate(roles) if role == ASSISTANT)] = turn(other)
    return TURN.join(turns)


def _own_id(value: Mapping[str, object], field: str) -> str:
    """The user's own id or group: a string or a whole number; empty when there is none."""
    found = value.get(field)
    if found is None:
        return ""
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        raise Unusable(f"the field '{field}' is neither a string nor a whole number")
    return checked(str(found), field).strip()


def _refuse_equal_ids(records: Sequence[Record]) -> None:
    first: dict[str, Record] = {}
    for record in records:
        other = first.setdefault(record.id, record)
        if other is not record:
            raise BadInput(
                f"this record has the same id as {other.source}, line {other.line}",
                where=record.source,
                line=record.line,
                fix="Give every record an id of its own, or leave the id field out.",
            )
