"""How often the decoy test rings for nothing, and whether it sees a model that knows.

    python benchmarks/decoy_test.py --data DIR --models DIR2 [--results FILE]

DIR2 is what `tofu.py --objectives all --slices 16-2 --out DIR2` left: for each seed a model of 16
authors of TOFU, and one retrained without two of them. Authors that no model saw (retain90's, from
row 1220 on) are drawn anew for every repetition. False alarms: two of them stand for the forgotten
and four others for the holdout, on the retrained models; nothing was forgotten, so a p-value of at
most 0.05 is an alarm for nothing. Power: two authors that the original models were trained on,
against four never seen. Nothing was tuned on these authors.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tofu_slices import AFTER_ACCEPTANCE, ENCODING, authors_of, record, slice_of

from unlearnkit.artefacts import write_atomic
from unlearnkit.audit.decoy_figures import place
from unlearnkit.audit.decoy_ranks import POOL, decoy_ranks
from unlearnkit.audit.decoy_tests import Placed, auc, two_sample_p
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer
from unlearnkit.corpus.values import personal_values
from unlearnkit.domain import ModelRole, Record, Split
from unlearnkit.language_model.folder import load_language_model
from unlearnkit.pipeline.personal import RANKED, rankable

SKIPPED = 24
"""Never-seen authors from row 1220 on that the larger slice trains on."""
POOL_OF_AUTHORS = 48
FORGOTTEN, UNSEEN, LEVEL = 2, 4, 0.05

Author = list[Placed]
"""The places of one author's values under a model."""


def main() -> None:
    """Rank once for each model, then draw authors again and again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--repetitions", type=int, default=100, help="for each model")
    parser.add_argument("--results", type=Path)
    chosen = parser.parse_args()
    torch.set_grad_enabled(False)
    found = [
        row
        for seed in chosen.seeds
        for row in of_seed(chosen.data, chosen.models / f"16-2-{seed}", seed, chosen.repetitions)
    ]
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def of_seed(data: Path, place_of: Path, seed: int, repetitions: int) -> list[dict[str, Any]]:
    """Both questions to the two models of a seed."""
    analyzer = load_analyzer(NlpSettings())
    rows = authors_of(data / "retain90.json", AFTER_ACCEPTANCE)
    strangers = [
        [record(pair, f"u{author:03d}-{at:02d}") for at, pair in enumerate(pairs)]
        for author, pairs in enumerate(rows[SKIPPED : SKIPPED + POOL_OF_AUTHORS])
    ]
    known = [list(one) for one in slice_of("16-2", data).trained]
    found = []
    for name, role, mine in (
        ("retrained", "false alarms", strangers),
        ("model", "power", known),
    ):
        unseen = placed(place_of / name, strangers, analyzer)
        ours = unseen if mine is strangers else placed(place_of / name, mine, analyzer)
        tries = repeated(ours, unseen, repetitions, random.Random(seed))
        found.append(
            {
                "question": role,
                "model": name,
                "seed": seed,
                "repetitions": repetitions,
                "values": sum(map(len, ours)),
                "rang": sum(p <= LEVEL for p, _ in tries),
                "areas": [area for _, area in tries],
                "p": [p for p, _ in tries],
            }
        )
        print(found[-1] | {"areas": "", "p": ""}, flush=True)
    return found


def placed(folder: Path, authors: Sequence[Sequence[Record]], analyzer: Analyzer) -> list[Author]:
    """Every author's values among their decoys under a model, as the audit ranks them."""
    model = load_language_model(folder)
    found = []
    for records in authors:
        values = personal_values(records, analyzer, POOL, 0)
        targets = rankable(records, values, seed=0, limit=RANKED)
        ranks = decoy_ranks(
            model, targets, ENCODING, "cpu", split=Split.HOLDOUT, role=ModelRole.ORIGINAL
        )
        found.append([Placed(one.record_id, one.entity, place(one)) for one in ranks])
    return found


def repeated(
    ours: Sequence[Author], unseen: Sequence[Author], repetitions: int, rng: random.Random
) -> list[tuple[float, float]]:
    """p-value and area of each draw of authors, as the audit computes them."""
    found = []
    for turn in range(repetitions):
        mine = rng.sample(range(len(ours)), FORGOTTEN)
        free = [at for at in range(len(unseen)) if ours is not unseen or at not in mine]
        sides = (
            [one for at in mine for one in ours[at]],
            [one for at in rng.sample(free, UNSEEN) for one in unseen[at]],
        )
        common = {one.kind for one in sides[0]} & {one.kind for one in sides[1]}
        a, b = ([one for one in side if one.kind in common][:RANKED] for side in sides)
        found.append((two_sample_p(a, b, turn), auc(a, b)))
    return found


def markdown(found: Sequence[dict[str, Any]]) -> str:
    """One row for each model, and both questions in all."""
    lines = [
        "| question | model | seed | draws | p at most 0.05 | mean area |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        share, area = one["rang"] / one["repetitions"], sum(one["areas"]) / one["repetitions"]
        cells = (one["question"], one["model"], one["seed"], one["repetitions"])
        lines.append(f"| {' | '.join(map(str, cells))} | {share:.1%} | {area:.3f} |")
    for question in ("false alarms", "power"):
        rows = [one for one in found if one["question"] == question]
        rang, draws = (sum(one[key] for one in rows) for key in ("rang", "repetitions"))
        lines.append(f"| **{question}** | all | all | {draws} | **{rang / draws:.1%}** | |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
