"""What is known of the original when its weights are gone: its levels, hidden states and head."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic
from unlearnkit.domain import Progress
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.recall import (
    Level,
    columns,
    level,
    recall,
    recall_of,
    token_figures,
)
from unlearnkit.language_model.tokens import Example
from unlearnkit.unlearning.depths import missed
from unlearnkit.unlearning.distillation import Standing
from unlearnkit.unlearning.material import Material
from unlearnkit.unlearning.states import States, keep_states, open_states
from unlearnkit.unlearning.steps import Workbench, are_there


@dataclass(frozen=True, slots=True)
class Start:
    """The original's levels, and how deep its holdout tokens lie that are not its first choice."""

    levels: Standing
    unseen: tuple[float, ...]
    """Losses in nats (`depths.missed`)."""


def measured_start(bench: Workbench, model: Any, material: Material, work: Path) -> Start:
    """What is known of the original; from an earlier, killed run of the same command if any.

    In the precision that the student is measured in after each pass: the two are compared.
    """
    from unlearnkit.language_model.headed import Headed

    file = work / "start.json"
    if are_there(bench, file):
        stored = json.loads(file.read_text())
        levels = {name: Level(**figures) for name, figures in stored["levels"].items()}
        return Start(Standing(**levels), tuple(stored["unseen"]))
    headed = Headed(model)

    def level_on(examples: Sequence[Example]) -> Level:
        return level(recall(headed, examples, bench.pad_id, bench.device))

    with bench.accelerator.autocast():
        unseen = columns(headed, material.holdout, bench.pad_id, bench.device, token_figures)
        standing = Standing(
            forget=level_on(material.forget),
            retain=level_on(material.sample),
            holdout=level([recall_of(*one) for one in unseen]),
        )
    hits, losses = ([*chain.from_iterable(column)] for column in zip(*unseen, strict=True))
    deep = missed(material.holdout, hits, losses, bench.end_ids)
    start = Start(standing, tuple(deep.tolist()))
    if bench.accelerator.is_main_process:
        write_atomic(file, json.dumps(asdict(start)).encode())
    bench.accelerator.wait_for_everyone()
    return start


@dataclass(frozen=True, slots=True)
class Known:
    """What the original makes of the records that are trained on."""

    forget: States
    pool: States
    head: Head


def original_states(
    bench: Workbench, model: Any, material: Material, work: Path, progress: Progress
) -> Known:
    """The original's final hidden states on the forget set and on the retain pool, and its head."""
    from unlearnkit.language_model.headed import Headed

    found = []
    for done, (name, examples) in enumerate(
        (("original-forget.states", material.forget), ("original-retain.states", material.pool))
    ):
        progress("reading the original's states", done, 2)
        there = are_there(bench, work / name)
        found.append(
            open_states(work / name, examples, bench.key)
            if there
            else keep_states(bench, Headed(model), examples, work / name)
        )
    progress("reading the original's states", 2, 2)
    forget, pool = found
    return Known(forget, pool, Headed(model).head().frozen())
