"""The training records, which of them concern a person, and what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from unlearnkit.domain.artefact import Artefact
from unlearnkit.domain.requests import IdentifierKind

ASSISTANT = "assistant"
"""The role whose turns a chat model is trained to say."""

TURN = "\n\x1e\n"
"""Between the turns in a conversation's text; U+001E is in no message that is read."""


@dataclass(frozen=True, slots=True)
class Record:
    """One training record. The loss is on `text`; `prompt` is context the model is given.

    Of a conversation `text` holds every turn, and the loss is on the assistant's.
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

    @property
    def content(self) -> str:
        """What is searched for personal data: prompt and text."""
        return f"{self.prompt}\n{self.text}" if self.prompt else self.text

    @property
    def messages(self) -> list[dict[str, str]]:
        """A conversation's turns with role and content, as chat templates take them; else none."""
        turns = self.text.split(TURN) if self.roles else []
        return [
            {"role": role, "content": content}
            for role, content in zip(self.roles, turns, strict=True)
        ]

    @property
    def learned(self) -> str:
        """What the loss is on: the text, or the assistant's turns of it."""
        if not self.roles:
            return self.text
        return TURN.join(one["content"] for one in self.messages if one["role"] == ASSISTANT)


class Certainty(StrEnum):
    """How sure a match is. Certain ones are accepted; uncertain ones go to a person."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"


class Evidence(Artefact):
    """One reason why a record concerns a subject; spans are into Record.content."""

    kind: IdentifierKind
    how: str
    """exact, normalised, hashed, nickname, initials, partial, typo, link, thread, mailbox."""
    start: int
    end: int
    recogniser: str


class Match(Artefact):
    """A record that concerns, or may concern, the subject of a request."""

    request_id: str
    record_id: str
    certainty: Certainty
    score: float
    """0 to 1: the strongest evidence's weight as written in docs/locate.md; no probability."""
    evidence: tuple[Evidence, ...]
    reason: str
    """In words, without any identifier."""


class Decision(Artefact):
    """What a person (or a stated policy) decided about one uncertain match."""

    request_id: str
    record_id: str
    accepted: bool
    by: str
    at: datetime


class Uncertain(StrEnum):
    """What a run without a person does with the matches a person should decide about."""

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
    """request id -> record ids."""
    excluded: tuple[str, ...] = ()
    """Matches a person rejected: in neither set, since training must not hold on to what may yet
    be about the person."""

    @property
    def record_ids(self) -> frozenset[str]:
        """Every record that is to be forgotten."""
        return frozenset(record for records in self.records.values() for record in records)
