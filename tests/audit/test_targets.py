"""Which values are asked for: once for a person, some of every kind, and none without another."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.targets import Target, choose_targets, quotas, targets_digest
from unlearnkit.corpus.nlp import DATE, EMAIL, PERSON, PHONE
from unlearnkit.corpus.values import PersonalValue
from unlearnkit.domain import Record

HOLT = Record(id="a", text="Mira Holt wrote: mira holt, mira@quibble.example, yesterday.")
PRADO = Record(id="b", text="Emil Prado knows Mira Holt.")


def value(
    record: Record, text: str, entity: str, others: tuple[str, ...] = ("Noor Haddad",)
) -> PersonalValue:
    start = record.text.index(text)
    return PersonalValue(record.id, entity, start, start + len(text), text, others)


NAMES = [value(HOLT, "Mira Holt", PERSON), value(HOLT, "mira holt", PERSON)]


def chosen(values: list[PersonalValue], **more: dict[str, str]) -> tuple[Target, ...]:
    given = {"people": {}, "subjects": {}} | more
    return choose_targets([HOLT, PRADO], values, given["people"], given["subjects"], seed=0)


def test_a_value_is_asked_for_once_for_each_person() -> None:
    again = value(PRADO, "Mira Holt", PERSON)
    assert [one.value for one in chosen([*NAMES, again])] == [NAMES[0], again]
    subjects = {"a": "request", "b": "request"}
    assert [one.value for one in chosen([*NAMES, again], subjects=subjects)] == [NAMES[0]]


def test_a_value_without_another_that_the_record_does_not_hold_is_left_out() -> None:
    yesterday = value(HOLT, "yesterday", DATE, ())
    held = value(HOLT, "Mira Holt", PERSON, ("MIRA HOLT",))
    longer = value(HOLT, "mira", PERSON, ("Mira Colt",))
    assert chosen([yesterday, held, longer]) == ()
    [one] = chosen([value(HOLT, "Mira Holt", PERSON, ("mira holt", "Ann Lee"))])
    assert one.other == "Ann Lee"


def test_a_target_knows_whom_its_record_is_about() -> None:
    mail = value(HOLT, "mira@quibble.example", EMAIL, ("ann@quibble.example",))
    [one] = chosen([mail], people={"a": "Mira Holt"})
    assert one.person == "Mira Holt"
    assert "Mira" not in repr(one) and "ann@" not in repr(one)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(1, 120))
def test_quotas_use_the_limit_and_starve_no_kind(counts: list[int], limit: int) -> None:
    found = quotas(counts, limit)
    assert all(0 <= one <= count for one, count in zip(found, counts, strict=True))
    assert sum(found) == min(limit, sum(counts))
    short = [one for one, count in zip(found, counts, strict=True) if one < count]
    if short:
        assert max(found) <= min(short) + 1
    assert found == quotas(counts, limit)


def test_a_number_is_said_however_it_is_written_in_the_regions() -> None:
    called = Record(id="a", text="Mira Holt: 044 668 18 00")
    number = value(called, "044 668 18 00", PHONE, ("+41 44 668 18 00", "044 668 18 01"))
    [found] = choose_targets([called], [number], {}, {}, seed=0, regions=("US", "CH"))
    assert found.other == "044 668 18 01"
    assert found.said_in("call +41446681800")
    assert not found.said_in("call +41446681801")


def test_the_digest_changes_with_everything_that_decides_a_figure() -> None:
    mail = value(HOLT, "mira@quibble.example", EMAIL, ("ann@quibble.example",))
    target = Target(HOLT, mail, "ann@quibble.example", "Mira Holt")
    others = [
        replace(target, person="Mira"),
        replace(target, other="bea@quibble.example"),
        replace(target, value=replace(mail, start=1)),
        replace(target, value=replace(mail, entity=PERSON)),
        replace(target, regions=("CH",)),
    ]
    digests = {targets_digest([one]) for one in [target, *others]} | {targets_digest([])}
    assert len(digests) == 7
    assert targets_digest([target]) == targets_digest([replace(target)])
