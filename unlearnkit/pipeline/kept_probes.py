"""What a run leaves behind so that a later model can be asked for what it forgot."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from unlearnkit.artefacts import load, save
from unlearnkit.audit.kept_probes import Hash, keep
from unlearnkit.audit.task import AuditTask
from unlearnkit.corpus.nlp import Analyzer, detect
from unlearnkit.domain import KeptProbes, Record, Split
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.runs import Run
from unlearnkit.pseudonym import keyed_hash


def keep_probes(
    context: Context,
    run: Run,
    task: AuditTask,
    retain: Sequence[Record],
    analyzer: Analyzer,
) -> None:
    """Write down how to ask for what the run forgets; no value is in it.

    `retain` are all records that are kept: what one of them says is nobody's secret.
    """
    regions = analyzer.settings.regions
    probes, common = keep(
        task.targets[Split.FORGET],
        retain,
        task.owners,
        keyed(context),
        partial(detect, analyzer),
        regions=regions,
    )
    kept = KeptProbes(
        run_id=run.id,
        created=context.now(),
        prompt_template=task.encoding.prompt_template,
        max_length=task.encoding.max_length,
        seed=task.seed,
        regions=regions,
        values=len(task.targets[Split.FORGET]),
        common=common,
        probes=probes,
    )
    if run.probes_file.is_file():
        earlier = load(run.probes_file, KeptProbes)
        if earlier == kept.model_copy(update={"created": earlier.created}):
            return
    save(run.probes_file, kept)


def keyed(context: Context) -> Hash:
    """How the workspace hashes a value of a kind for its probes."""
    return partial(_hash, context.workspace.pseudonym_key)


def _hash(key: bytes, entity: str, fingerprint: str) -> str:
    return keyed_hash(key, f"probe:{entity}", fingerprint)
