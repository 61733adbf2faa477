"""How often the rules on over-unlearning ring for nothing, and whether they see what they are for.

    python benchmarks/over_unlearned.py --demo DIR [--seeds 0 1 2] [--results FILE]

DIR is what `demo.py --out DIR` left: for each seed a company's model, one retrained without the
three who ask, and, where it is there, the unlearned one. The rules are those of
policies/default.yaml, applied to the people who asked (or, of the retrained model, to others that
no model saw in their place) and to never-seen people, drawn anew for every repetition: customers of
another company, of seed + 5000. Margins were chosen on seeds 10 and 11.

What has to pass: the retrained and the unlearned model. What has to ring: gradient ascent on the
forgotten records (`ascent N`: so many steps of AdamW, rate 1e-3, all records at once), and the same
with descent on as many retained ones (`avoiding N`).
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from decoy_test import OTHER_COMPANY, of_company
from over_unlearned_models import Rows, models, scored

from unlearnkit import resources
from unlearnkit.artefacts import write_atomic
from unlearnkit.audit.differences import Interval, paired
from unlearnkit.audit.people import units
from unlearnkit.audit.roc import auc, auc_interval
from unlearnkit.demo.company import build_company
from unlearnkit.domain import AuditResult, Difference, Measurement, ModelRole, Record, Split
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.policy.schema import Policy, load_policy
from unlearnkit.policy.verdict import judge

RULES = ("not-over-unlearned", "not-avoided")
STRANGERS = 30
SIZES = ((1, 4), (2, 6), (3, 8), (3, 12), (6, 12), (10, 20))
"""Forgotten and never-seen people of a draw; of those who asked there are three."""

People = Sequence[Sequence[Record]]


def main() -> None:
    """Score once for each model, then draw people again and again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--demo", type=Path, required=True, help="what demo.py left")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--repetitions", type=int, default=100, help="for each model and size")
    parser.add_argument("--results", type=Path)
    chosen = parser.parse_args()
    found = []
    for seed in chosen.seeds:
        found += of_seed(chosen.demo / f"seed-{seed}", seed, chosen.repetitions)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def of_seed(folder: Path, seed: int, repetitions: int) -> list[dict[str, Any]]:
    """Every model of a seed, asked about the forgotten; the retrained one about strangers too."""
    company = build_company(seed)
    records = {one.id: one.record for one in company.records}
    asked = [[records[name] for name in ids] for ids in company.truth().values()]
    forgotten = {one.id for some in asked for one in some}
    kept = [one for one in records.values() if one.id not in forgotten]
    strangers = [
        [replaced(one, f"unseen-{at}") for one in some]
        for at, some in enumerate(of_company(build_company(seed + OTHER_COMPANY))[:STRANGERS])
    ]
    everybody = [one for some in (*asked, *strangers) for one in some]
    before = scored(load_language_model(folder / "model"), everybody, ModelRole.ORIGINAL)
    policy = load_policy(resources.find("policies", "default.yaml"))
    found = []
    for name, model in models(folder, [one for some in asked for one in some], kept):
        after = scored(model, everybody, ModelRole.UNLEARNED)
        sides = [("asked", asked)] + ([("strangers", strangers)] if name == "retrained" else [])
        for whose, people in sides:
            rng = random.Random(f"{seed}:{whose}")
            for size in SIZES:
                if whose == "asked" and size[0] != len(asked):
                    continue
                told = [
                    outcomes(policy, before, after, drawn(people, strangers, size, rng))
                    for _ in range(repetitions)
                ]
                found.append(summed(told, seed, name, whose, size))
                print(json.dumps(found[-1]), flush=True)
    return found


def replaced(record: Record, person: str) -> Record:
    """The same record under a name that no other company's has."""
    return Record(id=f"{person}-{record.id}", text=record.text, prompt=record.prompt, group=person)


Draw = Mapping[Split, People]


def drawn(people: People, unseen: People, size: tuple[int, int], rng: random.Random) -> Draw:
    """So many people as the forgotten, and others as the never-seen."""
    mine = rng.sample(range(len(people)), size[0])
    free = [at for at in range(len(unseen)) if people is not unseen or at not in mine]
    return {
        Split.FORGET: [people[at] for at in mine],
        Split.HOLDOUT: [unseen[at] for at in rng.sample(free, size[1])],
    }


