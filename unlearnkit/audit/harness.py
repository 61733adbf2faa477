"""Tasks of EleutherAI's lm-evaluation-harness, before and after; the extra `unlearnkit[lm-eval]`.

Each figure of each task is the harness's own, in its own unit, under the name
`lm_eval/TASK/FIGURE`, and so are its n (documents) and standard error; the 95 % interval is 1.96
standard errors to either side, and can pass the figure's own bounds. No chat template is applied,
shots are those of the task, and nothing is fetched: a task's data have to be on this machine. What
the model said is kept nowhere.
"""

from __future__ import annotations

import difflib
import logging
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from unlearnkit.audit.scoring import loaded
from unlearnkit.domain import HarnessTasks, Measurement, ModelRole, Split
from unlearnkit.errors import BadInput

PREFIX = "lm_eval"
BATCH = 16
DEVIATIONS = 1.96
"""Standard errors that a 95 % interval reaches to either side."""
NO_FIGURE = "the harness gave no finite number"
NOT_THERE = "its model folder is not there"
_OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")


def find_tasks(tasks: HarnessTasks) -> Any:
    """The harness's task manager that knows them all.

    Raises BadInput without the extra, for a folder that is not there, and for an unknown task.
    """
    from huggingface_hub import constants

    # Each reads its own at import, and one of them may have been imported before.
    constants.HF_HUB_OFFLINE = True
    for name in _OFFLINE:
        os.environ[name] = "1"
    try:
        from lm_eval.tasks import TaskManager
    except ImportError:
        raise BadInput(
            "the lm-evaluation-harness is not installed",
            fix="pip install 'unlearnkit[lm-eval]'",
        ) from None
    if tasks.folder is not None and not tasks.folder.is_dir():
        raise BadInput("there is no such folder of tasks", where=tasks.folder)
    include = None if tasks.folder is None else str(tasks.folder)
    # The harness's own thousands take long to read, and are not needed for those of one's own.
    for defaults in (False, True) if include else (True,):
        manager = TaskManager(include_path=include, include_defaults=defaults)
        unknown = [one for one in tasks.names if one not in manager.all_tasks]
        if not unknown:
            return manager
    near = difflib.get_close_matches(unknown[0], manager.all_tasks, n=1)
    raise BadInput(
        f"the lm-evaluation-harness knows no task '{unknown[0]}'",
        where=tasks.folder,
        fix=f"Did you mean '{near[0]}'?" if near else "lm-eval ls tasks prints those it knows.",
    )


def harness_figures(
    models: Mapping[ModelRole, Path], tasks: HarnessTasks, seed: int
) -> list[Measurement]:
    """Every figure under every model. Raises what `find_tasks` does, and for data not there."""
    manager = find_tasks(tasks)
    found: dict[ModelRole, dict[str, Measurement]] = {
        role: {one.metric: one for one in _measured(role, folder, tasks, manager, seed)}
        for role, folder in models.items()
        if folder.is_dir()
    }
    names = dict.fromkeys(name for some in found.values() for name in some)
    return [
        found[role][name] if name in found.get(role, {}) else _missing(name, role)
        for role in models
        for name in names
    ]


def _measured(
    role: ModelRole, folder: Path, tasks: HarnessTasks, manager: Any, seed: int
) -> Iterator[Measurement]:
    import lm_eval
    from lm_eval.models.huggingface import HFLM

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    language_model, device = loaded(folder)
    model = HFLM(
        pretrained=language_model.model,
        tokenizer=language_model.tokenizer,
        batch_size=BATCH,
        device=str(device),
    )
    try:
        found = lm_eval.simple_evaluate(
            model,
            tasks=list(tasks.names),
            task_manager=manager,
            log_samples=False,
            random_seed=seed,
            numpy_random_seed=seed,
            torch_random_seed=seed,
            fewshot_random_seed=seed,
        )
    except OSError as error:  # offline, datasets raises ConnectionError; else a file is missing
        raise BadInput(
            f"the data of a task could not be read: {error}",
            where=tasks.folder,
            fix="Fetch the data set once with the harness itself, or correct its data_files.",
        ) from None
    return figures(found["results"], role)


def figures(results: Mapping[str, Mapping[str, Any]], role: ModelRole) -> Iterator[Measurement]:
    """The harness's results as measurements: `acc,none` is a figure and its filter."""
    for task, row in results.items():
        for key, value in row.items():
            figure, comma, chosen = key.partition(",")
            if not comma or figure.endswith("_stderr") or isinstance(value, str):
                continue
            told = Measurement(
                metric="/".join((PREFIX, task, figure if chosen == "none" else key)),
                split=Split.TASKS,
                model=role,
                value=None,
                n=int(row.get("sample_len") or 0),
            )
            if not math.isfinite(value):
                yield told.model_copy(update={"not_measured": NO_FIGURE})
                continue
            error = row.get(f"{figure}_stderr,{chosen}")
            told = told.model_copy(update={"value": float(value)})
            if isinstance(error, float) and math.isfinite(error):
                reach = DEVIATIONS * error
                told = told.model_copy(update={"low": value - reach, "high": value + reach})
            yield told


def _missing(metric: str, role: ModelRole) -> Measurement:
    return Measurement(
        metric=metric, split=Split.TASKS, model=role, value=None, n=0, not_measured=NOT_THERE
    )
