"""What a run left behind, held against what the ledger has of it, before it is used or signed.

The ledger's events hold the digest of each file. What none has passes: earlier versions recorded
fewer, and a process that was killed may not have come to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from unlearnkit.artefacts import sha256_file
from unlearnkit.domain import EventKind
from unlearnkit.errors import VerificationFailed
from unlearnkit.ledger.chain import Event
from unlearnkit.pipeline.context import Context, is_main_process
from unlearnkit.pipeline.runs import Run

RESTORE = "Put the file back from a backup"


def refuse_changed(context: Context, run: Run) -> None:
    """Raise VerificationFailed where the run's manifest or audit is not the one recorded last.

    For a report, which signs what they say.
    """
    _refuse_changed_manifest(context, run)
    audited = _digests(context, run, EventKind.AUDITED)
    _refuse_unfinished(run.audit_file, audited)
    _refuse(run.audit_file, audited[:1], f"{RESTORE}, or delete it and run unlearnkit audit.")


def refuse_changed_before_measuring(context: Context, run: Run) -> None:
    """Raise it where manifest, audit or a kept figure is not as it was recorded.

    An audit that was recorded earlier will do: a new one is recorded before it is written, so that
    the command goes on where it was killed in between.
    """
    _refuse_changed_manifest(context, run)
    anew = f"{RESTORE}, or delete it: it is then made again."
    _refuse(run.audit_file, _digests(context, run, EventKind.AUDITED), anew)
    kept = _kept(context, run)
    for name, told in kept.items():
        _refuse(run.scores / name, [told], anew)
    _record_gone(context, run, kept)


def record_kept(context: Context, run: Run) -> None:
    """Write down the kept figures, of whatever models, that the ledger does not know yet."""
    if not is_main_process():
        return
    known = {name: digest for name, (_, digest) in _kept(context, run).items()}
    found = {path.name: sha256_file(path) for path in sorted(run.scores.glob("*.json"))}
    new = {name: digest for name, digest in found.items() if known.get(name) != digest}
    if new:
        context.record_execution(EventKind.MEASURED, {"run_id": run.id, "scores": new})


def _record_gone(context: Context, run: Run, kept: Mapping[str, Recorded]) -> None:
    """Write down which kept figures were taken away: what is made in their place is not changed.

    Before it is made: the process may be killed between that and `record_kept`.
    """
    told = {name for name, (_, digest) in kept.items() if digest}
    gone = dict.fromkeys(sorted(one for one in told if not (run.scores / one).is_file()), "")
    if gone and is_main_process():
        context.record_execution(EventKind.MEASURED, {"run_id": run.id, "scores": gone})


Recorded = tuple[Event, str]
"""An event, and the digest that it has of a file; empty where it has none."""


def _refuse_changed_manifest(context: Context, run: Run) -> None:
    unlearned = _digests(context, run, EventKind.UNLEARNED)[:1]
    _refuse(run.manifest_file, unlearned, f"{RESTORE}, or unlearn again with another --out.")


def _refuse_unfinished(path: Path, told: Sequence[Recorded]) -> None:
    """Of an audit that was recorded and stopped before it was written: an earlier one is there."""
    if not told or not path.is_file():
        return
    (last, newest), *earlier = told
    found = sha256_file(path)
    if newest not in ("", found) and found in {digest for _, digest in earlier}:
        raise VerificationFailed(
            f"the audit that the ledger recorded last (event {last.seq}) was not written; this is "
            "an earlier one",
            where=path,
            fix="Run the same unlearnkit audit again.",
        )


def _digests(context: Context, run: Run, kind: EventKind) -> list[Recorded]:
    return [(one, one.payload.get("digest", "")) for one in _events(context, run, kind)]


def _kept(context: Context, run: Run) -> dict[str, Recorded]:
    """What was recorded last of each file of kept figures."""
    told = reversed(_events(context, run, EventKind.MEASURED))
    return {name: (one, digest) for one in told for name, digest in one.payload["scores"].items()}


def _events(context: Context, run: Run, kind: EventKind) -> list[Event]:
    """The run's own of a kind, newest first."""
    return [one for one in context.ledger.events_of(kind) if one.payload.get("run_id") == run.id]


def _refuse(path: Path, told: Sequence[Recorded], fix: str) -> None:
    digests = {digest for _, digest in told}
    if not told or "" in digests or not path.is_file() or sha256_file(path) in digests:
        return
    last, _ = told[0]
    at = f"{datetime.fromisoformat(last.time):%Y-%m-%d %H:%M:%S} UTC"
    raise VerificationFailed(
        f"it was changed since {at}, when the ledger recorded it (event {last.seq}, {last.kind})",
        where=path,
        fix=fix,
    )
