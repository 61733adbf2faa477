"""What is kept of a person who was forgotten: keyed hashes that tell when they are back.

Three sources: the identifiers of the request; what the person's own records held that identifies
them, as far as `locate` rested on it; and the records themselves. A name is kept in the ways it may
be written (`names.py`), and its first word by itself, without which every word of a text would have
to be tried. No plain value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from unlearnkit.corpus.entities import KINDS, EntityRow
from unlearnkit.corpus.nlp import CUSTOMER, DATE, EMAIL, PHONE
from unlearnkit.corpus.normalise import fold, mailbox, normalise
from unlearnkit.corpus.numbers import NUMBERS as STANDARDS
from unlearnkit.domain import Evidence, Forgotten, Identifier, IdentifierKind, Match, Record
from unlearnkit.locate.addresses import with_at
from unlearnkit.locate.hits import IDENTIFYING
from unlearnkit.locate.identifiers import GROUPED, as_number, in_groups
from unlearnkit.locate.names import SPELLINGS, Name, parse_name, pieces, without_mc
from unlearnkit.locate.nicknames import nicknames
from unlearnkit.locate.phrases import HANDLES, NAMES, NUMBERS, TOGETHER, WORDS, Writing
from unlearnkit.locate.scripts import in_latin
from unlearnkit.locate.short_names import short_forms
from unlearnkit.pseudonym import keyed_hash

FULL_NAME = IdentifierKind.NAME.value
REVERSED, NICKNAME, INITIALS, OPEN_INITIALS, PARTIAL, SHORTENED, ABBREVIATED, IN_LATIN = (
    f"{FULL_NAME}:{how}"
    for how in (
        *("reversed", "nickname", "initials", "open-initials"),
        *("partial", "shortened", "abbreviated", "latin"),
    )
)
"""Initials are open where a second one may stand that the request does not give."""
SLIP, SLIP_LEAD, MAILBOX, NATIONAL, RECORD = "slip", "slip:lead", "mailbox", "national", "record"
UNNAMED = f"{RECORD}:unnamed"
"""A record in which nothing of the person stands, such as an automatic reply in their thread."""
FEWEST_WORDS = 8
TELLING = (IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CUSTOMER_ID)
SHORTEST_SLIP = 4
"""Letters of a name: one of fewer is a letter away from too many others."""
SHORTEST_NATIONAL = 9
"""Digits of a phone number without its country's code that hardly stand for anything else."""
_OWN, _LINKED = ("exact", "normalised", "hashed", "mailbox"), ("link", "tied")
"""Evidence that is an identifier of the person, whole; and one that a record ties to them."""
Place = tuple[str, Evidence]
"""A record's id, and what stands in it."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The matches of a request, as they were decided."""

    accepted: Sequence[Match]
    rejected: Sequence[Match] = ()

    def listed(
        self, lines: Callable[[Iterable[Place]], frozenset[Forgotten]]
    ) -> frozenset[Forgotten]:
        """The lines of what accepted records hold of the person.

        A linked identifier is not listed where a record with it was rejected, and one that is
        linked without certainty only where an accepted record rests on it: a friend's phone in the
        person's own mail is the friend's.
        """
        own = lines(_places(self.accepted, _OWN))
        linked = lines(_places(self.accepted, ("link",))) | lines(_places(self._resting, ("tied",)))
        return own | (linked - lines(_places(self.rejected, _LINKED)))

    @property
    def _resting(self) -> Iterator[Match]:
        """The accepted matches without an identifier of their own."""
        for match in self.accepted:
            if not any(one.kind in IDENTIFYING and one.how in _OWN for one in match.evidence):
                yield match


def _places(matches: Iterable[Match], how: Collection[str]) -> Iterator[Place]:
    return ((one.record_id, piece) for one in matches for piece in one.evidence if piece.how in how)


def of_request(
    request_id: str, identifiers: Sequence[Identifier], key: bytes, regions: Sequence[str]
) -> frozenset[Forgotten]:
    """What is kept of the identifiers in a request; `regions` as the index was made with."""
    return frozenset(
        Forgotten(request_id, kind, keyed_hash(key, namespace(kind), plain))
        for one in identifiers
        for kind, plain in _kept(one, regions)
        if plain
    )


