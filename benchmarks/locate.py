"""How well `locate` finds a person's records, beside what people do today, and how fast.

    python benchmarks/locate.py company [--seeds 0] [--out DIR] [--results FILE]
    python benchmarks/locate.py tofu --data DIR [--results FILE]
    python benchmarks/locate.py scale [--results FILE]

`company`: the demo company's generator at 100,000 records of 12,000 people, 200 of whom ask; NER
reads every record (the index is kept in --out). `tofu`: 200 authors, 20 records each, by name
alone. `scale`: an index of a million records, its entity rows written by the generator, and memory
beside a tenth of it. The embedding search needs `pip install wordllama`, which brings its model.

Seeds from 900 were looked at while this was developed; 0 was not.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locate_company import Crowd, crowd
from locate_rivals import rivals
from locate_scale import scale
from locate_searching import KEY, all_rows, as_corpus, compared, indexed, searched
from locate_tables import TABLES

from unlearnkit.artefacts import write_atomic
from unlearnkit.corpus.index import Index
from unlearnkit.corpus.nlp import CUSTOMER, EMAIL, PERSON, PHONE, NlpSettings
from unlearnkit.corpus.normalise import normalise
from unlearnkit.demo.company import LabelledRecord
from unlearnkit.demo.company_people import Customer
from unlearnkit.domain import Certainty, IdentifierKind, Located, Subject
from unlearnkit.pseudonym import keyed_hash
from unlearnkit.requests.opendsr import parse_opendsr

KINDS = {
    "name": (IdentifierKind.NAME, PERSON),
    "e-mail address": (IdentifierKind.EMAIL, EMAIL),
    "phone": (IdentifierKind.PHONE, PHONE),
    "customer number": (IdentifierKind.CUSTOMER_ID, CUSTOMER),
}
BITS = (8, 6, 4, 2, 0, -2, -4)
"""Lower ends of the bins of scores; what is lower still is in the last."""


def main() -> None:
    """Measure one part, print its tables, keep the figures."""
    chosen = _arguments()
    if chosen.part == "company":
        found = [company(chosen, seed) for seed in chosen.seeds]
    elif chosen.part == "tofu":
        from locate_tofu import tofu  # brings torch, whose memory `scale` would measure

        found = tofu(chosen.data)
    else:
        found = scale(chosen.records, chosen.out)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    for name, table in TABLES[chosen.part].items():
        print(f"\n{name}\n\n{table(found)}")


def company(chosen: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One made-up company: how many of each kind of record are found, and by whom."""
    made = crowd(seed, records=chosen.records, people=chosen.people, asking=chosen.asking)
    corpus = as_corpus([one.record for one in made.records])
    settings = NlpSettings(engine="patterns") if chosen.patterns_only else NlpSettings()
    index, seconds = indexed(corpus, settings, chosen.out / f"index-{seed}")
    subjects = [as_subject(one) for one in made.requests]
    truths = {
        subject.request_id: made.truth(one)
        for subject, one in zip(subjects, made.asking, strict=True)
    }
    start = time.perf_counter()
    found = searched(subjects, corpus, index)
    searching = time.perf_counter() - start
    return {
        "seed": seed,
        "records": len(made.records),
        "people": chosen.people,
        "asking": len(made.asking),
        "nlp": settings.engine,
        "seconds": {"index": round(seconds), "a request": round(searching / len(found), 2)},
        "contenders": compared(subjects, truths, found, rivals(corpus.records, all_rows(index))),
        "hardness": by_hardness(made, found),
        "entities": by_entity(made, found, index),
        "wrong": wrong(made, found),
        "reviewed": reviewed(made, found),
    }


def as_subject(request: Mapping[str, Any]) -> Subject:
    """Who an OpenDSR request is about."""
    submission = parse_opendsr(request)
    return Subject(submission.request_id, submission.identifiers)


def by_hardness(made: Crowd, found: Mapping[str, Located]) -> dict[str, dict[str, int]]:
    """Kind of record -> records of those who ask, and found with and without certainty."""
    counts: dict[str, Counter[str]] = {}
    for request_id, one in _asking(made):
        certainty = {match.record_id: match.certainty for match in found[request_id].matches}
        for record in _own(made, one):
            count = counts.setdefault(record.hardness, Counter())
            count["records"] += 1
            if record.id in certainty:
                count[certainty[record.id].value] += 1
    return {kind: dict(count) for kind, count in sorted(counts.items())}


