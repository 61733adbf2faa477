"""A made-up company's customer records with everything that makes finding a person hard.

Names, addresses and cities come from Faker, the sentences from the lists below; one seed gives one
company. The true owners of each record are known, so `locate` can be scored against them.
Texts combine sentences and facts at random on purpose: a model that never saw a record must not be
able to guess it from the others, or forgetting could not be told from generalising.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import json_lines, write_atomic
from unlearnkit.demo.company_people import (
    NICKNAMES,
    Customer,
    erasure_request,
    invent_people,
    person,
    same_initial,
)
from unlearnkit.demo.company_texts import Document, hard_documents, usual_documents
from unlearnkit.domain import Record


@dataclass(frozen=True, slots=True)
class LabelledRecord:
    """A record with the truth about it, which the files for unlearnkit do not carry."""

    id: str
    text: str
    group: str
    concerns: frozenset[str]
    """Customer numbers of everybody the record is about."""
    hardness: str
    """What it takes to find it: signed, phone, thread_named, thread_unnamed, thread_nickname,
    number_only, colleague, typo, nickname, initials."""

    @property
    def record(self) -> Record:
        """What the model is trained on."""
        return Record(id=self.id, text=self.text, group=self.group)


@dataclass(frozen=True, slots=True)
class Company:
    """Everything `build_company` made."""

    records: tuple[LabelledRecord, ...]
    customers: tuple[Customer, ...]
    asking: tuple[Customer, ...]
    """Who sent `requests`, in the same order."""
    holdout: tuple[LabelledRecord, ...]
    """Records of customers who are nowhere in `records`: what the model never saw."""
    requests: tuple[dict[str, Any], ...]
    """OpenDSR 2.0 erasure requests."""

    def truth(self) -> dict[str, tuple[str, ...]]:
        """Request id -> ids of the records that concern who asks."""
        return {
            request["subject_request_id"]: tuple(
                record.id for record in self.records if customer.number in record.concerns
            )
            for request, customer in zip(self.requests, self.asking, strict=True)
        }


@dataclass(frozen=True, slots=True)
class CompanyFiles:
    """Where `write_company` put things."""

    records: Path
    holdout: Path
    requests: tuple[Path, ...]
    truth: Path


def build_company(
    seed: int, customers: int = 80, asking: int = 3, holdout_customers: int = 8
) -> Company:
    """About 7.5 records for each customer, 9 for each who asks; the same seed, the same company.

    The first who asks shares the full name with another customer, the second initial and surname.
    """
    if not 0 < asking <= min(len(NICKNAMES), customers - 2):
        raise ValueError("asking must be at least 1, with room for two customers of a like name")
    from faker import Faker

    rng = random.Random(seed)
    fake = Faker(["en_US", "en_GB"])
    fake.seed_instance(seed)
    serials = rng.sample(range(1000), customers + holdout_customers)
    people = list(invent_people(rng, serials[2:], asking, holdout_customers))
    askers, unseen = people[:asking], people[asking : asking + holdout_customers]
    second = askers[1 % asking]
    others = [
        person(rng, askers[0].first, askers[0].last, serials[0]),
        person(rng, same_initial(rng, second.first), second.last, serials[1]),
        *people[asking + holdout_customers :],
    ]
    documents = [doc for one in askers for doc in hard_documents(rng, fake, one)]
    documents += [doc for one in others for doc in usual_documents(rng, fake, one)]
    rng.shuffle(documents)
    unseen_documents = [doc for one in unseen for doc in hard_documents(rng, fake, one)]
    return Company(
        records=tuple(_numbered(documents, "")),
        customers=(*askers, *others),
        asking=tuple(askers),
        holdout=tuple(_numbered(unseen_documents, "unseen-")),
        requests=tuple(erasure_request(rng, at, one) for at, one in enumerate(askers)),
    )


def _numbered(documents: Iterable[Document], prefix: str) -> Iterator[LabelledRecord]:
    """Ids like mail-0001; the turns of thread 7 are chat-0007-1, chat-0007-2, chat-0007-3."""
    for number, (customer, pieces) in enumerate(documents, start=1):
        for turn, (kind, hardness, text) in enumerate(pieces, start=1):
            thread = f"{prefix}{kind}-{number:04d}"
            yield LabelledRecord(
                id=thread if len(pieces) == 1 else f"{thread}-{turn}",
                text=text,
                group=thread if len(pieces) > 1 else "",
                concerns=frozenset({customer.number}),
                hardness=hardness,
            )


def write_company(company: Company, folder: Path) -> CompanyFiles:
    """records.jsonl and holdout.jsonl (id, text, group), requests/*.json, and truth.json apart."""
    files = CompanyFiles(
        records=folder / "records.jsonl",
        holdout=folder / "holdout.jsonl",
        requests=tuple(
            folder / "requests" / f"request-{at}.json" for at in range(1, len(company.requests) + 1)
        ),
        truth=folder / "truth.json",
    )
    for path, records in ((files.records, company.records), (files.holdout, company.holdout)):
        rows = ({"id": one.id, "text": one.text, "group": one.group} for one in records)
        write_atomic(path, json_lines(rows))
    for path, request in zip(files.requests, company.requests, strict=True):
        write_atomic(path, (json.dumps(request, indent=2, ensure_ascii=False) + "\n").encode())
    write_atomic(files.truth, (json.dumps(company.truth(), indent=2) + "\n").encode())
    return files
