"""How each contender is set: as published, as found on the tuning slice, and ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from unlearnkit.unlearning.objectives import OBJECTIVES, retain_weight
from unlearnkit.unlearning.settings import ObjectiveName, Settings

RATE = 1e-3
"""Of the small model, for everybody as published; the papers' 1e-5 is for billions of weights."""
OUR_RATE = 3e-4
"""As the product says for a few millions of weights."""
OURS, OURS_SEARCHED = "rklu, ours", "rklu, ours searched"
MOST_PASSES = 40
"""For everybody under the stop rule, where the product's default goes on to 80."""
PAPERS_ALPHA, PAPERS_EPOCHS, PAPERS_PASSES, PAPERS_BATCH = 8.0, 10, 10, 32

SMALL_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
SEARCHED: dict[ObjectiveName, list[dict[str, float]]] = {
    ObjectiveName.RKLU: [
        {"learning_rate": rate, "retain_weight": weight}
        for rate in (3e-4, 5e-4, 1e-3)
        for weight in (2.0, 5.0)
    ],
    ObjectiveName.FORWARD_KL: [
        {"learning_rate": rate, "retain_weight": weight}
        for rate in (3e-4, 5e-4, 1e-3)
        for weight in (1.0, 5.0)
    ],
    # Without retain term and beta there is the learning rate alone.
    ObjectiveName.GRAD_ASCENT: [{"learning_rate": rate} for rate in SMALL_RATES],
    ObjectiveName.GRAD_DIFF: [
        {"learning_rate": rate, "retain_weight": weight}
        for rate in (1e-4, 3e-4, 1e-3)
        for weight in (1.0, 4.0)
    ],
    ObjectiveName.NPO: [
        {"learning_rate": rate, "beta": beta} for rate in (1e-4, 3e-4, 1e-3) for beta in (0.1, 1.0)
    ],
    ObjectiveName.SIMNPO: [
        {"learning_rate": rate, "beta": beta} for rate in (1e-4, 3e-4, 1e-3) for beta in (2.5, 4.5)
    ],
    ObjectiveName.UNDIAL: [
        {"learning_rate": rate, "beta": beta} for rate in (3e-4, 1e-3) for beta in (3.0, 10.0, 30.0)
    ],
}
"""Six for each, under the product's stop rule, the rest but MOST_PASSES at its default."""


def published(name: ObjectiveName) -> Settings:
    """The paper's: ten passes without stop rule, 32 forget records and as many retained a step."""
    settings = Settings(
        objective=name,
        learning_rate=RATE,
        batch_size=PAPERS_BATCH,
        retain_ratio=1,
        max_passes=PAPERS_PASSES,
        early_stop=False,
    )
    if not OBJECTIVES[name].needs_teacher:
        return settings
    return replace(
        settings,
        retain_weight=1.0,
        teacher_depths=False,
        level_weight=0.0,
        fixed_alpha=PAPERS_ALPHA,
        strengthen_epochs=(PAPERS_EPOCHS,),
    )


def candidates(name: ObjectiveName) -> list[Settings]:
    """What the search tries."""
    start = Settings(objective=name, max_passes=MOST_PASSES)
    return [replace(start, **changed) for changed in SEARCHED[name]]


def contenders(names: Sequence[ObjectiveName], search: Path) -> dict[str, Settings]:
    """The rows of the tables. Ends the benchmark when the search has not been made."""
    if not search.is_file():
        sys.exit(f"{search} is missing: python benchmarks/tuning.py makes it.")
    best = json.loads(search.read_text())["chosen"]
    found = {}
    for name in names:
        found[f"{name}, published"] = published(name)
        if name is ObjectiveName.RKLU:
            found[OURS] = Settings(learning_rate=OUR_RATE, max_passes=MOST_PASSES)
        if name.value in best:
            row = OURS_SEARCHED if name is ObjectiveName.RKLU else f"{name}, searched"
            start = Settings(objective=name, max_passes=MOST_PASSES)
            searched = replace(start, **best[name.value])
            if explicit(searched) not in map(explicit, found.values()):
                found[row] = searched
    return found


def explicit(settings: Settings) -> Settings:
    """The same, the objective's own retain weight written out: to compare."""
    return replace(settings, retain_weight=retain_weight(settings))


def as_plain(settings: Settings, seed: int, smoke: bool) -> dict[str, Any]:
    """Settings of a seed as JSON; for a smoke run a few passes, though there is nothing to do."""
    short: dict[str, Any] = {"max_passes": 2, "strengthen_epochs": (1, 2), "tolerance": 1e-6}
    short["fixed_alpha"] = PAPERS_ALPHA
    return asdict(replace(settings, seed=seed)) | (short if smoke else {})


def chosen_names(text: str) -> list[ObjectiveName]:
    """`all`, or names with commas between them. Ends the benchmark at an unknown one."""
    if text == "all":
        return list(ObjectiveName)
    try:
        return [ObjectiveName(one) for one in text.split(",")]
    except ValueError as error:
        sys.exit(f"{error}: one of {', '.join(ObjectiveName)}, or all")
