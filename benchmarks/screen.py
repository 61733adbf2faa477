"""How many records of people who were forgotten `screen` finds when they come back, by kind.

    python benchmarks/screen.py [--seeds 0 1 2 3 4] [--results FILE]

Each seed is a made-up company of 80 customers, 12 of whom ask. Their requests go the whole way that
leads to the list: index, locate, a reviewer who knows the truth, completed. Nothing of the
identifiers is left then. The corpus that is screened holds what came back, labelled by kind:

- the same records; new records of the generator (by what it takes to find them); records in which
  one identifier is spelt in another way, and no other stands; those with the first name alone;
- and as negatives namesakes of everybody who asked (the same full name, everything else their own),
  people with the same initial and surname, and everybody who did not ask.

Seeds 100 to 104 were looked at while this was developed; 0 to 4 were not.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faker import Faker
from measuring import table

from unlearnkit.artefacts import json_lines, write_atomic
from unlearnkit.corpus.normalise import fold
from unlearnkit.demo.company import Company, LabelledRecord, build_company, write_company
from unlearnkit.demo.company_people import Customer, person, same_initial
from unlearnkit.demo.company_texts import hard_documents
from unlearnkit.domain import Certainty, Decision, RequestState, Screened, Sureness
from unlearnkit.ledger.store import utc_now
from unlearnkit.pipeline.closing import complete
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, import_requests, index_corpus, locate
from unlearnkit.pipeline.screen import screen
from unlearnkit.workspace import Workspace

CUSTOMERS, ASKING, UNSEEN = 80, 12, 12
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
SAME = "the same record"
NEGATIVES = {
    "namesake": "a namesake's, with identifiers of their own",
    "namesake named": "a namesake's, full name alone",
    "near": "same initial and surname",
    "others": "everybody else's",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A record to be screened, whose it is, and what kind of return it is."""

    id: str
    text: str
    group: str
    kind: str
    owner: str
    """Customer number of who was forgotten; empty for negatives."""


def main() -> None:
    """Run the seeds, print the tables, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    found = []
    for seed in chosen.seeds:
        with tempfile.TemporaryDirectory(prefix="unlearnkit-screen-") as folder:
            found.append(run(Path(folder), seed))
        print(f"seed {seed}: {found[-1]['records']} records, {found[-1]['seconds']} s", flush=True)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print("\n" + markdown(found) + "\n\n" + negatives(found))


def run(folder: Path, seed: int) -> dict[str, Any]:
    """One company: how many records of each kind there are, and how they were judged."""
    company = build_company(seed, CUSTOMERS, ASKING, UNSEEN)
    workspace = forget(company, folder)
    records = list(returned(company, random.Random(f"{seed}:screen")))
    rows = ({"id": one.id, "text": one.text, "group": one.group} for one in records)
    corpus = folder / "new.jsonl"
    write_atomic(corpus, json_lines(rows))
    with workspace.open_ledger() as ledger:
        context = Context(workspace, ledger, "benchmark")
        start = time.perf_counter()
        screened = screen(context, [corpus], workers=1)
        seconds = time.perf_counter() - start
    return {
        "seed": seed,
        "records": len(records),
        "people": screened.people,
        "seconds": round(seconds, 2),
        "kinds": judged(records, screened, company),
    }


def forget(company: Company, folder: Path) -> Workspace:
    """A workspace in which everybody who asked was forgotten, as the line would leave it."""
    files = write_company(company, folder / "company")
    workspace = Workspace.create(folder / "work")
    truth = company.truth()
    with workspace.open_ledger() as ledger:
        context = Context(workspace, ledger, "benchmark")
        import_requests(context, files.requests)
        index_corpus(context, [files.records], workers=1)
        found = locate(context)
        for located in found:
            decisions = [
                Decision(
                    request_id=located.request_id,
                    record_id=match.record_id,
                    accepted=match.record_id in truth[located.request_id],
                    by="who knows",
                    at=utc_now(),
                )
                for match in located.matches
                if match.certainty is Certainty.UNCERTAIN
            ]
            moved = decide(context, located, decisions) if decisions else None
            assert moved is None or moved.state is RequestState.READY
        complete(context, [one.request_id for one in found])
    return workspace


def judged(
    records: list[Labelled], screened: Screened, company: Company
) -> dict[str, dict[str, int]]:
    """Kind -> records, those found with certainty, and those possible; of the right person."""
    request = {
        customer.number: one["subject_request_id"]
        for customer, one in zip(company.asking, company.requests, strict=True)
    }
    found: defaultdict[str, dict[str, Sureness]] = defaultdict(dict)
    for one in screened.findings:
        found[one.record_id][one.request_id] = one.sureness
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        got = found.get(record.id, {})
        mine = [got[request[record.owner]]] if request.get(record.owner) in got else []
        of = mine if record.owner else list(got.values())
        counts[record.kind]["n"] += 1
        for name in Sureness:
            # A record that two people are found in counts once, by the surer of the two.
            counts[record.kind][name.value] += min(of, default=None) == name
    return {kind: dict(some) for kind, some in counts.items()}


# --- what comes back ------------------------------------------------------------------------------


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


# --- tables ---------------------------------------------------------------------------------------


def markdown(found: list[dict[str, Any]]) -> str:
    """Recall by kind, over all seeds."""
    kinds = [SAME, *NEW.values(), *SPELLINGS]
    people = sum(one["people"] for one in found)
    head = [f"record ({people} people)", "records", "certain", "certain or possible"]
    return table(head, [_row(kind, _total(found, kind)) for kind in kinds if _total(found, kind)])


def negatives(found: list[dict[str, Any]]) -> str:
    """False alarms by kind, over all seeds."""
    head = ["record of somebody else", "records", "certain", "certain or possible"]
    return table(head, [_row(kind, _total(found, kind)) for kind in NEGATIVES.values()])


def _total(found: list[dict[str, Any]], kind: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in found:
        total.update(one["kinds"].get(kind, {}))
    return total


def _row(kind: str, total: Counter[str]) -> list[str]:
    n, sure = total["n"], total["certain"]
    either = sure + total["possible"]
    return [kind, str(n), f"{sure / n:.3f} ({sure})", f"{either / n:.3f} ({either})"]


if __name__ == "__main__":
    main()
