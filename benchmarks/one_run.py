"""One model unlearned and measured, in a process of its own: seconds and memory are its own.

    python benchmarks/one_run.py JOB.json RESULT.json

Other scripts call it through `finish`, which keeps results: what is finished is not done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tofu_slices import Slice

    from unlearnkit.domain import Record, RecordScore, Split
    from unlearnkit.language_model.folder import LanguageModel
    from unlearnkit.unlearning.settings import Settings

ROUGE_RECORDS = 100


@dataclass(frozen=True, slots=True)
class Job:
    """Which authors to unlearn from which model, and on whose records to measure what comes out."""

    data: str
    slice: str
    model: str
    settings: dict[str, Any] | None
    """None: the model is only measured."""
    forget: list[int]
    retain: list[int]
    watched: list[int]
    """Measured as forgotten."""
    kept: list[int]
    """Measured as retained."""
    out: str = ""
    """Where the unlearned model is kept; else it is deleted."""
    lineage: dict[str, Any] | None = None
    """What the run before gave on."""

    def file(self, place: Path, name: str) -> Path:
        """Its result's place: another setting is another file."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return place / f"{name.replace(', ', '-')}-{digest[:10]}.json"


def job_on(one: Slice, data: Path, model: Path, settings: dict[str, Any] | None) -> Job:
    """Those of the slice who ask unlearned from a model, or nobody; everybody measured."""
    return Job(
        data=str(data.resolve()),
        slice=one.name,
        model=str(model.resolve()),
        settings=settings,
        forget=one.forgotten,
        retain=one.kept,
        watched=one.forgotten,
        kept=one.kept,
    )


def finish(job: Job, place: Path, name: str, threads: int = 0) -> dict[str, Any]:
    """The kept result, else a new one. Ends the benchmark when the process dies."""
    result = job.file(place, name)
    if not result.is_file():
        print(f"{place.parent.name}: {name}", flush=True)
        place.mkdir(parents=True, exist_ok=True)
        written = result.with_suffix(".job")
        written.write_text(json.dumps(asdict(job)))
        command = [sys.executable, __file__, str(written), str(result)]
        limited = {"OMP_NUM_THREADS": str(threads)} if threads else {}
        code = subprocess.run(command, env=os.environ | limited, check=False).returncode
        if code:
            sys.exit(f"{name} ended with {code}; the same command goes on from here")
        written.unlink()
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def main() -> None:
    """Unlearn, measure, write the result."""
    from tofu_slices import slice_of

    from unlearnkit.artefacts import write_atomic

    job_file, result = Path(sys.argv[1]), Path(sys.argv[2])
    job = Job(**json.loads(job_file.read_text()))
    one, scratch = slice_of(job.slice, Path(job.data)), result.with_suffix(".scratch")
    shutil.rmtree(scratch, ignore_errors=True)
    found: dict[str, Any] = {"failed": None}
    model = Path(job.model)
    if job.settings is not None:
        model = Path(job.out) if job.out else scratch / "model"
        shutil.rmtree(model, ignore_errors=True)
        found = unlearned(job, one, model, scratch)
    if found["failed"] is None:
        found |= measured(model, one.of(job.watched), one.of(job.kept), list(one.holdout))
    shutil.rmtree(scratch, ignore_errors=True)
    write_atomic(result, json.dumps(found).encode())


def unlearned(job: Job, one: Any, out: Path, scratch: Path) -> dict[str, Any]:
    """What the engine did, its seconds and peak memory; `failed` where it refused."""
    from tofu_slices import ENCODING

    from unlearnkit.errors import CannotEvaluate
    from unlearnkit.unlearning.engine import unlearn
    from unlearnkit.unlearning.lineage import Lineage
    from unlearnkit.unlearning.material import Task

    assert job.settings is not None
    task = Task(
        model=Path(job.model),
        forget=one.of(job.forget),
        retain=one.of(job.retain),
        holdout=one.holdout,
        encoding=ENCODING,
        out=out,
        work=scratch / "work",
        key=bytes(32),  # public records
        lineage=Lineage.model_validate(job.lineage) if job.lineage else None,
    )
    before, start = peak_memory(), time.perf_counter()
    try:
        outcome = unlearn(task, settings_from(job.settings))
    except CannotEvaluate as error:
        return {"failed": error.what, "seconds": time.perf_counter() - start}
    return {
        "failed": None,
        "seconds": time.perf_counter() - start,
        "memory": peak_memory(),
        "memory_before": before,
        "teacher": next((t.model_dump() for t in outcome.calibration if t.chosen), None),
        "passes": [one.model_dump() for one in outcome.passes],
        "lineage": outcome.lineage.model_dump(),
    }


