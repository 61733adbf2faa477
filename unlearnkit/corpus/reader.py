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

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Annotated, Literal

from pydantic import Field

from unlearnkit.corpus.conversations import Unusable, checked, conversation, turn
from unlearnkit.corpus.formats import Row, read_rows
from unlearnkit.corpus.sources import Place, Sources, find_sources
from unlearnkit.corpus.stored import Records, stored
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

    records: Records
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
    reading = _Reading(find_sources(places), fields)
    records = stored(reading)
    if not records:
        raise _nothing_usable(places, fields, reading.quarantined)
    files = records.digests()
    return Corpus(
        records=records,
        quarantined=tuple(reading.quarantined),
        digest=records.digest() if len(files) > 1 else next(iter(files.values())),
        files=files,
        absent=reading.absent,
        passed_over=reading.found.passed_over,
    )


@dataclass
class _Reading:
    """The usable records of some sources, one after the other, and what became of the rest."""

    found: Sources
    fields: Fields
    quarantined: list[Quarantined] = field(default_factory=list)
    absent: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Record]:
        others = [name for name in self.fields.names if name not in self.fields.needed]
        for source in self.found.sources:
            looked_for = self.fields.renamed
            for row in read_rows(source, self.fields.needed, others):
                looked_for = tuple(one for one in looked_for if not _has(row, one))
                try:
                    yield _record(row, self.fields, source.name)
                except Unusable as reason:
                    left_out = Quarantined(source=source.name, line=row.line, reason=str(reason))
                    self.quarantined.append(left_out)
            if looked_for:
                self.absent[source.name] = looked_for


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


def _record(row: Row, fields: Fields, source: str) -> Record:
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
    return Record(
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
