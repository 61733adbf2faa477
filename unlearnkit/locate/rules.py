"""How sure it is that a record concerns the subject.

The rules of certainty (`RULES`) are written for readers in docs/locate.md; keep the two alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from unlearnkit.config import LocateSettings
from unlearnkit.corpus.entities import EntityRow
from unlearnkit.domain import Certainty, IdentifierKind
from unlearnkit.locate.hits import Hit, strongest
from unlearnkit.locate.others import MANY_TURNS, SEVERAL_HAVE, Others
from unlearnkit.locate.search import Found
from unlearnkit.locate.ties import Linked, Ties, Value, link

_THREAD = Hit(IdentifierKind.OTHER, "thread", 0, 0, "thread")


@dataclass(frozen=True, slots=True)
class _Case:
    """What is known before the single records are judged."""

    ties: Ties
    own: frozenset[Value]
    """The subject's identifying values, those linked with certainty included; no names."""
    linked: Linked
    named: frozenset[str]
    """Records with the whole name, also where it is a part of a longer one or may be words."""
    name_is_ambiguous: bool
    settings: LocateSettings
    sure: frozenset[str]
    """Records with evidence that is enough whatever else they hold."""
    others: Others


@dataclass(frozen=True, slots=True)
class Verdict:
    """How sure one record is, and by what."""

    certainty: Certainty
    hits: Sequence[Hit]
    doubt: str = ""
    """Why it is not certain."""


@dataclass(frozen=True, slots=True)
class _Matched:
    """A record with evidence, as the rules look at it."""

    record_id: str
    hits: Sequence[Hit]
    case: _Case

    @property
    def full_name(self) -> bool:
        """Whether it has the subject's whole name."""
        return any(hit.full_name for hit in self.hits)

    @property
    def somebody_elses(self) -> frozenset[Value]:
        """Identifiers around it that are somebody else's."""
        return _somebody_elses(self.record_id, self.case.ties, self.case.own)

    @property
    def names_another(self) -> bool:
        """Whether it names somebody else, and not the subject."""
        return self.case.others.named(self.record_id, self.hits)

    def has(self, how: str) -> bool:
        """Whether there is such evidence, a key of `hits.WEIGHTS`."""
        return any(hit.how == how for hit in self.hits)

    def uncertain(self, doubt: str) -> Verdict:
        """That a person is asked, and why."""
        return Verdict(Certainty.UNCERTAIN, self.hits, doubt)


def judge(
    found: Found,
    own: frozenset[Value],
    *,
    ties: Ties,
    places: Callable[[Value], Sequence[EntityRow]],
    settings: LocateSettings,
    others: Others,
    sure: Collection[str] = (),
) -> dict[str, Verdict]:
    """Record id -> verdict, of everything found of one subject and what it leads to.

    `own` are the subject's identifying values, `places` tells where a value stands,
    `others` who else is named, and `sure` records with evidence that is enough whatever else they
    hold.
    """
    case = _open_case(
        ties, own, found, settings, places=places, others=others, sure=frozenset(sure)
    )
    hits = _with_links(found.hits, case, places)
    leading = _holding(hits, lambda hit: hit.how == "link")
    if IdentifierKind.HANDLE in others.known:
        leading |= _holding(hits, lambda hit: hit.full_name)
    others.read(leading | _turns_around(hits, ties))
    judged = {
        record_id: _judge(_Matched(record_id, of_record, case))
        for record_id, of_record in hits.items()
    }
    _add_threads(judged, case)
    return {record_id: verdict for record_id, verdict in judged.items() if verdict is not None}


def _turns_around(record_ids: Iterable[str], ties: Ties) -> frozenset[str]:
    """All turns of the threads that these records are of, but of those that are too long."""
    threads = map(ties.members, {ties.thread_of(one) for one in record_ids})
    return frozenset(turn for turns in threads if len(turns) <= MANY_TURNS for turn in turns)


def _open_case(
    ties: Ties,
    own: frozenset[Value],
    found: Found,
    settings: LocateSettings,
    *,
    places: Callable[[Value], Sequence[EntityRow]],
    others: Others,
    sure: frozenset[str],
) -> _Case:
    named = _holding(found.hits, lambda hit: hit.writes_full_name)
    whole = _holding(found.hits, lambda hit: hit.full_name)
    # Another birthday right behind the name: a namesake's.
    born = _holding(found.hits, lambda hit: hit.how == "otherborn")
    if own:
        identified = _holding(found.hits, lambda hit: hit.identifies)
        linked = link(ties, own, identified, whole)
        linked = others.without_kin_s(linked, identified, places)
        own |= linked.certain
        # Somebody else's identifier beside the name, and none of the subject's: a namesake.
        ambiguous = any(
            _somebody_elses(one, ties, own) and not _has(one, ties, own) for one in named
        )
        ambiguous = ambiguous or not born.issubset(identified)
    else:
        beside = frozenset(value for one in named for value in ties.around(one))
        ambiguous = _several(ties.distinguishing(beside)) or bool(born)
        linked = Linked(frozenset(), frozenset())
        if not ambiguous:
            linked = link(ties, own, whole, whole)
    return _Case(ties, own, linked, named, ambiguous, settings, sure, others)


