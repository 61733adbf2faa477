"""Which identifiers belong together, and which of them lead to more of a person's records."""

from __future__ import annotations

from collections.abc import Collection

from unlearnkit.corpus.entities import EntityRow
from unlearnkit.domain import IdentifierKind, Record
from unlearnkit.locate.ties import Linked, Ties, Value, by_value, link, tie

ENTITIES = {
    IdentifierKind.EMAIL: "EMAIL_ADDRESS",
    IdentifierKind.PHONE: "PHONE_NUMBER",
    IdentifierKind.CUSTOMER_ID: "CUSTOMER_ID",
}


def email(name: str) -> Value:
    return Value(IdentifierKind.EMAIL, name)


def phone(name: str) -> Value:
    return Value(IdentifierKind.PHONE, name)


def number(name: str) -> Value:
    return Value(IdentifierKind.CUSTOMER_ID, name)


MINE, YOURS = email("mine"), email("yours")


def ties(*records: set[Value], threads: dict[str, str] | None = None) -> Ties:
    """Record 1 holds the first values, and so on; `threads` says who belongs to which."""
    rows = [
        EntityRow(str(at), 0, 1, ENTITIES[value.kind], 1.0, "test", value.hash)
        for at, values in enumerate(records, start=1)
        for value in sorted(values)
    ]
    threads = threads or {}
    corpus = [
        Record(id=str(at), text="x", group=threads.get(str(at), ""))
        for at in range(1, len(records) + 1)
    ]
    return tie(by_value(rows), corpus, shared_after=3)


def linked(tied: Ties, *own: Value, tying: set[str], named: Collection[str] = ()) -> Linked:
    return link(tied, frozenset(own), tying, named)


def test_the_values_around_a_record_are_its_own_or_else_its_thread_s() -> None:
    tied = ties({MINE}, set(), {number("A")}, set(), threads={"1": "t", "2": "t", "3": "t"})
    assert tied.around("1") == {MINE}
    assert tied.around("2") == {MINE, number("A")} == tied.of_thread("t")
    assert tied.around("4") == frozenset()
    assert list(tied.members("t")) == ["1", "2", "3"]


def test_beside_is_what_a_record_has_together() -> None:
    tied = ties({MINE, number("A")}, {MINE, phone("1")}, {YOURS})
    assert tied.beside(MINE) == {number("A"), phone("1")}
    assert tied.beside(email("nobody's")) == frozenset()


def test_an_address_beside_many_customers_is_the_company_s() -> None:
    care = email("care")
    some = [{care, number(one)} for one in "AB"]
    assert not ties(*some).shared(care)
    assert ties(*some, {care, number("C")}).shared(care)
    assert ties({care, email("1"), email("2"), email("3")}).shared(care)
    assert ties(*some, {care, number("C")}).distinguishing([care, MINE, number("A")]) == {
        MINE,
        number("A"),
    }


def test_a_customer_number_is_never_shared() -> None:
    tied = ties(*({number("A"), number(one), email(one)} for one in "BCDE"))
    assert not tied.shared(number("A"))


def test_a_phone_number_seen_once_may_be_any_figure() -> None:
    tied = ties({phone("once"), email("once")}, {phone("twice")}, {phone("twice")})
    assert tied.any_figure(phone("once"))
    assert not tied.any_figure(phone("twice"))
    assert not tied.any_figure(email("once"))


# --- links -----------------------------------------------------------------------------------


def test_a_kind_the_request_does_not_give_is_linked_by_one_record() -> None:
    tied = ties({MINE, number("A")}, {number("A")})
    assert linked(tied, MINE, tying={"1"}) == Linked(frozenset({number("A")}), frozenset())


def test_a_kind_the_request_gives_is_not_followed() -> None:
    tied = ties({MINE, YOURS}, {YOURS})
    assert linked(tied, MINE, tying={"1"}) == Linked(frozenset(), frozenset())


def test_of_two_of_a_kind_neither_is_certain() -> None:
    tied = ties({MINE, number("A"), number("B")}, {number("A")}, {number("B")})
    assert linked(tied, MINE, tying={"1"}) == Linked(
        frozenset(), frozenset({number("A"), number("B")})
    )


def test_what_also_stands_beside_something_else_is_for_a_person_to_judge() -> None:
    for other in (YOURS, phone("1")):
        tied = ties({MINE, number("A")}, {other, number("A")}, {other})
        assert linked(tied, MINE, tying={"1"}) == Linked(frozenset(), frozenset({number("A")}))