def settings_from(plain: dict[str, Any]) -> Settings:
    """Settings read from JSON."""
    from unlearnkit.unlearning.settings import ObjectiveName, RetainTerm, Settings

    typed = {
        "objective": ObjectiveName(plain["objective"]),
        "retain_term": RetainTerm(plain["retain_term"]),
        "strengthen_epochs": tuple(plain["strengthen_epochs"]),
    }
    return Settings(**plain | typed)


def peak_memory() -> float:
    """Largest resident memory of this process, in MB.

    Linux's VmHWM, for getrusage's figure may be inherited from the parent process.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def measured(
    folder: Path, forget: Sequence[Record], retain: Sequence[Record], holdout: Sequence[Record]
) -> dict[str, Any]:
    """Every record's figures, as the audit's, and ROUGE-L on a fixed sample of the retained."""
    from unlearnkit.domain import Split
    from unlearnkit.language_model.folder import load_language_model

    splits = {Split.FORGET: forget, Split.RETAIN: retain, Split.HOLDOUT: holdout}
    scores = scores_of(folder, splits)
    sample = retain[:: -(-len(retain) // ROUGE_RECORDS)]
    return {
        "scores": [one.model_dump(exclude={"request_ids", "model"}, mode="json") for one in scores],
        "rouge": rouge_recalls(load_language_model(folder), sample),
    }


def scores_of(folder: Path, splits: Mapping[Split, Sequence[Record]]) -> list[RecordScore]:
    """The audit's score of each record of each split."""
    from tofu_slices import ENCODING

    from unlearnkit.audit.scoring import loaded, score_records
    from unlearnkit.domain import ModelRole

    model, device = loaded(folder)
    return score_records(model, splits, ENCODING, device, role=ModelRole.UNLEARNED, owners={})


def rouge_recalls(loaded: LanguageModel, records: Sequence[Record]) -> list[float]:
    """ROUGE-L recall of the greedy answers."""
    answers = greedy_answers(loaded, records)
    return [rouge_recall(one.text, said) for one, said in zip(records, answers, strict=True)]


def greedy_answers(loaded: LanguageModel, records: Sequence[Record]) -> list[str]:
    """What the model says to each prompt, as long as the longest true answer of the batch."""
    import torch
    from tofu_slices import ENCODING

    from unlearnkit.language_model.tokens import Example, collate, encode_record

    model, tokenizer = loaded.model.eval(), loaded.tokenizer
    answers: list[str] = []
    for start in range(0, len(records), 50):
        examples = [encode_record(one, tokenizer, ENCODING) for one in records[start : start + 50]]
        cut = [len(one.input_ids) - one.counted for one in examples]
        prompts = [
            Example(one.input_ids[:at], one.labels[:at])
            for one, at in zip(examples, cut, strict=True)
        ]
        batch = collate(prompts, tokenizer.pad_token_id, side="left")
        with torch.no_grad():
            said = model.generate(
                input_ids=batch.input_ids,
                attention_mask=batch.attention_mask,
                max_new_tokens=max(one.counted for one in examples),
                do_sample=False,
            )
        new = said[:, batch.input_ids.shape[1] :]
        answers += tokenizer.batch_decode(new, skip_special_tokens=True)
    return answers


def rouge_recall(truth: str, said: str) -> float:
    """Longest common subsequence of words, over the words of the truth (Lin 2004, ROUGE-L)."""
    import re

    true, own = (re.findall(r"\w+", text.lower()) for text in (truth, said))
    row = [0] * (len(own) + 1)
    for word in true:
        above = row[:]
        for at, other in enumerate(own, start=1):
            row[at] = above[at - 1] + 1 if word == other else max(row[at - 1], above[at])
    return row[-1] / len(true)


if __name__ == "__main__":
    main()
