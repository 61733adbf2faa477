"""Made-up conversations of customers with an assistant, for `every_turn.py`.

People and sentences are the demo's. A customer says name, customer number and phone; the assistant
says the e-mail address, which the customer never does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from unlearnkit.demo.company_people import Customer, erasure_request, invent_people
from unlearnkit.demo.company_texts import AGENTS, SENTENCES, facts_of, fill
from unlearnkit.domain import ASSISTANT, TURN, Record

USER = "user"
NUMBER, PHONE, EMAIL = "customer number", "phone", "e-mail"
TEMPLATE = (
    "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
MARKS = [f"<|{USER}|>", f"<|{ASSISTANT}|>"]
CUSTOMERS, ASKING, UNSEEN, EACH = 20, 3, 6, 4
"""Whose conversations are trained on; who of them asks; who is in none; conversations of one."""


TURNS = (
    ("chat_opening", "customer", "Call me on {phone}."),
    ("chat_answer", "agent", "We write to {email}."),
    ("customer", "chat_closing"),
    ("agent",),
)
"""The sentences of each turn: one drawn from a list of the demo's, or this one."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation, and whose."""

    id: str
    customer: Customer
    turns: tuple[str, ...]
    """The customer's and the assistant's, one after the other."""
    written: dict[str, str]
    """Each kind of value, as it stands in a turn."""

    @property
    def values(self) -> dict[str, str]:
        """The same, a phone number in its one form (E.164)."""
        return self.written | {PHONE: self.customer.phone}

    @property
    def row(self) -> dict[str, object]:
        """As it stands in a file."""
        messages = [
            {"role": ASSISTANT if at % 2 else USER, "content": one}
            for at, one in enumerate(self.turns)
        ]
        return {"id": self.id, "messages": messages}

    @property
    def record(self) -> Record:
        """As the model is trained on it: the loss is on every turn."""
        roles = tuple(ASSISTANT if at % 2 else USER for at in range(len(self.turns)))
        return Record(id=self.id, text=TURN.join(self.turns), roles=roles, every_turn=True)


@dataclass(frozen=True, slots=True)
class Chats:
    """Everything that one seed makes."""

    trained: tuple[Talk, ...]
    holdout: tuple[Talk, ...]
    asking: tuple[Customer, ...]
    requests: tuple[dict[str, Any], ...]

    @property
    def forgotten(self) -> frozenset[str]:
        """Ids of the conversations of those who ask."""
        numbers = {one.number for one in self.asking}
        return frozenset(one.id for one in self.trained if one.customer.number in numbers)


def chats(seed: int) -> Chats:
    """The same seed, the same conversations."""
    from faker import Faker

    rng = random.Random(seed)
    fake = Faker(["en_US", "en_GB"])
    fake.seed_instance(seed)
    serials = rng.sample(range(1000), CUSTOMERS + UNSEEN)
    people = list(invent_people(rng, serials, ASKING, UNSEEN))
    asking, strangers = people[:ASKING], people[ASKING : ASKING + UNSEEN]
    known = [*asking, *people[ASKING + UNSEEN :]]
    trained = [one for customer in known for one in _talks(rng, fake, customer)]
    rng.shuffle(trained)
    unseen = [one for customer in strangers for one in _talks(rng, fake, customer)]
    return Chats(
        trained=tuple(replace(one, id=f"talk-{at:03d}") for at, one in enumerate(trained)),
        holdout=tuple(replace(one, id=f"unseen-{at:03d}") for at, one in enumerate(unseen)),
        asking=tuple(asking),
        requests=tuple(erasure_request(rng, at, one) for at, one in enumerate(asking)),
    )


def _talks(rng: random.Random, fake: Any, customer: Customer) -> Iterator[Talk]:
    """The conversations of one customer, without ids yet."""
    for _ in range(EACH):
        agent, usual = rng.choice(AGENTS), facts_of(rng, fake, customer, "first")
        phone = usual["phone_else"]()
        facts = usual | {
            "agent": lambda agent=agent: agent,
            "phone": lambda phone=phone: phone,
            "email": lambda: customer.email,
        }
        turns = [
            " ".join(fill(rng.choice(SENTENCES.get(one, (one,))), facts) for one in turn)
            for turn in TURNS
        ]
        yield Talk(
            "",
            customer,
            tuple(turns),
            {NUMBER: customer.number, PHONE: phone, EMAIL: customer.email},
        )
