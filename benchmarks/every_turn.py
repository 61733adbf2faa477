"""`fields: turns: all` beside the default, on chat models trained with the loss on every turn.

    python benchmarks/every_turn.py [--seeds 0 1 2] [--out DIR] [--results FILE]

Each seed makes conversations of 20 customers with an assistant (`every_turn_chats.py`), a model
trained on all of them with the loss on the whole rendered conversation, as TRL's trainer does by
default, and one retrained without the three who ask. The product's line (import, index, locate,
unlearn) is run twice on the same files: with `turns: assistant` and with `turns: all`. Each new
model is audited and judged by the default policy, without attacks, and asked for customer numbers,
phone numbers and e-mail addresses alone; the one of `turns: assistant` a second time with every
turn counted. All four models are then measured on what customers said and on what the assistant
said, each apart, with everything before it as context; and are given every conversation's beginning
up to one of these values, to go on greedily. Sizes and rates are the fast demo's; on seed 10 the
script was tried, and nothing was chosen by its figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from every_turn_chats import MARKS, TEMPLATE, USER, Chats, chats
from every_turn_figures import ENCODING, FIGURES, SAID, measured
from seeded import asked

from unlearnkit.artefacts import json_lines, write_atomic
from unlearnkit.audit.engine import audit
from unlearnkit.audit.task import AuditTask
from unlearnkit.config import FILE_NAME
from unlearnkit.counted import counted
from unlearnkit.demo.run import COMMON, FAST
from unlearnkit.demo.training import train, train_tokenizer
from unlearnkit.domain import ASSISTANT, ModelRole, Outcome, Split, Uncertain
from unlearnkit.pipeline.audit import prepare
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import index_corpus, locate
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.pipeline.ledger import create_workspace, opened_ledger
from unlearnkit.pipeline.line import review
from unlearnkit.pipeline.prove import find_policy
from unlearnkit.pipeline.runs import Run, finished_runs
from unlearnkit.policy.verdict import judge, policy_digest
from unlearnkit.unlearning.settings import Settings
from unlearnkit.workspace import Workspace

SIZE, RATE = FAST.size, FAST.learning_rate
TURNS = ("assistant", "all")
MODELS = ("before", *TURNS, "retrained")
HEADS = ("before", "`turns: assistant`", "`turns: all`", "retrained")
NAMED = {"forget": "forgotten", "retain": "kept", "holdout": "never seen"}
SIDES = {USER: "customers' turns", ASSISTANT: "assistant's turns"}
SPLITS = (Split.FORGET, Split.RETAIN, Split.HOLDOUT)
TOLD = (
    ("exact_memorization", Split.FORGET),
    ("extraction_strength", Split.FORGET),
    ("forget_quality", Split.FORGET),
    ("pii_leakage", Split.FORGET),
    ("pii_leakage_chance", Split.FORGET),
    ("exact_memorization", Split.RETAIN),
    ("model_utility", Split.RETAIN),
)
"""Of the product's own audits."""
ROLES = (ModelRole.ORIGINAL, ModelRole.UNLEARNED, ModelRole.REFERENCE)


@dataclass(frozen=True, slots=True)
class Place:
    """The files of a seed."""

    folder: Path

    @property
    def records(self) -> Path:
        """What the model is trained on."""
        return self.folder / "chats.jsonl"

    @property
    def holdout(self) -> Path:
        """Conversations of customers it never saw."""
        return self.folder / "holdout.jsonl"

    @property
    def requests(self) -> list[Path]:
        """Who asks."""
        return sorted(self.folder.glob("request-*.json"))

    def model(self, name: str) -> Path:
        """One of MODELS."""
        return self.folder / name / "model" if name in TURNS else self.folder / name


