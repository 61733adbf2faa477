"""How often the decoy test rings for nothing, and whether it sees a model that knows.

    python benchmarks/decoy_test.py --data DIR --models DIR2 [--results FILE]
    python benchmarks/decoy_test.py --demo DIR3 [--results FILE]

DIR2 is what `tofu.py --objectives all --slices 16-2 --out DIR2` left: for each seed a model of 16
authors of TOFU, and one retrained without two of them. Authors that no model saw: retain90's, from
row 1220 on. DIR3 is what `demo.py --out DIR3` left: a company's model, and one retrained without
the three who ask. Customers that no model saw: another company's, of seed + 5000.

Never-seen people are drawn anew for every repetition. False alarms: some of them (SIZES) stand for
the forgotten and others for the holdout, on the retrained models; nothing was forgotten, so a
p-value of at most 0.05 is an alarm for nothing. Power: as many people that the original models were
trained on, against never-seen ones. Each draw is tested twice: people permuted whole, as the audit
permutes them, and records permuted, as an earlier version did. Nothing was tuned on these people.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from tofu_slices import AFTER_ACCEPTANCE, ENCODING, authors_of, record, slice_of

from unlearnkit.artefacts import write_atomic
from unlearnkit.audit.decoy_figures import place
from unlearnkit.audit.decoy_ranks import POOL, decoy_ranks
from unlearnkit.audit.decoy_tests import Placed, auc, smallest_p, two_sample_p
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer
from unlearnkit.corpus.values import personal_values
from unlearnkit.demo.company import Company, build_company
from unlearnkit.domain import ModelRole, Record, Split
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.pipeline.personal import RANKED, rankable

SKIPPED = 24
"""Never-seen authors from row 1220 on that the larger slice trains on."""
PEOPLE = 48
"""Never-seen people that are drawn from; at most as many known ones."""
OTHER_COMPANY = 5000
"""Added to the seed: whom the demo's models never saw."""
SIZES = ((2, 4), (2, 5), (2, 6), (3, 8), (4, 12), (6, 12))
"""Forgotten and never-seen people of a draw."""
LEVEL = 0.05

People = Sequence[Sequence[Record]]
"""The records of each."""
Places = list[Placed]
"""Of one person's values under a model, by record."""


def main() -> None:
    """Rank once for each model, then draw authors again and again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--models", type=Path, help="what tofu.py left")
    parser.add_argument("--demo", type=Path, help="what demo.py left, in the place of TOFU")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--repetitions", type=int, default=200, help="for each model")
    parser.add_argument("--results", type=Path)
    chosen = parser.parse_args()
    if (chosen.models is None) == (chosen.demo is None):
        parser.error("give --models DIR, or --demo DIR")
    torch.set_grad_enabled(False)
    found = []
    for seed in chosen.seeds:
        if chosen.demo:
            folder, people = chosen.demo / f"seed-{seed}", customers(seed)
        else:
            folder, people = chosen.models / f"16-2-{seed}", authors(chosen.data)
        found += of_seed(folder, *people, seed=seed, repetitions=chosen.repetitions)
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def authors(data: Path) -> tuple[People, People]:
    """TOFU: whom the original models were trained on, and whom none saw."""
    rows = authors_of(data / "retain90.json", AFTER_ACCEPTANCE)
    strangers = [
        [record(pair, f"u{author:03d}-{at:02d}") for at, pair in enumerate(pairs)]
        for author, pairs in enumerate(rows[SKIPPED : SKIPPED + PEOPLE])
    ]
    return slice_of("16-2", data).trained, strangers


def customers(seed: int) -> tuple[People, People]:
    """The demo: customers of its company who do not ask, and of another company."""
    return of_company(build_company(seed)), of_company(build_company(seed + OTHER_COMPANY))


def of_company(company: Company) -> People:
    """The records of each customer who does not ask; those who do have more of them."""
    others = [one.number for one in company.customers if one not in company.asking]
    return [
        [one.record for one in company.records if number in one.concerns]
        for number in others[:PEOPLE]
    ]


def of_seed(
    folder: Path, known: People, strangers: People, *, seed: int, repetitions: int
) -> list[dict[str, Any]]:
    """Both questions to the two models of a seed."""
    analyzer = load_analyzer(NlpSettings())
    found = []
    for name, role, mine in (
        ("retrained", "false alarms", strangers),
        ("model", "power", known),
    ):
        unseen = placed(folder / name, strangers, analyzer)
        ours = unseen if mine is strangers else placed(folder / name, mine, analyzer)
        for forgotten, others in SIZES:
            tries = repeated(
                ours, unseen, (forgotten, others), repetitions, random.Random(f"{seed}:{forgotten}")
            )
            found.append(
                {
                    "question": role,
                    "model": name,
                    "seed": seed,
                    "forgotten": forgotten,
                    "unseen": others,
                    "smallest_p": smallest_p(forgotten, others),
                    "repetitions": repetitions,
                    "rang": sum(people <= LEVEL for people, _, _ in tries),
                    "rang_by_record": sum(records <= LEVEL for _, records, _ in tries),
                    "area": fmean(area for _, _, area in tries),
                }
            )
            print(found[-1], flush=True)
    return found


def placed(folder: Path, people: People, analyzer: Analyzer) -> list[Places]:
    """Everybody's values among their decoys under a model, as the audit ranks them."""
    model = load_language_model(folder)
    found = []
    for records in people:
        values = personal_values(records, analyzer, POOL, 0)
        targets = rankable(records, values, seed=0, limit=RANKED)
        ranks = decoy_ranks(
            model, targets, ENCODING, "cpu", split=Split.HOLDOUT, role=ModelRole.ORIGINAL
        )
        found.append([Placed(one.record_id, one.entity, place(one)) for one in ranks])
    return found