def of_records(
    request_id: str,
    reviewed: Reviewed,
    records: Mapping[str, Record],
    key: bytes,
    regions: Sequence[str],
) -> frozenset[Forgotten]:
    """What is kept of the records that were accepted as the person's; `records` are the corpus.

    The e-mail addresses, phones and customer numbers that the matches rest on: linked ones, and
    those of which the request gave a digest. And each record that says enough to be told by its
    words, and that no other record repeats; apart those in which nothing of the person stands,
    whose words may be anybody's tomorrow.
    """

    def lines(places: Iterable[Place]) -> frozenset[Forgotten]:
        held = (
            (one.kind, records[record_id].content[one.start : one.end])
            for record_id, one in places
            if one.kind in TELLING
        )
        plain = (
            Identifier(kind, with_at(text) if kind is IdentifierKind.EMAIL else text)
            for kind, text in held
        )
        return of_request(request_id, tuple(plain), key, regions)

    mine = {match.record_id: _names(match) for match in reviewed.accepted}
    others = {same_words(one.content) for one in records.values() if one.id not in mine}
    own = {
        (RECORD if named else UNNAMED, words)
        for one, named in mine.items()
        if (words := same_words(records[one].content)) and words not in others
    }
    return reviewed.listed(lines) | {
        Forgotten(request_id, kind, keyed_hash(key, RECORD, words)) for kind, words in own
    }


def _names(match: Match) -> bool:
    """Whether something of the person stands in the record itself, and not only in its thread."""
    return any(one.how != "thread" for one in match.evidence)


def of_rows(request_id: str, reviewed: Reviewed, rows: Sequence[EntityRow]) -> frozenset[Forgotten]:
    """The same where the records are no longer there: what the index's rows have of it."""

    def lines(places: Iterable[Place]) -> frozenset[Forgotten]:
        held = {(record_id, one.start, one.end) for record_id, one in places}
        return frozenset(
            Forgotten(request_id, KINDS[row.entity].value, row.hash)
            for row in rows
            if row.entity in (EMAIL, PHONE, CUSTOMER)
            and (row.record_id, row.start, row.end) in held
        )

    return reviewed.listed(lines)


def same_words(content: str) -> str:
    """A record's words in one spelling; empty where they are so few that anybody may say them."""
    words = WORDS.plain(content)
    return words if words.count(" ") >= FEWEST_WORDS - 1 else ""


def namespace(kind: str) -> str:
    """What a kind is hashed as: all spellings of a name alike, a digest apart from its value."""
    name, _, how = kind.partition(":")
    return kind if how in ("lead", "md5", "sha1", "sha256") else name


def slips(word: str) -> frozenset[str]:
    """The word, and it without one of its letters.

    Two words that share one are a slip apart: a letter more, less, other, or two that changed
    places (symmetric deletion, W. Garbe's SymSpell, with distance 1).
    """
    return frozenset({word, *(word[:at] + word[at + 1 :] for at in range(len(word)))})