def main() -> None:
    """Run the seeds, print the tables, keep the figures."""
    chosen = asked(__doc__, "unlearnkit-turns-")
    found = [run(Place(chosen.out / f"seed-{seed}"), seed) for seed in chosen.seeds]
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def run(place: Place, seed: int) -> dict[str, Any]:
    """Everything of one seed, or what an earlier call left. Raises what `unlearn` raises."""
    kept = place.folder / "figures.json"
    if kept.is_file():
        found: dict[str, Any] = json.loads(kept.read_text())
        return found
    made = chats(seed)
    write(made, place)
    train_both(made, place, seed)
    lines: dict[str, dict[str, Any]] = {}
    for turns in TURNS:
        with opened(workspace(place, turns)) as context:
            one = line(context, place, turns, seed)
            assert one.manifest.forget_set.record_ids == made.forgotten, "others were found"
            last = one.manifest.passes[-1]
            lines[turns] = {"passes": last.number, "state": last.state}
            lines[turns] |= judged(context, task_of(context, one, place, turns))
            if turns == "all":
                task = task_of(context, one, place, turns)
                # Whatever the other run's own audit says: with what customers said measured too.
                other = task_of(context, one, place, "assistant")
                lines["assistant"]["by_every_turn"] = judged(context, other)
    splits = {one: task.splits[one] for one in SPLITS}
    found = {
        "seed": seed,
        "conversations": {str(split): len(some) for split, some in splits.items()},
        "lines": lines,
        "models": {name: measured(place.model(name), splits, made) for name in MODELS},
    }
    write_atomic(kept, json.dumps(found).encode())
    return found


def write(made: Chats, place: Place) -> None:
    """The files the product reads."""
    place.folder.mkdir(parents=True, exist_ok=True)
    write_atomic(place.records, json_lines(one.row for one in made.trained))
    write_atomic(place.holdout, json_lines(one.row for one in made.holdout))
    for at, request in enumerate(made.requests):
        write_atomic(place.folder / f"request-{at}.json", json.dumps(request).encode())


def train_both(made: Chats, place: Place, seed: int) -> None:
    """The model, and the one retrained without those who ask; every token but the first is learned.

    A tokenizer of its own is trained on what both see.
    """
    everything = [one.record for one in made.trained]
    kept = [one for one in everything if one.id not in made.forgotten]
    tokenizer = train_tokenizer([one.text for one in everything], SIZE.vocabulary, COMMON)
    tokenizer.add_special_tokens({"extra_special_tokens": MARKS})
    tokenizer.chat_template = TEMPLATE
    for name, records, start in (("before", everything, seed), ("retrained", kept, seed + 1000)):
        if not place.model(name).is_dir():
            train(records, tokenizer, place.model(name), size=SIZE, encoding=ENCODING, seed=start)


def workspace(place: Place, turns: str) -> Workspace:
    """A workspace with the usual settings, but for whose turns count and that nothing attacks."""
    root = place.folder / turns / "workspace"
    if not (root / FILE_NAME).is_file():
        file = create_workspace(root).root / FILE_NAME
        text = file.read_text(encoding="utf-8")
        for old, new in (
            ("\n  turns: assistant", f"\n  turns: {turns}"),
            ("attacks: [quantization, pruning, relearning]", "attacks: []"),
        ):
            assert old in text, old
            text = text.replace(old, new)
        write_atomic(file, text.encode())
    return Workspace.open(root)


@contextmanager
def opened(place: Workspace) -> Iterator[Context]:
    """What the pipeline's functions work with."""
    with place.lock(), opened_ledger(place) as ledger:
        yield Context(place, ledger, "benchmark")


def line(context: Context, place: Place, turns: str, seed: int) -> Run:
    """The product's line up to the new model; a match that is not certain is left out."""
    if not finished_runs(context.workspace):
        requests = [one for one, _ in import_requests(context, place.requests)]
        index_corpus(context, [place.records])
        review(context, locate(context, [one.id for one in requests]), Uncertain.REJECT)
        settings = Settings(learning_rate=RATE, seed=seed)
        unlearn(context, place.model("before"), place.model(turns), [place.holdout], settings)
    [run] = finished_runs(context.workspace)
    return run


