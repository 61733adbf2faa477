"""What one pass for all figures saves, and what reading a record's beginning once does.

    python benchmarks/audit.py --data DIR --models DIR2 [--results FILE]

DIR2 is what `tofu.py --objectives all --slices 16-2 --out DIR2` left. The likelihood figures of 40
records and 80 never-seen ones, as the audit makes them and each by itself; the decoy test, as the
audit ranks and with every decoy read from its record's first token; and the continuations that
values are searched in, with equal prompts read once and read for each. Both in turn, the same
figures each time, which is checked. Processor time of one thread, which other work on the machine
changes less than it does the clock's.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import torch
from tofu_slices import ENCODING, slice_of

from unlearnkit.artefacts import write_atomic
from unlearnkit.audit.decoy_ranks import POOL, branches, decoy_ranks
from unlearnkit.audit.forget_quality import forget_quality
from unlearnkit.audit.leakage import leaked_values
from unlearnkit.audit.membership import attacked_tokens, membership_scores
from unlearnkit.audit.scoring import token_columns, truth_ratios
from unlearnkit.audit.targets import Target
from unlearnkit.audit.truth_ratio import truth_ratio
from unlearnkit.corpus.nlp import NlpSettings, load_analyzer
from unlearnkit.corpus.values import personal_values
from unlearnkit.domain import ModelRole, Record, Split
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.headed import Headed
from unlearnkit.language_model.recall import (
    Recall,
    columns,
    recall,
    recall_of,
    token_figures,
)
from unlearnkit.language_model.tokens import Example, collate, encode_record
from unlearnkit.pipeline.personal import rankable

CPU = "cpu"
ASKED = 10
"""Values that are asked for; each is some seventy continuations."""
ATTACKS = ("loss", "zlib", "min_k", "min_k_plus_plus")


def main() -> None:
    """Time both ways in turn and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/tofu"))
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=Path)
    chosen = parser.parse_args()
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    one = slice_of("16-2", chosen.data)
    records = [*one.of(one.forgotten), *one.holdout]
    model = load_language_model(chosen.models / "16-2-0" / "model")
    values = personal_values(records, load_analyzer(NlpSettings()), POOL, 0)
    targets = rankable(records, values, seed=0)
    found = [
        compared("seven likelihood figures", once, apart, model, records, rounds=chosen.rounds),
        compared("and truth ratio", together, with_ratios, model, records, rounds=chosen.rounds),
        compared("and forget quality", judged, all_apart, model, records, rounds=chosen.rounds),
        compared(
            "continuations for values",
            asked,
            prompt_by_prompt,
            model,
            targets[:ASKED],
            rounds=chosen.rounds,
        ),
        compared("decoy test", shared, unshared, model, targets, rounds=chosen.rounds),
    ]
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(found, indent=2) + "\n").encode())
    print(markdown(found))


def compared(
    what: str,
    ours: Callable[[LanguageModel, Any], list[float]],
    plain: Callable[[LanguageModel, Any], list[float]],
    model: LanguageModel,
    items: Sequence[Any],
    *,
    rounds: int,
) -> dict[str, Any]:
    """Processor seconds of both, turn by turn. Raises AssertionError where the figures differ."""
    seconds: dict[str, list[float]] = {"audit": [], "plain": []}
    for _ in range(rounds + 1):  # the first one is not counted
        figures = []
        for name, way in (("audit", ours), ("plain", plain)):
            start = time.process_time()
            figures.append(torch.tensor(way(model, items), dtype=torch.double))
            seconds[name].append(time.process_time() - start)
        assert torch.allclose(*figures, rtol=1e-4, atol=1e-4, equal_nan=True), what
    counted = {name: some[1:] for name, some in seconds.items()}
    return {"what": what, "items": len(items), "seconds": counted}


