"""The training records, which of them concern a person, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.requests import IdentifierKind

ASSISTANT = "assistant"
"""The role whose turns a chat model is trained to say."""

TURN = "\n\x1e\n"
"""Between the turns in a conversation's text; U+001E is in no message that is read."""


Stretch = tuple[int, int]
"""Start and end in a text."""


@dataclass(frozen=True, slots=True)
class Record:
    """One training record. The loss is on `text`; `prompt` is context the model is given.

    Of a conversation `text` holds every turn, and the loss is on the assistant's, or on all of it
    (`every_turn`). A part of a record is the same record with `loss_on`: the rest of it is context.
    """

    id: str
    text: str = field(repr=False)
    prompt: str = field(default="", repr=False)
    group: str = ""
    """Thread or ticket the record belongs to, or empty."""
    source: str = ""
    line: int = 0
    paraphrase: str = field(default="", repr=False)
    """The same content in other words, where the data has it (TOFU's paraphrased answer)."""
    perturbed: tuple[str, ...] = field(default=(), repr=False)
    """Texts of the same form with other facts (TOFU's perturbed answers, or decoys)."""
    roles: tuple[str, ...] = ()
    """Of a conversation: who says each turn of `text`. Empty for other records."""
    every_turn: bool = False
    """Of a conversation: whether the model was trained to say all of it, as many recipes do."""
    loss_on: tuple[Stretch, ...] = ()
    """Of a part of a record: the places of `text` that count. Empty: all of it."""
    perturbed_loss_on: tuple[tuple[Stretch, ...], ...] = ()
    """Of a part of a record: the same of each perturbed text."""

    @property
    def content(self) -> str:
        """What is searched for personal data: prompt and text."""
        return f"{self.prompt}\n{self.text}" if self.prompt else self.text

    @property
    def messages(self) -> list[dict[str, str]]:
        """A conversation's turns with role and content, as chat templates take them; else none."""
        return [
            {"role": role, "content": self.text[start:end]} for role, (start, end) in self.turns
        ]

    @property
    def turns(self) -> list[tuple[str, Stretch]]:
        """Who says each turn of a conversation, and where in `text` it stands; else none."""
        found, start = [], 0
        for role, turn in zip(self.roles, self.text.split(TURN) if self.roles else (), strict=True):
            found.append((role, (start, start + len(turn))))
            start += len(turn) + len(TURN)
        return found

    @property
    def learned_turns(self) -> list[Stretch]:
        """Where in `text` the turns stand that the model is trained to say; else none."""
        return [place for role, place in self.turns if self.every_turn or role == ASSISTANT]

    @property
    def learned_places(self) -> list[Stretch]:
        """Where in `text` the loss is: all of it, or the turns that count; of a part, its own."""
        whole = self.learned_turns if self.roles else [(0, len(self.text))]
        return within(self.loss_on, whole) if self.loss_on else whole

    @property
    def learned(self) -> str:
        """What the loss is on: the text, or the turns of it that count; of a part, its own."""
        return TURN.join(self.text[start:end] for start, end in self.learned_places)

    @property
    def apart(self) -> Record:
        """What the loss is on, as a text of its own."""
        return replace(self, prompt="", text=self.learned, roles=(), loss_on=(), every_turn=False)

    @property
    def others(self) -> tuple[Record, ...]:
        """The record with each perturbed text in the place of its own."""
        places = self.perturbed_loss_on or ((),) * len(self.perturbed)
        return tuple(
            replace(self, text=text, loss_on=on)
            for text, on in zip(self.perturbed, places, strict=True)
        )


def rest_id(record_id: str) -> str:
    """The id of what is kept of a record that is forgotten in part."""
    return f"rest-{record_id}"


def within(some: Sequence[Stretch], those: Sequence[Stretch]) -> list[Stretch]:
    """What of these stretches lies in those, piece by piece, in the text's order."""
    return [
        (max(start, low), min(end, high))
        for low, high in those
        for start, end in some
        if max(start, low) < min(end, high)
    ]


class Certainty(StrEnum):
    """How sure a match is. Certain ones are accepted; a person decides about the others."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"
    RELATED = "related"
    """Somebody else's record, which names the person: what is about them is part of it."""


class Evidence(Artefact):
    """One reason why a record concerns a subject; spans are into Record.content."""

    kind: IdentifierKind
    how: str
    """record, exact, normalised, hashed, link, tied, thread, mailbox, nickname, shortened, turned,
    initials, transliterated, marks, typo, phonetic, otherday, otherborn, longer, apart,
    wordlike, words, partial."""
    start: int
    end: int
    recogniser: str


class Match(Artefact):
    """A record that concerns, or may concern, the subject of a request."""

    request_id: str
    record_id: str
    certainty: Certainty
    score: float
    """Log-odds in bits that it is about the person and not about one written alike: -log2 of how
    many records of others in this corpus would hold such evidence by chance (docs/locate.md)."""
    evidence: tuple[Evidence, ...]
    reason: str
    """In words, without any identifier."""


class Decision(Artefact):
    """What a person (or a stated policy) decided about one match that is not certain."""

    request_id: str
    record_id: str
    accepted: bool
    in_part: bool = False
    """Of an accepted one: only the passages about the person are forgotten, the rest is kept."""
    by: str
    at: datetime


class Uncertain(StrEnum):
    """What a run without a person does with the matches a person should decide about.

    Those in somebody else's records (related) are accepted in part.
    """

    ASK = "ask"
    """Stop, so that somebody reviews them; the same command then goes on."""
    ACCEPT = "accept"
    REJECT = "reject"


class Review(Artefact):
    """Everything that was decided about one request's matches, in order; the last one counts."""

    request_id: str
    corpus_digest: str
    """The state of the corpus that was reviewed: decisions about another one do not hold."""
    decisions: tuple[Decision, ...]


class Located(Artefact):
    """The result of `locate` for one request over one corpus."""

    request_id: str
    corpus_digest: str
    matches: tuple[Match, ...]
    record_count: int


class ForgetSet(Artefact):
    """The accepted records of a batch of requests. Ids only: texts stay in the corpus."""

    corpus_digest: str
    records: dict[str, tuple[str, ...]]
    """request id -> record ids, of those forgotten in part too."""
    passages: dict[str, tuple[Stretch, ...]] = Field(default_factory=dict)
    """record id -> what is forgotten of it, as places of `Record.text`; the rest of it is kept.
    A record that is not here is forgotten whole."""
    excluded: tuple[str, ...] = ()
    """Matches a person rejected: in neither set, since training must not hold on to what may yet
    be about the person."""
    forgotten_before: tuple[str, ...] = ()
    """Records that earlier runs forgot for other requests: training must not bring them back, so
    none is kept. Of one that is here and forgotten in part, the rest is not kept either."""

    @property
    def record_ids(self) -> frozenset[str]:
        """Every record that is to be forgotten."""
        return frozenset(record for records in self.records.values() for record in records)

    def in_part(self, request_id: str) -> int:
        """How many of a request's records are forgotten in part."""
        return len(self.passages.keys() & set(self.records.get(request_id, ())))