def _holding(hits: Mapping[str, Iterable[Hit]], such: Callable[[Hit], bool]) -> frozenset[str]:
    """The records with such a hit."""
    return frozenset(one for one, some in hits.items() if any(map(such, some)))


def _several(values: Iterable[Value]) -> bool:
    """More than one customer number; without any, more than one e-mail address."""
    kinds = defaultdict(set)
    for value in values:
        kinds[value.kind].add(value)
    numbers = kinds[IdentifierKind.CUSTOMER_ID]
    return len(numbers or kinds[IdentifierKind.EMAIL]) > 1


def _has(record_id: str, ties: Ties, own: frozenset[Value]) -> bool:
    return bool(ties.around(record_id) & own)


def _somebody_elses(record_id: str, ties: Ties, own: frozenset[Value]) -> frozenset[Value]:
    """Distinguishing identifiers around a record that are not known to be the subject's."""
    return ties.distinguishing(ties.around(record_id) - own)


def _with_links(
    found: dict[str, list[Hit]], case: _Case, places: Callable[[Value], Sequence[EntityRow]]
) -> dict[str, list[Hit]]:
    """The hits and, beside them, the places of linked identifiers."""
    hits = defaultdict(list, {record_id: list(some) for record_id, some in found.items()})
    number = IdentifierKind.CUSTOMER_ID
    numbers = {one for one in case.own | case.linked.uncertain if one.kind is number}
    for value in sorted(case.linked.certain | case.linked.uncertain):
        for row in places(value):
            # A couple's phone leads to what has the phone alone, not to each other's records.
            if value.kind is number or not case.ties.another_customers(row.record_id, numbers):
                how = "link" if value in case.linked.certain else "tied"
                tied = Hit(value.kind, how, row.start, row.end, row.recogniser)
                hits[row.record_id].append(tied)
    return {record_id: strongest(some) for record_id, some in hits.items()}


def _judge(matched: _Matched) -> Verdict | None:
    """How sure it is, or None: the record is somebody else's and does not name the person."""
    return next(rule.verdict(matched) for rule in RULES if rule.applies(matched))


def _is_identified(matched: _Matched) -> bool:
    return _tells_who(matched) or bool(
        matched.case.ties.within(matched.record_id) & matched.case.linked.certain
    )


def _tells_who(matched: _Matched) -> bool:
    """Whether the record itself does, and not what it is linked by."""
    return (
        matched.record_id in matched.case.sure
        or any(hit.identifies for hit in matched.hits)
        or (matched.full_name and any(hit.born for hit in matched.hits))
    )


def _is_of_a_family(matched: _Matched) -> bool:
    """Whether an address or phone is all that tells, beside names with another birthday."""
    telling = {hit.kind for hit in matched.hits if hit.identifies}
    named = {hit.how for hit in matched.hits if hit.writes_full_name}
    sure = matched.record_id in matched.case.sure
    return named == {"otherborn"} and telling.issubset(SEVERAL_HAVE) and not sure


def _identified(matched: _Matched) -> Verdict:
    if _is_of_a_family(matched):
        return matched.uncertain("born")
    if not _tells_who(matched):
        if _unlike(matched):
            return matched.uncertain("born")
        # A couple's phone; or an agent's who signs the person's letters.
        if matched.names_another:
            return matched.uncertain("names another")
    return Verdict(Certainty.CERTAIN, matched.hits)


def _is_tied(matched: _Matched) -> bool:
    """By an uncertain link; where no identifier is known, it is the whole name that links."""
    return matched.has("tied") and (bool(matched.case.own) or not matched.full_name)


def _is_in_own_thread(matched: _Matched) -> bool:
    """Whether its thread has the subject's identifier."""
    ties = matched.case.ties
    in_a_thread = bool(ties.thread_of(matched.record_id))
    return in_a_thread and _has(matched.record_id, ties, matched.case.own)


def _in_own_thread(matched: _Matched) -> Verdict:
    case, hits = matched.case, [*matched.hits, _THREAD]
    if _unlike(matched):
        return Verdict(Certainty.UNCERTAIN, hits, "born")
    doubt = _of_thread(case.ties.thread_of(matched.record_id), case) or _of_turn(matched)
    certainty = Certainty.UNCERTAIN if doubt else Certainty.CERTAIN
    return Verdict(certainty, hits, doubt)


