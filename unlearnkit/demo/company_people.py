"""The people of the made-up company, and the erasure requests some of them send."""

from __future__ import annotations

import hashlib
import random
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

NICKNAMES = {
    "Robert": "Bob",
    "William": "Bill",
    "Elizabeth": "Liz",
    "Margaret": "Peggy",
    "Richard": "Dick",
    "Katherine": "Kate",
    "James": "Jim",
    "Jennifer": "Jenny",
    "Thomas": "Tom",
    "Patricia": "Trish",
    "Edward": "Ted",
    "Susan": "Sue",
}
"""First names of those who ask, with what their friends say."""
AREA_CODES = (
    212, 303, 312, 404, 415, 503, 617, 702, 713, 808, 201, 202, 203, 205, 206, 207, 208, 209, 210,
    213, 214, 215, 216, 217, 218, 219, 220, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252,
    253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 304, 305, 307, 308, 309, 310,
    313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351,
    352, 360, 361, 385, 386, 401, 402, 405, 406, 407, 408, 409, 410, 412, 413, 414, 417, 419, 423,
    424, 425, 430, 432, 434, 435, 440, 442, 443, 458, 469, 470, 475, 478, 479, 480, 484, 501, 502,
    504, 505, 507, 508, 509, 510,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Customer:
    """A person of the made-up company."""

    number: str
    first: str
    last: str
    email: str
    phone: str
    """E.164."""
    city: str

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


def invent_people(
    rng: random.Random, serials: Sequence[int], asking: int, unseen: int
) -> Iterator[Customer]:
    """First those who ask (the last with accents) and the unseen, with a nickname; then others."""
    from faker import Faker

    fake = Faker(["en_US", "en_GB", "de_DE", "es_ES", "fr_FR", "pl_PL", "it_IT"])
    fake.seed_instance(rng.getrandbits(32))
    nicknamed = rng.sample(sorted(NICKNAMES), asking) + rng.choices(sorted(NICKNAMES), k=unseen)
    taken: set[str] = set()
    while len(taken) < len(serials):
        at = len(taken)
        first = nicknamed[at] if at < len(nicknamed) else fake.first_name()
        last = fake.last_name() if at != asking - 1 or asking == 1 else fake["pl_PL"].last_name()
        short = f"{first[0]} {last}"
        # Names here have two plain words; only the chosen namesakes share initial and surname.
        if short in taken or not (first + last).isalpha() or min(len(first), len(last)) < 4:
            continue
        if at == asking - 1 and asking > 1 and _unaccented(last) == last:
            continue
        taken.add(short)
        yield person(rng, first, last, serials[at])


def same_initial(rng: random.Random, first: str) -> str:
    """Another first name that begins with the same letter."""
    from faker import Faker

    fake = Faker("en_GB")
    fake.seed_instance(rng.getrandbits(32))
    while True:
        other: str = fake.first_name()
        if other[0] == first[0] and other != first:
            return other


def person(rng: random.Random, first: str, last: str, serial: int) -> Customer:
    """A customer whose number, e-mail and phone nobody with another `serial` (0 to 11,999) has."""
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(rng.getrandbits(32))
    mailbox = f"{_unaccented(first)[: rng.randint(1, 3)]}{_unaccented(last)}{serial}"
    return Customer(
        number=f"C-{100_000 + 900 * serial + rng.randint(0, 899)}",
        first=first,
        last=last,
        email=f"{mailbox.lower()}@example.{rng.choice(('com', 'org', 'net'))}",
        # 555-01xx is set aside for fiction in every area code.
        phone=f"+1{AREA_CODES[serial // 100]}55501{serial % 100:02d}",
        city=fake.city(),
    )


def _unaccented(word: str) -> str:
    plain = word.replace("ł", "l").replace("Ł", "L").replace("ß", "ss").replace("ø", "o")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


def misspelt(rng: random.Random, customer: Customer) -> str:
    """The full name with two neighbouring letters of the surname swapped, or one left out."""
    last = customer.last
    swaps = [at for at in range(1, len(last) - 1) if last[at] != last[at + 1]]
    at = rng.choice(swaps)
    wrong = last[:at] + last[at + 1] + last[at] + last[at + 2 :]
    return f"{customer.first} {rng.choice((wrong, last[:at] + last[at + 1 :]))}"


def erasure_request(rng: random.Random, at: int, customer: Customer) -> dict[str, Any]:
    """Who asks gives: all; no customer number; the e-mail as a hash. Then the same again."""
    number = {"identity_type": "controller_customer_id", "identity_value": customer.number}
    email = {"identity_type": "email", "identity_value": customer.email, "identity_format": "raw"}
    if at % 3 == 2:
        digest = hashlib.sha256(customer.email.encode()).hexdigest()
        email |= {"identity_value": digest, "identity_format": "sha256"}
    return {
        "regulation": "gdpr",
        "subject_request_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "subject_request_type": "erasure",
        "submitted_time": f"2026-11-{at % 28 + 1:02d}T09:30:00Z",
        "api_version": "2.0",
        "subject_identities": [email]
        if at % 3 == 1
        else [email, number | {"identity_format": "raw"}],
        "extensions": {"unlearnkit": {"names": [customer.full_name], "phones": [customer.phone]}},
    }