def once(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """As the audit: seven figures of a record from one pass."""
    return [figure for row in _at_once(model, records)[0] for figure in row]


def together(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """As the audit: the same pass, and truth ratio's texts, whose beginnings are read once."""
    rows, recalls = _at_once(model, records)
    return [figure for row in rows for figure in row] + _ratios(model, records, recalls)


def judged(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """As the audit: forget quality of the ratios that are there, against ratios in two halves."""
    found = together(model, records)
    ratios = found[-len(records) :]
    return [*found, _quality(ratios)]


def _quality(ratios: Sequence[float]) -> float:
    """One half stands in for the retrained model's, whose ratios are kept in both ways."""
    return forget_quality(ratios[::2], ratios[1::2])


def _at_once(
    model: LanguageModel, records: Sequence[Record]
) -> tuple[list[list[float]], list[Recall]]:
    examples = [encode_record(one, model.tokenizer, ENCODING) for one in records]
    found = token_columns(model, examples, CPU)
    recalls = [recall_of(hits, losses) for hits, losses, _ in found]
    rows = []
    for record, one, (_, losses, standardised) in zip(records, recalls, found, strict=True):
        own = membership_scores(record.learned, losses, standardised)
        row = [one.exact_memorization, one.extraction_strength, one.probability]
        rows.append([*row, *(getattr(own, name) for name in ATTACKS)])
    return rows, recalls


def apart(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """Each of the seven figures with a pass of its own, batched alike."""
    pad, headed = model.tokenizer.pad_token_id, Headed(model.model)

    def encoded() -> list[Example]:
        return [encode_record(one, model.tokenizer, ENCODING) for one in records]

    def attacked(name: str) -> list[float]:
        wide = name == "min_k_plus_plus"
        rows = columns(headed, encoded(), pad, CPU, attacked_tokens if wide else token_figures)
        return [
            getattr(membership_scores(record.learned, row[1], row[2] if wide else row[1]), name)
            for record, row in zip(records, rows, strict=True)
        ]

    table = [
        [one.exact_memorization for one in recall(headed, encoded(), pad, CPU)],
        [one.extraction_strength for one in recall(headed, encoded(), pad, CPU)],
        [one.probability for one in recall(headed, encoded(), pad, CPU)],
        *(attacked(name) for name in ATTACKS),
    ]
    return [figure for row in zip(*table, strict=True) for figure in row]


def with_ratios(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """The same, and truth ratio by itself."""
    return apart(model, records) + ratios_apart(model, records)


def all_apart(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """The same, and forget quality by itself, which needs truth ratios."""
    return [*with_ratios(model, records), _quality(ratios_apart(model, records))]


def ratios_apart(model: LanguageModel, records: Sequence[Record]) -> list[float]:
    """Truth ratio with every text read whole, batched alike."""
    pad, headed = model.tokenizer.pad_token_id, Headed(model.model)
    texts = [(one.paraphrase or one.text, *one.perturbed) for one in records]
    examples = [
        encode_record(replace(one, text=text), model.tokenizer, ENCODING)
        for one, some in zip(records, texts, strict=True)
        for text in some
    ]
    losses = iter([one.loss for one in recall(headed, examples, pad, CPU)])
    return [truth_ratio(next(losses), [next(losses) for _ in one.perturbed]) for one in records]


def _ratios(
    model: LanguageModel, records: Sequence[Record], recalls: Sequence[Recall]
) -> list[float]:
    found = truth_ratios(model, records, recalls, ENCODING, CPU)
    return [torch.nan if one is None else one for one in found]


def shared(model: LanguageModel, targets: Sequence[Target]) -> list[float]:
    """As the audit: how many decoys are likelier, of every value."""
    rank = partial(decoy_ranks, model, encoding=ENCODING, device=CPU)
    ranks = rank(targets, split=Split.FORGET, role=ModelRole.ORIGINAL)
    return [one.better for one in ranks]


def unshared(model: LanguageModel, targets: Sequence[Target]) -> list[float]:
    """The same with each decoy read from its record's first token, 16 at once."""
    found = []
    for target in targets:
        asked = branches(target, model.tokenizer, ENCODING)
        if asked is None:
            continue
        beginning, rows = asked
        true, *others = read_whole(model, beginning, rows)
        found.append(sum(one > true for one in others) + sum(one == true for one in others) / 2)
    return found


def asked(model: LanguageModel, targets: Sequence[Target]) -> list[float]:
    """As the audit: which values come out by which probe, and what asking took."""
    values, costs = leaked_values(
        model, targets, ENCODING, 0, CPU, split=Split.FORGET, role=ModelRole.ORIGINAL
    )
    leaks = [float(came) for one in values for came in (*one.leaked.values(), *one.chance.values())]
    return leaks + [float(one.tokens) for one in costs]


def prompt_by_prompt(model: LanguageModel, targets: Sequence[Target]) -> list[float]:
    """The same with every prompt read each time it is continued, batched alike."""
    with mock.patch("unlearnkit.language_model.generation.read_once", lambda *_: None):
        return asked(model, targets)


def read_whole(
    model: LanguageModel, beginning: Sequence[int], rows: Sequence[Sequence[int]]
) -> list[float]:
    """Log p of each row after the beginning, in nats."""
    found: list[float] = []
    examples = [Example((*beginning, *row), (*([-100] * len(beginning)), *row)) for row in rows]
    for start in range(0, len(examples), 16):
        some = examples[start : start + 16]
        batch = collate(some, model.tokenizer.pad_token_id)
        log_p = model.model(**batch.inputs(), use_cache=False).logits[:, :-1].log_softmax(-1)
        labels = batch.labels[:, 1:]
        own = log_p.gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
        found += (own * (labels != -100)).sum(-1).tolist()
    return found


def markdown(found: Sequence[dict[str, Any]]) -> str:
    """Medians and their ratio."""
    lines = [
        "| what | items | the audit, seconds | plainly, seconds | times as fast |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        ours, plain = (median(one["seconds"][name]) for name in ("audit", "plain"))
        lines.append(
            f"| {one['what']} | {one['items']} | {ours:.2f} | {plain:.2f} | {plain / ours:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
