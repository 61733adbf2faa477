"""Asking a model through the kept probes until all are asked or the time is over.

What it answered is kept with the run, so that the next gate of the same model goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from time import monotonic

from unlearnkit.artefacts import document_digest, load, save
from unlearnkit.audit.kept_probes import HOW, Answer, ask, has_room
from unlearnkit.audit.leakage import BATCH, HOT_SAMPLES, SAMPLES
from unlearnkit.audit.probe_order import least_seen, spread
from unlearnkit.audit.scoring import loaded
from unlearnkit.domain import (
    AskedOf,
    Asking,
    ForgetSet,
    KeptProbe,
    KeptProbes,
    ProbeAnswer,
    ProbeAnswers,
    RequestState,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.generation import finite_logits
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.kept_probes import keyed
from unlearnkit.pipeline.runs import Run, finished_runs

AT_ONCE = BATCH // (1 + SAMPLES + HOT_SAMPLES)
"""Probes between two looks at the clock: their beginnings are one batch."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A probe of a completed request, and where it is kept."""

    run: Run
    kept: KeptProbes
    at: int
    owners: tuple[str, ...]
    """The completed requests it is asked for."""

    @property
    def probe(self) -> KeptProbe:
        """The probe itself."""
        return self.kept.probes[self.at]


@dataclass(frozen=True, slots=True)
class Asked:
    """A model's answers, and how far the asking came."""

    runs: tuple[KeptProbes, ...]
    answers: tuple[Answer, ...]
    asking: Asking


def ask_completed(
    context: Context, model: Path, digest: str, budget: float | None, began: float
) -> Asked:
    """Ask the model for the erased values of completed requests, as far as the time goes.

    `budget` in seconds from `began` (`time.monotonic`), looked at before every AT_ONCE probes;
    None: all of them. `digest` is the model's. Raises BadInput where nothing was kept, and
    CannotEvaluate where the model computes no finite numbers.
    """
    forgotten = [run.manifest.forget_set for run in finished_runs(context.workspace)]
    completed = concerned(
        [one.id for one in context.ledger.requests(RequestState.COMPLETED)], forgotten
    )
    waiting = list(_of_completed(context, completed))
    if not waiting:
        raise BadInput(
            "no probe was kept for a completed request of this workspace",
            where=context.workspace.runs_dir,
            fix="`unlearnkit audit` keeps them, while the records are still there.",
        )
    probes = {one.run: one.kept for one in waiting}
    known = {run: _known(run, kept, digest) for run, kept in probes.items()}
    before = sum(one.at in known[one.run].answers for one in waiting)
    no_room = _ask(context, model, known, waiting, None if budget is None else began + budget)
    answered = [one for one in waiting if one.at in known[one.run].answers]
    return Asked(
        runs=tuple(probes.values()),
        answers=tuple(_answer(one, known[one.run].answers[one.at]) for one in answered),
        asking=Asking(
            budget_seconds=budget,
            kept=len(waiting),
            asked=len(answered),
            asked_before=before,
            no_room=no_room,
            requests=tuple(_of_each(sorted(completed), waiting, answered)),
        ),
    )


def concerned(completed: Collection[str], forgotten: Iterable[ForgetSet]) -> set[str]:
    """The completed requests without those that a run found no record for: nothing was learned.

    One that no run here knows stays: of it nothing is known.
    """
    found: Counter[str] = Counter()
    for one in forgotten:
        found.update({request_id: len(records) for request_id, records in one.records.items()})
    return {one for one in completed if found.get(one) != 0}


def _of_completed(context: Context, completed: Collection[str]) -> Iterator[Waiting]:
    """What is kept for them, by the newest run of each, the oldest run first."""
    unclaimed, of_runs = set(completed), []
    for run in reversed(finished_runs(context.workspace)):
        if not run.probes_file.is_file():
            continue
        kept = load(run.probes_file, KeptProbes)
        owners = [tuple(sorted(unclaimed.intersection(one.request_ids))) for one in kept.probes]
        unclaimed -= set(run.manifest.requests)
        of_runs.append([Waiting(run, kept, at, whose) for at, whose in enumerate(owners) if whose])
    for of_run in reversed(of_runs):
        yield from of_run


def _known(run: Run, kept: KeptProbes, digest: str) -> ProbeAnswers:
    """What this model answered before; nothing where the run's probes are others since.

    Nor where they were asked otherwise, or by another version.
    """
    how = f"unlearnkit {version('unlearnkit')}: {HOW}"
    none = ProbeAnswers(model_digest=digest, probes=document_digest(kept), how=how, answers={})
    try:
        earlier = load(run.answers / f"{digest}.json", ProbeAnswers)
    except BadInput:
        return none
    return earlier if earlier.model_copy(update={"answers": {}}) == none else none


def _ask(
    context: Context,
    model: Path,
    known: dict[Run, ProbeAnswers],
    waiting: Sequence[Waiting],
    until: float | None,
) -> int:
    """Ask in the order of `spread`; `known` and its files grow batch by batch.

    Returns how many did not fit into the model's context.
    """
    no_room = 0
    order = [waiting[at] for at in spread([one.owners for one in waiting], _seed(context))]
    unanswered = [probe for probe in order if probe.at not in known[probe.run].answers]
    if not unanswered or _over(until):
        return no_room
    language_model, device = loaded(model)
    for start in range(0, len(unanswered), AT_ONCE):
        context.progress("asking for erased values (probe)", start, len(unanswered))
        if _over(until):
            return no_room
        batch = unanswered[start : start + AT_ONCE]
        fitting = [one for one in batch if has_room(language_model, one.probe, _encoding(one.kept))]
        no_room += len(batch) - len(fitting)
        by_run = sorted(fitting, key=lambda one: (one.run.id, one.at))
        for run, group in groupby(by_run, key=lambda one: one.run):
            of_run = list(group)
            kept = of_run[0].kept
            with finite_logits(language_model.model):
                answers = ask(
                    language_model,
                    [one.probe for one in of_run],
                    _encoding(kept),
                    device,
                    seed=kept.seed,
                    keyed=keyed(context),
                    regions=kept.regions,
                )
            new = {
                one.at: ProbeAnswer(said=answer.said, chance=answer.chance)
                for one, answer in zip(of_run, answers, strict=True)
            }
            grown = dict(sorted((known[run].answers | new).items()))
            known[run] = known[run].model_copy(update={"answers": grown})
            save(run.answers / f"{known[run].model_digest}.json", known[run])
    context.progress("asking for erased values (probe)", len(unanswered), len(unanswered))
    return no_room


def _of_each(
    requests: Sequence[str], waiting: Sequence[Waiting], answered: Sequence[Waiting]
) -> Iterator[AskedOf]:
    kept, asked = (
        Counter(who for one in some for who in one.owners) for some in (waiting, answered)
    )
    for one in requests:
        yield AskedOf(
            request_id=one,
            kept=kept[one],
            asked=asked[one],
            least_seen=least_seen(kept[one], asked[one]),
        )


def _answer(one: Waiting, answer: ProbeAnswer) -> Answer:
    chance = answer.chance if one.probe.others else None  # earlier versions kept 0 there
    return Answer(one.probe.request_ids, answer.said, chance)


def _encoding(kept: KeptProbes) -> Encoding:
    return Encoding(kept.prompt_template, kept.max_length)


def _seed(context: Context) -> int:
    return context.workspace.config.seed


def _over(until: float | None) -> bool:
    return until is not None and monotonic() >= until
