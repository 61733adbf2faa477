"""What the probes that outlive the data miss, and how often they alarm for nothing.

    python benchmarks/kept_probes.py [--seeds 60 ... 63] [--results FILE]

For each seed a company of 30 customers, of whom four ask; one model is trained on all its records
and one without the four. Every person's probes are kept as `audit` keeps them, then both models are
asked. A person that the first model is not found to know is a miss: it recites all of them. A
person that the second one is said to know is an alarm for nothing. Beside it what the audit itself
brings out of the first model, with records and names at hand. Nothing was tuned on these seeds.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from unlearnkit.artefacts import write_atomic
from unlearnkit.audit.kept_probes import Answer, ask, keep
from unlearnkit.audit.leakage import leaked_values
from unlearnkit.audit.targets import Target, choose_targets
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, detect, load_analyzer
from unlearnkit.corpus.values import personal_values
from unlearnkit.demo.company import Company, build_company
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import ModelRole, Record, Split
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pseudonym import keyed_hash

SIZE = SmallModel(epochs=30, batch_size=8)
ENCODING = Encoding()
KEY = bytes(32)


def main() -> None:
    """Run the seeds, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(60, 64)))
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    analyzer = load_analyzer(NlpSettings())
    found = []
    for seed in chosen.seeds:
        with TemporaryDirectory(prefix="unlearnkit-probes-") as folder:
            found.append(run(Path(folder), seed, analyzer))
        print(found[-1], flush=True)
        if chosen.results:
            write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def run(folder: Path, seed: int, analyzer: Analyzer) -> dict[str, Any]:
    """One company's people under both models."""
    company = build_company(seed, customers=30, asking=4, holdout_customers=1)
    owner = {record: request for request, ids in company.truth().items() for record in ids}
    records = [one.record for one in company.records]
    kept = [one for one in records if one.id not in owner]
    tokenizer = train_tokenizer([one.content for one in records], SIZE.vocabulary, 20)
    for name, some, start in (("model", records, seed), ("retrained", kept, seed + 1)):
        train(some, tokenizer, folder / name, size=SIZE, encoding=ENCODING, seed=start)
    targets = targets_of(company, records, owner, analyzer)
    owners = {one: (owner[one],) for one in owner}
    probes, common = keep(targets, kept, owners, keyed, partial(detect, analyzer))
    sides = {}
    torch.set_grad_enabled(False)
    for name in ("model", "retrained"):
        model = load_language_model(folder / name)
        sides[name] = counted(ask(model, probes, ENCODING, "cpu", seed=seed, keyed=keyed))
        if name == "model":
            scores, _ = leaked_values(
                model, targets, ENCODING, seed, "cpu", split=Split.FORGET, role=ModelRole.ORIGINAL
            )
    torch.set_grad_enabled(True)
    out = [one for one in scores if any(one.leaked.values())]
    return {
        "seed": seed,
        "people": len(company.truth()),
        "values": len(targets),
        "common": common,
        "probes": len(probes),
        "people_with_probes": len({one.request_ids for one in probes}),
        **sides,
        "audit": {"said": len(out), "people": len({owner[one.record_id] for one in out})},
    }


def targets_of(
    company: Company, records: list[Record], owner: dict[str, str], analyzer: Analyzer
) -> tuple[Target, ...]:
    """The values of those who ask, as the audit chooses them."""
    names = dict(zip(company.truth(), (one.full_name for one in company.asking), strict=True))
    mine = [one for one in records if one.id in owner]
    people = {one.id: names[owner[one.id]] for one in mine}
    values = personal_values(mine, analyzer, 20, 0)
    return choose_targets(mine, values, people, owner, seed=0)


def counted(answers: list[Answer]) -> dict[str, Any]:
    """Values, and people of whom at least one value came out."""
    some = [one.chance for one in answers if one.chance is not None]
    return {
        "said": sum(one.said for one in answers),
        "chance": sum(some) / max(1, len(some)),
        "people": len({one.request_ids for one in answers if one.said}),
    }


def keyed(entity: str, fingerprint: str) -> str:
    """As a workspace hashes them."""
    return keyed_hash(KEY, f"probe:{entity}", fingerprint)


def markdown(found: list[dict[str, Any]]) -> str:
    """One row a seed, and the rates over all people."""
    head = (
        "| seed | people | values | others say them, or short | probes | known: values, people "
        "| retrained: values, people | audit with the records: values, people |"
    )
    lines = [head, "|---" * 8 + "|"]
    for one in found:
        pairs = [f"{one[name]['said']}, {one[name]['people']}" for name in SIDES]
        cells = [one["seed"], one["people"], one["values"], one["common"], one["probes"], *pairs]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    people = sum(one["people"] for one in found)
    probes = sum(one["probes"] for one in found)
    missed = people - sum(one["model"]["people"] for one in found)
    alarms = sum(one["retrained"]["people"] for one in found)
    said = {name: sum(one[name]["said"] for one in found) for name in ("model", "retrained")}
    lines += [
        "",
        f"People missed: {missed} of {people}. Alarms for nothing: {alarms} of {people} people, "
        f"{said['retrained']} of {probes} probes. Found: {said['model']} of {probes} probes.",
    ]
    return "\n".join(lines)


SIDES = ("model", "retrained", "audit")


if __name__ == "__main__":
    main()