def outcomes(policy: Policy, before: Rows, after: Rows, draw: Draw) -> dict[str, Any]:
    """What the rules say of the model after, and the figures they say it of."""
    whose = {
        one.id: f"{split}-{at}"
        for split in draw
        for at, some in enumerate(draw[split])
        for one in some
    }
    forgotten, unseen = (losses(after, draw[split]) for split in (Split.FORGET, Split.HOLDOUT))
    unseen_before = losses(before, draw[Split.HOLDOUT])
    lost = paired(unseen, unseen_before, whose)
    assert lost is not None
    ours, theirs = ([-one for one in some.values()] for some in (forgotten, unseen))
    interval = auc_interval(ours, theirs, 0, (units(forgotten, whose), units(unseen, whose)))
    assert interval is not None  # nobody drawn has a single record
    low, high = interval
    area = Measurement(
        metric="membership_auc_loss",
        split=Split.FORGET,
        model=ModelRole.UNLEARNED,
        value=auc(ours, theirs),
        n=len(ours),
        low=low,
        high=high,
    )
    means = {ModelRole.UNLEARNED: unseen, ModelRole.ORIGINAL: unseen_before}
    audit = audit_of(area, {role: fmean(some.values()) for role, some in means.items()}, lost)
    checks = {one.rule: one.outcome.value for one in judge(policy, "d" * 64, audit).checks}
    return {
        "outcomes": {rule: checks.get(rule, "") for rule in RULES},
        "loss": [lost.low, lost.value, lost.high],
        "area": [low, area.value, high],
    }


def losses(rows: Rows, people: People) -> dict[str, float]:
    """Record id -> its mean loss on a token, in nats."""
    return {
        one.id: -own.loss for some in people for one in some if (own := rows[one.id].membership)
    }


def audit_of(area: Measurement, losses: Mapping[ModelRole, float], lost: Interval) -> AuditResult:
    """An audit of nothing but what RULES ask for.

    `losses` are the means over the never-seen records, `lost` is how far they are apart.
    """
    return AuditResult(
        run_id="draw",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        seed=0,
        models={ModelRole.ORIGINAL: "a" * 64, ModelRole.UNLEARNED: "b" * 64},
        measurements=(
            area,
            *(
                Measurement(
                    metric="token_loss", split=Split.HOLDOUT, model=role, value=mean, n=lost.n
                )
                for role, mean in losses.items()
            ),
        ),
        differences=(
            Difference(metric="token_loss", split=Split.HOLDOUT, to="original", **asdict(lost)),
        ),
        records=(),
        holdout_origin="given",
        corpus_digest="c" * 64,
    )


def summed(
    told: Sequence[dict[str, Any]], seed: int, model: str, whose: str, size: tuple[int, int]
) -> dict[str, Any]:
    """How many draws came out how, and the range of the figures."""

    def quantiles(name: str, at: int) -> list[float]:
        values = sorted(one[name][at] for one in told)
        return [round(values[round(q * (len(values) - 1))], 3) for q in (0, 0.5, 1)]

    return {
        "seed": seed,
        "model": model,
        "forgotten": whose,
        "people": size[0],
        "unseen": size[1],
        "repetitions": len(told),
        "outcomes": {rule: dict(Counter(one["outcomes"][rule] for one in told)) for rule in RULES},
        "loss": quantiles("loss", 1),
        "loss_low": quantiles("loss", 0),
        "loss_high": quantiles("loss", 2),
        "area": quantiles("area", 1),
        "area_low": quantiles("area", 0),
        "area_high": quantiles("area", 2),
    }


def markdown(found: Sequence[dict[str, Any]]) -> str:
    """One row for each model and size of draw, of all seeds."""
    lines = [
        "| model | forgotten | people, never seen | draws | loss: fails / cannot tell / passes "
        "| avoided: the same | nats lost, least to most | area, least to most |",
        "|---" * 8 + "|",
    ]
    keys = ("model", "forgotten", "people", "unseen")
    for key in dict.fromkeys(tuple(one[name] for name in keys) for one in found):
        rows = [one for one in found if tuple(one[name] for name in keys) == key]
        draws = sum(one["repetitions"] for one in rows)
        cells = [key[0], key[1], f"{key[2]}, {key[3]}", f"{draws}"]
        for rule in RULES:
            counts = [
                sum(one["outcomes"][rule].get(outcome, 0) for one in rows)
                for outcome in ("fail", "cannot_tell", "pass")
            ]
            cells.append(" / ".join(f"{count / draws:.1%}" for count in counts))
        for name in ("loss", "area"):
            least, most = min(one[name][0] for one in rows), max(one[name][2] for one in rows)
            cells.append(f"{least:.2f} to {most:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