def test_where_many_of_a_kind_stand_together_what_others_use_too_is_not_linked() -> None:
    listed = {MINE, *map(number, "ABC")}
    others = [{number(one), email(one)} for one in "AB"]
    assert linked(ties(listed, *others), MINE, tying={"1"}) == Linked(
        frozenset(), frozenset({number("C")})
    )


def test_a_figure_seen_once_is_not_counted_among_many_of_a_kind() -> None:
    tied = ties({MINE, phone("1"), phone("2")}, {MINE, phone("3")}, {phone("1"), number("A")})
    assert phone("1") in linked(tied, MINE, tying={"1", "2"}).uncertain


def test_what_stands_beside_somebody_s_identifier_is_not_certain_even_beside_the_own() -> None:
    tied = ties({MINE, number("A")}, {MINE, YOURS, number("A")})
    assert linked(tied, MINE, tying={"1", "2"}).uncertain == {number("A")}


def test_the_company_s_address_beside_it_leaves_a_link_certain() -> None:
    care = email("care")
    tied = ties({MINE, care, number("A")}, *({care, number(one)} for one in "BCD"))
    assert linked(tied, MINE, tying={"1"}).certain == {number("A")}


def test_a_phone_is_certain_by_the_whole_name_or_by_two_records() -> None:
    one, two = {number("A"), phone("1")}, {phone("1")}
    once = ties(one, two)
    assert linked(once, number("A"), tying={"1"}).uncertain == {phone("1")}
    assert linked(once, number("A"), tying={"1"}, named={"1"}).certain == {phone("1")}
    assert linked(once, number("A"), tying={"1"}, named={"2"}).uncertain == {phone("1")}
    assert linked(ties(one, one, two), number("A"), tying={"1", "2"}).certain == {phone("1")}


def test_a_thread_ties_once() -> None:
    one = {number("A"), phone("1")}
    tied = ties(one, one, {phone("1")}, threads={"1": "t", "2": "t"})
    assert linked(tied, number("A"), tying={"1", "2"}).uncertain == {phone("1")}


def test_what_two_customers_share_is_never_certain() -> None:
    shared = {number("A"), number("B"), phone("1")}
    tied = ties(shared, shared, {phone("1")})
    assert linked(tied, number("A"), tying={"1", "2"}, named={"1"}).uncertain == {phone("1")}
    one, other = ({MINE, number(which), phone("1")} for which in "AB")
    assert phone("1") in linked(ties(one, other), MINE, tying={"1", "2"}).uncertain


def test_what_the_company_shares_is_not_linked() -> None:
    hotline = phone("hotline")
    tied = ties({MINE, hotline, number("A")}, {hotline, number("B")}, {hotline, number("C")})
    assert linked(tied, MINE, tying={"1"}).certain == {number("A")}


def test_a_figure_that_may_be_a_phone_number_leaves_the_link_to_a_person() -> None:
    tied = ties({MINE, number("A")}, {number("A"), phone("or an order")}, {number("A")})
    assert linked(tied, MINE, tying={"1"}) == Linked(frozenset(), frozenset({number("A")}))


def test_of_two_of_a_kind_neither_is_certain_though_others_use_one() -> None:
    tied = ties({MINE, number("A"), number("B")}, {number("B"), YOURS}, {number("A")})
    assert linked(tied, MINE, tying={"1"}) == Linked(
        frozenset(), frozenset({number("A"), number("B")})
    )


def test_a_link_through_a_name_alone_is_never_certain() -> None:
    tied = ties({number("A")}, {number("A")})
    assert linked(tied, tying={"1"}) == Linked(frozenset(), frozenset({number("A")}))


def test_whether_an_address_is_the_company_s_is_asked_of_its_first_records_alone() -> None:
    """It may stand in every record, and each has to be read."""
    address = Value(IdentifierKind.EMAIL, "shared")
    read = []

    def of_record(record_id: str) -> tuple[Value, ...]:
        read.append(record_id)
        return (address, Value(IdentifierKind.CUSTOMER_ID, record_id))

    every = [str(at) for at in range(1000)]
    found = Ties(
        of_record,
        lambda _: every,
        lambda _: iter(every),
        thread_of=lambda _: "",
        members=lambda _: (),
        shared_after=3,
    )
    assert found.shared(address)
    assert read == every[:3]