def task_of(context: Context, run: Run, place: Place, name: str) -> AuditTask:
    """What `unlearnkit audit` measures of a model, but for the values that are asked for.

    Those are customer numbers, phone numbers and e-mail addresses alone, and none is ranked.
    """
    retrained = place.model("retrained")
    task = prepare(context, run, place.model(name), retrained, utility=None, attacks=()).task
    asked = {
        split: [one for one in some if one.value.entity in SAID.values()]
        for split, some in task.targets.items()
    }
    return replace(task, targets=asked, ranked={})


def judged(context: Context, task: AuditTask) -> dict[str, Any]:
    """What the product's audit and default policy say of a model."""
    found = audit(task, context.now())
    _, policy = find_policy(context.workspace, "default")
    verdict = judge(policy, policy_digest(policy), found)
    wrong = [one for one in verdict.checks if one.severity == "fail"]
    leaked = found.measurement("pii_leakage", Split.FORGET, ModelRole.UNLEARNED)
    return {
        "gate": verdict.outcome.value,
        **{
            kind.value: [one.rule for one in wrong if one.outcome is kind]
            for kind in (Outcome.FAIL, Outcome.CANNOT_TELL)
        },
        "audit": {
            f"{metric}, {split}": [found.value(metric, split, role) for role in ROLES]
            for metric, split in TOLD
        },
        "asked": leaked.n if leaked else 0,
    }


def markdown(found: Sequence[Mapping[str, Any]]) -> str:
    """What each model does on each set and side, over the seeds; then what each run says."""
    range_of = " (least to most)" if len(found) > 1 else ""
    lines = [f"| mean of {counted(len(found), 'seed')}{range_of} | " + " | ".join(HEADS) + " |"]
    lines.append("|---" * (len(HEADS) + 1) + "|")
    for split, whose in NAMED.items():
        for role in (USER, ASSISTANT):
            for name in FIGURES:
                wanted = [[one["models"][m][split][role][name] for one in found] for m in MODELS]
                what = f"{whose}, {SIDES[role]}: {name.replace('_', ' ')}"
                lines.append(f"| {what} | " + " | ".join(map(spread, wanted)) + " |")
        for kind in SAID:
            wanted = [[one["models"][m][split]["said"][kind] for one in found] for m in MODELS]
            what = f"{whose}: {kind} said by the greedy continuation"
            lines.append(f"| {what} | " + " | ".join(map(spread, wanted)) + " |")
    return "\n".join([*lines, "", gates(found)])


def spread(values: Sequence[float]) -> str:
    """Mean, least and most."""
    around = f" ({min(values):.3f} to {max(values):.3f})" if len(values) > 1 else ""
    return f"{fmean(values):.3f}{around}"


def gates(found: Sequence[Mapping[str, Any]]) -> str:
    """One row for each seed, run and way to measure it."""
    lines = [
        "| seed | forgotten with | measured with | gate | fails by | cannot tell "
        "| values said, of those asked for | model utility, before | after | passes, last state |",
        "|---" * 10 + "|",
    ]
    for one in found:
        own = one["lines"]
        for turns, by, what in (
            ("assistant", "assistant", own["assistant"]),
            ("assistant", "all", own["assistant"]["by_every_turn"]),
            ("all", "all", own["all"]),
        ):
            audit = what["audit"]
            before, after, _ = audit["model_utility, retain"]
            rules = [", ".join(what[name]) or "-" for name in ("fail", "cannot_tell")]
            said = f"{audit['pii_leakage, forget'][1]:.3f} of {what['asked']}"
            ended = f"{own[turns]['passes']}, {own[turns]['state']}"
            cells = [str(one["seed"]), turns, by, what["gate"], *rules, said]
            lines.append("| " + " | ".join([*cells, f"{before:.3f}", f"{after:.3f}", ended]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
