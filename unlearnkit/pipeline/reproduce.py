"""Measuring anew what a signed report says: the models are loaded and every figure made again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from unlearnkit.artefacts import load, sha256_file
from unlearnkit.audit.agreement import Agreement, agreement
from unlearnkit.audit.engine import audit as audit_models
from unlearnkit.domain import CONDITIONS, Difference, EventKind, Measurement, ModelRole, Split
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.audit import prepare
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.runs import find_run
from unlearnkit.pipeline.verify import verify
from unlearnkit.report.bundle import ATTESTATION, attestation_of
from unlearnkit.report.facts import Report


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A report that verifies, and what measuring again makes of its figures."""

    run_id: str
    keyid: str
    agreement: Agreement


def reproduce(
    context: Context,
    report: Path,
    model: Path,
    reference: Path | None = None,
    key: Path | None = None,
) -> Reproduction:
    """Check the report's signature and that `model` is the one it is about, then measure again.

    No figure that was kept is used and none is written: records, decoys and questions are made anew
    from the workspace's corpus, the models are loaded from their folders, the attacks are made
    again. Figures of tasks of the lm-evaluation-harness are not made again, nor those beside a
    retrained model that is not given.

    Raises VerificationFailed where the report does not hold, and BadInput: no such run here, a
    corpus or an original model that changed, another reference than the report's.
    """
    verified = verify(report, key, model, context.workspace.root)
    folder = attestation_of(report).parent
    reported = load(folder / "report.json", Report)
    run = find_run(context.workspace, reported.run_id)
    attacks = {CONDITIONS[one.under] for one in reported.attacks}
    prepared = prepare(context, run, model, reference, utility=None, attacks=sorted(attacks))
    task = prepared.task
    models = dict(task.models)
    if reference is None:
        models.pop(ModelRole.REFERENCE, None)  # its kept figures are what is to be checked
    elif models[ModelRole.REFERENCE].digest != reported.reference_digest:
        raise BadInput("this is not the retrained model of the report", where=reference)
    with TemporaryDirectory() as nowhere:
        task = replace(task, models=models, kept=Path(nowhere))
        measured = audit_models(task, context.now(), context.progress)
    our_figures = [one for one in reported.measurements if one.split is not Split.TASKS]
    compared = agreement(
        [*our_figures, *_ends(reported.differences or ())],
        [*measured.measurements, *_ends(measured.differences)],
    )
    of_tasks = tuple(one for one in reported.measurements if one.split is Split.TASKS)
    compared = replace(compared, unmeasured=compared.unmeasured + of_tasks)
    _record(context, reported.run_id, folder, compared)
    return Reproduction(reported.run_id, verified.keyid, compared)


def _ends(differences: Iterable[Difference]) -> Iterator[Measurement]:
    """Both ends of each interval that rules are judged by, as figures."""
    for one in differences:
        for end, value in (("low", one.low), ("high", one.high)):
            yield Measurement(
                metric=f"{one.metric}: {end} end of its difference to {one.to}",
                split=one.split,
                model=ModelRole.UNLEARNED,
                under=one.under,
                value=value,
                low=None,
                high=None,
                n=one.n,
            )


def _record(context: Context, run_id: str, folder: Path, found: Agreement) -> None:
    payload = {
        "run_id": run_id,
        "report": sha256_file(folder / ATTESTATION),
        "same": found.same,
        "close": found.close,
        "apart": len(found.apart),
        "unmeasured": len(found.unmeasured),
    }
    context.record_execution(EventKind.REPRODUCED, payload)
