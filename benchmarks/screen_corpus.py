"""The corpus that `screen.py` screens: what comes back of who was forgotten, and everybody else's.

Every record is labelled with its kind (SAME, NEW, SPELLINGS, NEGATIVES) and with whose it is.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from faker import Faker

from unlearnkit.corpus.normalise import fold
from unlearnkit.demo.company import Company, LabelledRecord
from unlearnkit.demo.company_people import Customer, person, same_initial
from unlearnkit.demo.company_texts import hard_documents

PHONE = re.compile(r"(?:\+1 )?\(?\d{3}\)?[ .]\d{3}[-. ]\d{4}")
Speller = Callable[[random.Random, Customer], str]


def two_slips(rng: random.Random, one: Customer) -> str:
    """Two letters of the surname left out, which is no single slip."""
    gone = sorted(rng.sample(range(1, len(one.last)), 2))
    return f"{one.first} " + "".join(x for at, x in enumerate(one.last) if at not in gone)


SPELLINGS: dict[str, tuple[str, Speller]] = {
    "number, other signs": ("number", lambda rng, one: rng.choice(numbers(one))),
    "phone, other signs": ("phone", lambda rng, one: rng.choice(phones(one))),
    "e-mail, capitals or mailto": ("name", lambda rng, one: rng.choice(mails(one))),
    "e-mail with a tag": ("name", lambda _, one: one.email.replace("@", "+shop@")),
    "name in capitals, turned round or without accents": (
        "name",
        lambda rng, one: rng.choice(names(one)),
    ),
    "name with a middle initial": (
        "name",
        lambda rng, one: f"{one.first} {rng.choice('ABEJKM')}. {one.last}",
    ),
    "name with a middle name": (
        "name",
        lambda rng, one: f"{one.first} {rng.choice(('Ann', 'Lee', 'Kay'))} {one.last}",
    ),
    "surname with two slips": ("name", two_slips),
    "first name with a slip": (
        "name",
        lambda rng, one: f"{one.first[0]}{one.first[2:]} {one.last}",
    ),
    "first name alone": ("name", lambda _, one: one.first),
    "surname alone": ("name", lambda _, one: one.last),
}
"""Kind -> what is replaced in a record that has nothing else of the person, and by what."""
NEW = {
    "signed": "new mail, signed with everything",
    "thread_named": "new chat, turn with name and number",
    "thread_unnamed": "new chat, turn that names nobody",
    "thread_nickname": "new chat, turn with the nickname",
    "number_only": "new note, customer number alone",
    "phone": "new note, phone alone",
    "colleague": "new note, full name alone",
    "nickname": "new note, nickname and surname",
    "initials": "new note, initial and surname",
    "typo": "new note, surname with a slip",
}
"""What makes a record of the generator hard to find -> the kind of a new one."""
SAME = "the same record"
NEGATIVES = {
    "namesake": "a namesake's, with identifiers of their own",
    "namesake named": "a namesake's, full name alone",
    "near": "same initial and surname",
    "others": "everybody else's",
}
"""Kinds of records that are about nobody who was forgotten."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record to be screened, whose it is, and what kind of return it is."""

    id: str
    text: str
    group: str
    kind: str
    owner: str
    """Customer number of who was forgotten; empty for negatives."""


def returned(company: Company, rng: random.Random) -> Iterator[Labelled]:
    """Everything of the new corpus, positives first."""
    fake = Faker(["en_US", "en_GB"])
    fake.seed_instance(rng.getrandbits(32))
    asked = {one.number for one in company.asking}
    for record in company.records:
        owner = next(iter(record.concerns & asked), "")
        yield _same(record, owner)
    for at, customer in enumerate(company.asking):
        yield from _new(rng, fake, customer, f"new-{at}")
        yield from _respelt(rng, fake, customer, f"respelt-{at}")
    for at, (kind, one) in enumerate(_strangers(company, rng)):
        for new in _new(rng, fake, one, f"{kind}-{at}"):
            named = kind == "namesake" and new.kind == NEW["colleague"]
            label = NEGATIVES["namesake named" if named else kind]
            yield Labelled(new.id, new.text, new.group, label, "")


def _same(record: LabelledRecord, owner: str) -> Labelled:
    kind = SAME if owner else NEGATIVES["others"]
    return Labelled(record.id, record.text, record.group, kind, owner)


def _new(rng: random.Random, fake: Any, customer: Customer, prefix: str) -> Iterator[Labelled]:
    for number, (_, pieces) in enumerate(hard_documents(rng, fake, customer)):
        group = f"{prefix}-{number}"
        for turn, (_, hardness, text) in enumerate(pieces):
            thread = group if len(pieces) > 1 else ""
            yield Labelled(f"{group}-{turn}", text, thread, NEW[hardness], customer.number)


def _respelt(rng: random.Random, fake: Any, customer: Customer, prefix: str) -> Iterator[Labelled]:
    """One record for each of SPELLINGS, with nothing else of the person in it."""
    for number, (kind, (what, spelt)) in enumerate(SPELLINGS.items()):
        pieces = [piece for _, some in hard_documents(rng, fake, customer) for piece in some]
        texts = {hardness: text for _, hardness, text in pieces}
        text = {
            "number": texts["number_only"].replace(customer.number, "\x00"),
            "phone": PHONE.sub("\x00", texts["phone"], count=1),
            "name": texts["colleague"].replace(customer.full_name, "\x00"),
        }[what]
        assert "\x00" in text
        filled = text.replace("\x00", spelt(rng, customer))
        yield Labelled(f"{prefix}-{number}", filled, "", kind, customer.number)


def _strangers(company: Company, rng: random.Random) -> Iterator[tuple[str, Customer]]:
    """For each who asked a namesake and one of the same initial and surname."""
    # As `person` makes a number of a serial, which no two people may share.
    taken = {(int(one.number[2:]) - 100_000) // 900 for one in company.customers}
    free = [at for at in range(1000) if at not in taken]
    for one in company.asking:
        serials = [free.pop(rng.randrange(len(free))) for _ in range(2)]
        yield "namesake", person(rng, one.first, one.last, serials[0])
        yield "near", person(rng, same_initial(rng, one.first), one.last, serials[1])


def numbers(one: Customer) -> list[str]:
    digits = one.number[2:]
    return [
        f"c-{digits}",
        f"C {digits}",
        f"C{digits}",
        f"C_{digits}",
        f"C-{digits[:3]} {digits[3:]}",
    ]


def phones(one: Customer) -> list[str]:
    area, office, line = one.phone[2:5], one.phone[5:8], one.phone[8:]
    return [
        f"{area}/{office} {line}",
        f"001 {area} {office} {line}",
        f"+1-{area}-{office}-{line}",
        f"{area}{office}{line}",
    ]


def mails(one: Customer) -> list[str]:
    return [one.email.upper(), f"<{one.email.capitalize()}>", f"mailto:{one.email}"]


def names(one: Customer) -> list[str]:
    return [one.full_name.upper(), f"{one.last}, {one.first}", fold(one.full_name)]