def _of_thread(thread: str, case: _Case) -> str:
    """Why not all turns of a thread with the person's identifier are surely theirs."""
    if _somebody_elses_in(thread, case):
        return "mixed thread"
    return "crowded" if case.others.many_speak(case.ties.members(thread)) else ""


def _of_turn(matched: _Matched) -> str:
    return "names another" if matched.names_another else ""


def _beside_another(matched: _Matched) -> Verdict | None:
    case = matched.case
    # An identifier that occurs once may be a ticket number taken for a customer's.
    established = [value for value in matched.somebody_elses if len(case.ties.records(value)) > 1]
    # In a longer name: languages write nouns with a capital ("meine Nachbarin Mira Holt").
    named = any(hit.writes_full_name for hit in matched.hits)
    if established and (not named or any(_is_namesakes(value, case) for value in established)):
        return None
    if established and (matched.full_name or matched.has("otherday")):
        return Verdict(Certainty.RELATED, matched.hits, "beside another")
    return matched.uncertain("beside another")


def _by_name(matched: _Matched) -> Verdict:
    if matched.case.others.signs_beside(matched.record_id, matched.hits):
        return matched.uncertain("signed")
    if matched.case.settings.accept_unique_full_name:
        return Verdict(Certainty.CERTAIN, matched.hits, "name only")
    return matched.uncertain("name only")


def _weakly(matched: _Matched) -> Verdict:
    doubt = "namesake" if matched.full_name else "born" if _unlike(matched) else "weak"
    return matched.uncertain(doubt)


def _unlike(matched: _Matched) -> bool:
    """Whether each whole name stands beside another date of birth than the person's."""
    return not matched.full_name and (matched.has("otherborn") or matched.has("otherday"))


@dataclass(frozen=True, slots=True)
class CertaintyRule:
    """Which records it decides, and what; None: no match."""

    name: str
    """As docs/locate.md calls it."""
    applies: Callable[[_Matched], bool]
    verdict: Callable[[_Matched], Verdict | None]


RULES = (
    CertaintyRule("Identified", _is_identified, _identified),
    CertaintyRule(
        "Tied",
        lambda matched: _is_tied(matched) or matched.has("mailbox"),
        lambda matched: matched.uncertain("linked" if _is_tied(matched) else "mailbox"),
    ),
    CertaintyRule("Own thread", _is_in_own_thread, _in_own_thread),
    CertaintyRule(
        "Beside another",
        lambda matched: bool(matched.case.own and matched.somebody_elses),
        _beside_another,
    ),
    CertaintyRule(
        "By name",
        lambda matched: matched.full_name and not matched.case.name_is_ambiguous,
        _by_name,
    ),
    CertaintyRule("Weak", lambda _: True, _weakly),
)
"""The rules of certainty; the first that applies decides."""


def _is_namesakes(value: Value, case: _Case) -> bool:
    """Whether this identifier belongs to a person of the same name.

    It does when at least two records carry it together with the whole name, and they are half of
    all records that carry it. Otherwise somebody else's record may just mention the subject.
    """
    ties = case.ties
    numbers = {value, *ties.beside(value)}
    return any(
        len(case.named.intersection(ties.records(one))) >= max(2, len(ties.records(one)) / 2)
        for one in numbers - case.own
        if one.kind is IdentifierKind.CUSTOMER_ID
    )


def _somebody_elses_in(thread: str, case: _Case) -> frozenset[Value]:
    """Somebody else's identifiers in a thread, without what may be any figure."""
    ties = case.ties
    return frozenset(
        value
        for value in ties.distinguishing(ties.of_thread(thread) - case.own)
        if not ties.any_figure(value)
    )


def _add_threads(judged: dict[str, Verdict | None], case: _Case) -> None:
    """The other turns of a thread with a certain match concern the person too."""
    sure = [
        record_id
        for record_id, verdict in judged.items()
        if verdict is not None and verdict.certainty is Certainty.CERTAIN
    ]
    for thread in {case.ties.thread_of(one) for one in sure}:
        doubt = _of_thread(thread, case) if case.own else ""
        if not doubt and not case.ties.of_thread(thread) & case.own:
            doubt = "name only"
        for member in case.ties.members(thread):
            if member in judged:
                continue
            why = doubt or _of_turn(_Matched(member, [], case))
            certainty = Certainty.UNCERTAIN if why else Certainty.CERTAIN
            judged[member] = Verdict(certainty, [_THREAD], why)