def _kept(one: Identifier, regions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(kind, plain value) of everything that is kept of one identifier."""
    if one.format != "raw":
        yield f"{one.kind.value}:{one.format}", one.value.strip().casefold()
        return
    value = normalise(one.kind, one.value, regions)
    match one.kind:
        case IdentifierKind.EMAIL:
            yield one.kind.value, value
            yield MAILBOX, mailbox(value)
        case IdentifierKind.PHONE:
            yield one.kind.value, value
            yield NATIONAL, _national(value)
        case IdentifierKind.CUSTOMER_ID:
            yield from _phrase(NUMBERS, one.kind.value, one.value)
            for groups in in_groups(NUMBERS.first(one.value)):
                yield NUMBERS.lead, groups.partition(GROUPED)[0]
        case IdentifierKind.NAME:
            yield FULL_NAME if " " in value else PARTIAL, value
            yield from _name(one.value)
            if latin := in_latin(one):
                yield from _name_in_latin(latin.value)
        case IdentifierKind.HANDLE:
            yield from _phrase(HANDLES, one.kind.value, one.value)
        case IdentifierKind.DATE_OF_BIRTH:
            yield DATE, STANDARDS[DATE](one.value)
        case IdentifierKind.ADDRESS:
            yield from _phrase(WORDS, one.kind.value, one.value)
        case IdentifierKind.OTHER:
            detected = dict(as_number(one.value))
            yield from detected.items()
            # The rows of these are in every index; of countries only where they were chosen.
            if not any(detected.get(entity) for entity in STANDARDS):
                yield from _phrase(WORDS, one.kind.value, one.value)


def _phrase(writing: Writing, kind: str, value: str) -> Iterator[tuple[str, str]]:
    yield kind, writing.plain(value)
    yield writing.lead, writing.first(value)


def _national(value: str) -> str:
    """The digits without the country's code; empty where they are few."""
    import phonenumbers

    try:
        digits = phonenumbers.national_significant_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        digits = value
    return digits if len(digits) >= SHORTEST_NATIONAL else ""


def _name(raw: str) -> Iterator[tuple[str, str]]:
    parsed = parse_name(raw)
    if parsed is None:
        return
    for kind, text in _spellings(parsed):
        yield from _phrase(NAMES, kind, text)
    for text in run_together(parsed.words):
        yield from _phrase(TOGETHER, TOGETHER.name, text)
    if len(parsed.words) > 1:
        yield from _slips(NAMES.plain(parsed.first), NAMES.plain(parsed.last))


def _name_in_latin(raw: str) -> Iterator[tuple[str, str]]:
    """A name of another script as a passport has it, the surname first or last."""
    parsed = parse_name(raw)
    if parsed is not None and len(parsed.words) > 1:
        for kind, text in _spellings(parsed):
            if kind in (FULL_NAME, REVERSED):
                yield from _phrase(NAMES, IN_LATIN, text)


def run_together(words: Sequence[str]) -> Iterator[str]:
    """A Chinese, Japanese or Korean name, which texts write without spaces, surname first or last.

    None of one character: it is in too many words.
    """
    whole = "".join(words)
    if len(whole) > 1 and all(TOGETHER.word.fullmatch(one) for one in whole):
        yield whole
        if len(words) > 1:
            yield "".join((*words[1:], words[0]))
            yield "".join((words[-1], *words[:-1]))


def _slips(first: str, last: str) -> Iterator[tuple[str, str]]:
    """A slip in one of the two; where it is in the first name, no first word tells of it."""
    if len(last) >= SHORTEST_SLIP:
        for slip in slips(last):
            yield SLIP, f"{first} {slip}"
    if len(first) >= SHORTEST_SLIP:
        for slip in slips(first):
            yield SLIP, f"{slip} {last}"
            yield SLIP_LEAD, slip


def _spellings(name: Name) -> Iterator[tuple[str, str]]:
    first, last, whole = name.first, name.last, " ".join(name.words)
    if len(name.words) == 1:
        yield PARTIAL, first
        return
    yield FULL_NAME, whole
    yield FULL_NAME, "".join(SPELLINGS.get(one.casefold(), one) for one in whole)
    for at in range(1, len(name.words)):
        yield REVERSED, " ".join((*name.words[at:], *name.words[:at]))
        yield REVERSED, " ".join((*name.words[at:], first))
    for piece in pieces(last):
        yield PARTIAL, f"{first} {piece}"
    for piece in pieces(first):
        yield PARTIAL, f"{piece} {last}"
    if (rest := without_mc(last)) != last:
        yield PARTIAL, f"{first} {last.removesuffix(rest)} {rest}"
    for short in nicknames(fold(first).casefold()):
        yield NICKNAME, f"{short} {last}"
    open_or_not = OPEN_INITIALS if len(name.words) == 2 else INITIALS
    yield open_or_not, f"{first[0]} {last}"
    yield INITIALS, f"{first} {last[0]}"
    for at in range(1, len(name.words)):
        for given in range(1, at + 1):
            letters = (word[0] for word in name.words[:given])
            yield open_or_not, " ".join((*name.words[at:], *letters))
    if len(name.words) > 2:
        yield INITIALS, " ".join([*(word[0] for word in name.words[:-1]), last])
        yield INITIALS, " ".join([first[0], *name.words[1:]])
        yield INITIALS, " ".join([first, *(word[0] for word in name.words[1:-1]), last])
        yield PARTIAL, f"{first} {last}"
    for text, initials in short_forms(name.words):
        yield ABBREVIATED if initials else SHORTENED, text
