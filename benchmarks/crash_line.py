"""The line that `crash.py` kills: its company and model, its two commands, and what it leaves."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from unlearnkit.artefacts import folder_digests, write_atomic
from unlearnkit.cli.main import app
from unlearnkit.demo.company import build_company, write_company
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.workspace import Workspace

SIZE = SmallModel(hidden=32, layers=1, heads=2, epochs=80, batch_size=8, learning_rate=2e-2)
CUSTOMERS, ASKING, RECORDS = 4, 2, 2
SETTINGS = (
    *("--learning-rate", "2e-3", "--tolerance", "0.2", "--retain-tolerance", "0.5"),
    *("--max-passes", "1", "--uncertain", "reject"),
)
POLICY = """version: 1
name: passes
description: Whatever comes out, so that requests are closed.
rules:
  - {id: measured, metric: probability, split: forget, explanation: it was measured,
     compare: {to: absolute, at_most: 2}}
"""
TOKENS = 48
QUICK = (
    ("engine: spacy", "engine: patterns"),
    ("[quantization, pruning, relearning]", "[]"),
    ("max_length: 512", f"max_length: {TOKENS}"),
)
"""What the settings say otherwise: no model that finds names, no attacks, short records."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one line."""

    story: Path
    root: Path

    @property
    def work(self) -> Path:
        """The workspace."""
        return self.root / "work"

    @property
    def out(self) -> Path:
        """What `process` writes."""
        return self.root / "out"

    @property
    def notes(self) -> Path:
        """What processes say before they die, a JSON object a line."""
        return self.root / "notes.jsonl"

    def note(self, **said: Any) -> None:
        """Say something, for `noted`."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self.notes.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")

    def noted(self, name: str) -> list[Any]:
        """Everything that was said under this name."""
        if not self.notes.is_file():
            return []
        said = [json.loads(one) for one in self.notes.read_text("utf-8").splitlines()]
        return [one[name] for one in said if name in one]


def build(folder: Path) -> None:
    """The company, its files and its model."""
    whole = build_company(seed=22, customers=CUSTOMERS, asking=ASKING, holdout_customers=1)
    each = Counter[frozenset[str]]()
    company = replace(
        whole,
        records=tuple(one for one in whole.records if few(each, one.concerns)),
        holdout=whole.holdout[:RECORDS],
    )
    write_company(company, folder)
    records = [one.record for one in company.records]
    tokenizer = train_tokenizer([one.content for one in records], 320, 20)
    train(
        records,
        tokenizer,
        folder / "model",
        size=SIZE,
        encoding=Encoding(max_length=TOKENS),
        seed=0,
    )
    write_atomic(folder / "policy.yaml", POLICY.encode())


def few(each: Counter[frozenset[str]], people: frozenset[str]) -> bool:
    """Whether this is one of the first RECORDS records of these people."""
    each[people] += 1
    return each[people] <= RECORDS


def run_line(place: Place) -> None:
    """`init` where there is no workspace, and `process`."""
    settings = place.work / "unlearnkit.yaml"
    if not settings.is_file():
        said(place, "init", place.work)
    text = settings.read_text(encoding="utf-8")
    for usual, quick in QUICK:
        text = text.replace(usual, quick)
    write_atomic(settings, text.encode())
    story = place.story
    requests = [
        part for path in sorted(story.glob("requests/*.json")) for part in ("--requests", path)
    ]
    said(
        place,
        *("process", story / "model", "--corpus", story / "records.jsonl", *requests),
        *("--holdout", story / "holdout.jsonl", "--policy", story / "policy.yaml"),
        *("--out", place.out, "--workspace", place.work, *SETTINGS),
    )


def said(place: Place, *arguments: object) -> str:
    """Run a command; another exit code than 0 is noted as wrong."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if done.exit_code != 0:
        last = done.stderr.replace(f"{place.root}/", "").strip().splitlines()[-2:]
        what = "" if isinstance(done.exception, SystemExit) else repr(done.exception)
        name = " ".join(str(one) for one in arguments[:2] if not Path(str(one)).is_absolute())
        place.note(wrong=f"{name}: exit code {done.exit_code}: {' '.join(last)} {what}".strip())
    return str(done.stdout)


def look(place: Place) -> None:
    """Note what no death may leave: a broken ledger, half an artefact, half a report."""
    if not (place.work / "unlearnkit.yaml").is_file():
        return
    here = ("--workspace", place.work)
    said(place, "ledger", "verify", *here)
    if (place.out / "report" / "attestation.json").is_file():
        said(place, "verify", place.out / "report", "--model", place.out / "model", *here)
    for folder in (place.work, place.out / "report"):
        for path in folder.rglob("*.json"):
            if path.name.startswith("."):
                continue
            try:
                json.loads(path.read_bytes())
            except ValueError:
                place.note(wrong=f"half written: {path.relative_to(place.root)}")


def state(place: Place) -> dict[str, Any]:
    """What must be the same, killed or not."""
    with Workspace.open(place.work).open_ledger() as ledger:
        requests, events = ledger.requests(), ledger.events()
        listed, held = len(ledger.do_not_train()), sorted(ledger.held())
    happened = Counter(
        " ".join([one.kind, one.request_id or "", str(one.payload.get("to", ""))]).strip()
        for one in events
    )
    return {
        "requests": {one.id: one.state.value for one in requests},
        "events": dict(sorted(happened.items())),
        "listed": listed,
        "held": held,
        "runs": len(list((place.work / "runs").glob("run-*"))),
        "model": folder_digests(place.out / "model"),
        "letters": sorted(one.name for one in (place.out / "report" / "letters").iterdir()),
    }