def repeated(
    ours: Sequence[Places],
    unseen: Sequence[Places],
    size: tuple[int, int],
    repetitions: int,
    rng: random.Random,
) -> list[tuple[float, float, float]]:
    """Of each draw of people: p-value by people (the audit's), by records; area."""
    found = []
    for turn in range(repetitions):
        mine = rng.sample(range(len(ours)), size[0])
        free = [at for at in range(len(unseen)) if ours is not unseen or at not in mine]
        drawn = (
            [(at, one) for at in mine for one in ours[at]],
            [(at, one) for at in rng.sample(free, size[1]) for one in unseen[at]],
        )
        a, b = comparable(*comparable(*drawn, most=RANKED))
        people = [[replace(one, subject=f"{at}") for at, one in side] for side in (a, b)]
        records = [[one for _, one in side] for side in (a, b)]
        found.append((two_sample_p(*people, turn), two_sample_p(*records, turn), auc(*people)))
    return found


Drawn = list[tuple[int, Placed]]
"""Places, each with the number of its person."""


def comparable(ours: Drawn, unseen: Drawn, most: int | None = None) -> tuple[Drawn, Drawn]:
    """The places of the kinds that both sides have, at most so many a side."""
    common = {one.kind for _, one in ours} & {one.kind for _, one in unseen}
    mine, others = ([one for one in side if one[1].kind in common] for side in (ours, unseen))
    return mine[:most], others[:most]


def markdown(found: Sequence[dict[str, Any]]) -> str:
    """One row for each size of draw: how often it rang, of all models' draws."""
    lines = [
        "| forgotten, never seen | draws | smallest p | for nothing, people | records "
        "| knows, people | records | mean area, for nothing | knows |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for size in SIZES:
        sides = [
            [
                one
                for one in found
                if (one["forgotten"], one["unseen"]) == size and one["question"] == asked
            ]
            for asked in ("false alarms", "power")
        ]
        draws = sum(one["repetitions"] for one in sides[0])
        smallest = smallest_p(*size)
        cells = [f"{size[0]}, {size[1]}", f"{draws}", f"{smallest:.4f}"]
        for side in sides:
            told = f"{sum(one['rang'] for one in side) / draws:.1%}"
            cells.append(told if smallest <= LEVEL else "cannot tell")
            cells.append(f"{sum(one['rang_by_record'] for one in side) / draws:.1%}")
        cells += [f"{fmean(one['area'] for one in side):.3f}" for side in sides]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