def by_entity(made: Crowd, found: Mapping[str, Located], index: Index) -> dict[str, dict[str, int]]:
    """Kind of identifier -> records that hold the person's, those the index has it of, evidence."""
    held = {(row.record_id, row.entity, row.hash) for row in all_rows(index)}
    counts = {name: Counter[str]() for name in KINDS}
    for request_id, one in _asking(made):
        matches = {match.record_id: match for match in found[request_id].matches}
        values = {
            "name": one.full_name,
            "e-mail address": one.email,
            "phone": one.phone,
            "customer number": one.number,
        }
        for record in _own(made, one):
            for name, value in values.items():
                kind, entity = KINDS[name]
                if value not in record.text and (name, record.hardness) != ("phone", "phone"):
                    continue
                match = matches.get(record.id)
                hashed = keyed_hash(KEY, kind.value, normalise(kind, value))
                counts[name]["records"] += 1
                counts[name]["indexed"] += (record.id, entity, hashed) in held
                counts[name]["evidence"] += match is not None and any(
                    piece.kind is kind for piece in match.evidence
                )
    return {name: dict(count) for name, count in counts.items()}


def wrong(made: Crowd, found: Mapping[str, Located]) -> dict[str, dict[str, int]]:
    """Whose records were taken for those of who asks, with certainty and without."""
    records = {record.id: record for record in made.records}
    names = {one.number: one for one in made.everybody}
    counts = {one.value: Counter[str]() for one in Certainty}
    for request_id, one in _asking(made):
        for match in found[request_id].matches:
            [number] = records[match.record_id].concerns
            if number != one.number:
                other = names[number]
                counts[match.certainty.value][_like(one, other)] += 1
    return {name: dict(count) for name, count in counts.items()}


def reviewed(made: Crowd, found: Mapping[str, Located]) -> dict[str, dict[str, dict[str, int]]]:
    """How many go to review and how many are right: by their score, by their strongest evidence."""
    counts: dict[str, dict[str, Counter[str]]] = {"bits": {}, "evidence": {}}
    for request_id, one in _asking(made):
        for match in found[request_id].matches:
            if match.certainty is not Certainty.UNCERTAIN:
                continue
            right = one.number in made.by_id[match.record_id].concerns
            bits = next(low for low in BITS if match.score >= low or low == BITS[-1])
            for by, value in (("bits", str(bits)), ("evidence", match.evidence[0].how)):
                count = counts[by].setdefault(value, Counter())
                count["records"] += 1
                count["right"] += right
    return {by: {value: dict(n) for value, n in some.items()} for by, some in counts.items()}


def _like(one: Customer, other: Customer) -> str:
    if one.full_name == other.full_name:
        return "of the same name"
    if one.last == other.last:
        return "of the same surname"
    return "of another name"


def _asking(made: Crowd) -> list[tuple[str, Customer]]:
    return [
        (request["subject_request_id"], one)
        for request, one in zip(made.requests, made.asking, strict=True)
    ]


def _own(made: Crowd, one: Customer) -> list[LabelledRecord]:
    return [made.by_id[id_] for id_ in made.truth(one)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    made = parts.add_parser("company")
    made.add_argument("--seeds", type=int, nargs="+", default=[0])
    made.add_argument("--records", type=int, default=100_000)
    made.add_argument("--people", type=int, default=12_000)
    made.add_argument("--asking", type=int, default=200)
    made.add_argument("--patterns-only", action="store_true")
    authors = parts.add_parser("tofu")
    authors.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    large = parts.add_parser("scale")
    large.add_argument("--records", type=int, default=1_000_000)
    for one in (made, authors, large):
        one.add_argument("--out", type=Path, help="where indexes are kept; default: a new folder")
        one.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    chosen.out = chosen.out or Path(tempfile.mkdtemp(prefix="unlearnkit-locate-"))
    return chosen


if __name__ == "__main__":
    main()
