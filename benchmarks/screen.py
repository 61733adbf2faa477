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
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from measuring import table
from screen_corpus import NEGATIVES, NEW, SAME, SPELLINGS, Labelled, returned

from unlearnkit.artefacts import json_lines, write_atomic
from unlearnkit.demo.company import Company, build_company, write_company
from unlearnkit.domain import Certainty, Decision, RequestState, Screened, Sureness
from unlearnkit.ledger.store import utc_now
from unlearnkit.pipeline.closing import complete
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import decide, index_corpus, locate
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.pipeline.screen import screen
from unlearnkit.workspace import Workspace

CUSTOMERS, ASKING, UNSEEN = 80, 12, 12


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
