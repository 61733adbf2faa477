"""A workspace's ledger, and the signed checkpoint beside it that shows when its end was cut off.

The checkpoint is written after the ledger. A process that dies between the two leaves a ledger that
is longer than its checkpoint says, which is no alarm; one that is shorter, or another at that
length, is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.artefacts import load, write_atomic
from unlearnkit.counted import counted
from unlearnkit.domain import EventKind, Progress, silent
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import ReportKey
from unlearnkit.ledger.chain import GENESIS, ChainHead, Event, export_line
from unlearnkit.ledger.states import CLOSED
from unlearnkit.ledger.store import Ledger, utc_now
from unlearnkit.passphrase import NONE
from unlearnkit.pipeline.context import Context, is_main_process
from unlearnkit.pipeline.keys import own_key, retired_at, signing_now
from unlearnkit.report.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from unlearnkit.report.facts import Report
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.verifying import verify_report
from unlearnkit.requests.identifiers import refuse_identifiers
from unlearnkit.workspace import Workspace, who

CHECKPOINT = "ledger.checkpoint.json"
LEDGER = "ledger.db"
_ACCEPT = (
    "Put the ledger back as it was. If you have restored a backup yourself: "
    "unlearnkit ledger accept --reason TEXT"
)


def create_workspace(
    root: Path,
    passphrase_from: str = NONE,
    ledger_url: str = "",
    report_key: ReportKey = ReportKey.ECDSA,
) -> Workspace:
    """A new workspace whose ledger is signed from its beginning. Raises as `Workspace.create`.

    A ledger that is there already is not signed over: raises as `agreed`. Only PostgreSQL's, which
    other machines share, may hold events of which this workspace has no checkpoint yet.
    """
    refused: list[VerificationFailed] = []

    def begin(made: Workspace) -> None:
        """Killed after it, `init` has left no workspace, and so none without a checkpoint."""
        shared = made.ledger_url.startswith("postgresql")
        with made.open_ledger() as ledger:
            try:
                if (made.root / CHECKPOINT).exists() or not shared:
                    agreed(made, ledger)
                ledger.verify()
            except VerificationFailed as error:
                refused.append(error)  # it is a workspace all the same, for `ledger accept`
            else:
                _sign(made, ledger)

    made = Workspace.create(root, passphrase_from, ledger_url, report_key, begin)
    for error in refused:
        raise error
    return made


@contextmanager
def opened_ledger(workspace: Workspace) -> Iterator[Ledger]:
    """The ledger to write to, once it agrees with its checkpoint, which is signed anew at the end.

    Raises VerificationFailed before anything is written: who goes on with a ledger that was cut off
    would hide it.
    """
    with workspace.open_ledger() as ledger:
        if agreed(workspace, ledger) is None and is_main_process():
            _sign(workspace, ledger)  # before the first event: killed after it is no alarm then
        try:
            yield ledger
        finally:
            if is_main_process() and ledger.changed:
                _sign(workspace, ledger)


@contextmanager
def working(root: Path, progress: Progress | None = None) -> Iterator[Context]:
    """What the steps of the line work with; other processes are kept out meanwhile.

    A ledger that is changed has to agree with its checkpoint, and has a new one afterwards. Of
    several processes of one run the main one holds the lock. Raises BadInput where there is no
    workspace, Busy, VerificationFailed.
    """
    workspace = Workspace.open(root)
    with (
        workspace.lock() if is_main_process() else nullcontext(),
        opened_ledger(workspace) as ledger,
    ):
        yield Context(workspace, ledger, who(), progress or silent)


@contextmanager
def reading(root: Path, progress: Progress | None = None) -> Iterator[Context]:
    """The same to look at: nobody is kept out, nothing is signed, and nothing may be changed.

    Raises as `working`: of a ledger that is gone or was cut off nobody may be told that nothing is
    due.
    """
    with as_it_stands(root, progress) as context:
        agreed(context.workspace, context.ledger)
        yield context


@contextmanager
def as_it_stands(root: Path, progress: Progress | None = None) -> Iterator[Context]:
    """The same of any ledger, for who asks whether it is whole. None is made where there is none.

    Raises BadInput where there is no workspace, VerificationFailed where its ledger is gone.
    """
    workspace = Workspace.open(root)
    own = workspace.root / LEDGER
    if not workspace.config.ledger_url and not own.exists():
        raise VerificationFailed("the ledger is gone", where=own, fix=_ACCEPT)
    with workspace.open_ledger() as ledger:
        yield Context(workspace, ledger, who(), progress or silent)


def agreed(workspace: Workspace, ledger: Ledger, key: Path | None = None) -> Checkpoint | None:
    """The checkpoint, which the ledger agrees with; None for a ledger in which nothing happened.

    `key` is the public key it has to be signed with, else one of the workspace's. Whether the
    events hold each other is `Ledger.verify`'s. Raises VerificationFailed with the reason.
    """
    path = workspace.root / CHECKPOINT
    keys = [key] if key else [workspace.public_key, *sorted(workspace.retired_dir.glob("*.pub"))]
    # Before the ledger, to which another process may be adding.
    found = read_checkpoint(path, keys)
    if found is None:
        size = ledger.head().size
        if size == 0:
            return None
        raise VerificationFailed(
            f"the ledger has {counted(size, 'event')} and no checkpoint: it was deleted, "
            "or an earlier release wrote the ledger",
            where=path,
            fix=_ACCEPT,
        )
    checkpoint, keyid = found
    if key is None and keyid != load_public_key(workspace.public_key).keyid:
        _check_retired(keyid, checkpoint, ledger, path)
    when = f"it was signed on {checkpoint.time:%Y-%m-%d %H:%M} UTC"
    _compare(ChainHead(checkpoint.size, checkpoint.head), when, ledger)
    return checkpoint


def _check_retired(keyid: str, checkpoint: Checkpoint, ledger: Ledger, path: Path) -> None:
    """Raises VerificationFailed unless the key signed it before the event that retired the key.

    Such a checkpoint stays where a rotation was killed before the new one was written, and on the
    other machines that share the ledger.
    """
    retired = retired_at(ledger.events(), keyid)
    if retired is None or checkpoint.size > retired:
        where = "the ledger does not say so" if retired is None else f"event {retired} says so"
        raise VerificationFailed(
            f"the checkpoint of {counted(checkpoint.size, 'event')} is signed with a retired key: "
            f"{where}",
            where=path,
            fix=_ACCEPT,
        )


def _compare(then: ChainHead, when: str, ledger: Ledger) -> None:
    """Raises VerificationFailed unless the ledger goes on from how it stood `then`."""
    size = ledger.head().size
    if size < then.size:
        raise VerificationFailed(
            f"the ledger has {counted(size, 'event')}, and had {then.size} when {when}: "
            "its end was cut off, or an older copy was put in its place",
            fix=_ACCEPT,
        )
    if then.hash != (ledger.hash_at(then.size) if then.size else GENESIS):
        raise VerificationFailed(
            f"event {then.size} of the ledger is not the one that stood there when {when}: "
            "it, or what stands before it, was written anew",
            fix=_ACCEPT,
        )


def _sign(workspace: Workspace, ledger: Ledger) -> None:
    head = ledger.head()
    checkpoint = Checkpoint(size=head.size, head=head.hash, time=utc_now())
    path = workspace.root / CHECKPOINT
    write_atomic(path, sign_checkpoint(checkpoint, signing_now(workspace)))


@dataclass(frozen=True, slots=True)
class Verified:
    """A ledger that holds."""

    head: ChainHead
    checkpoint: Checkpoint
    accepted: tuple[Event, ...]
    """Where an operator took over a ledger that did not agree with its checkpoint."""


def verify_ledger(workspace: Workspace, ledger: Ledger, key: Path | None = None) -> Verified:
    """Check the chain, the requests, the vault's rows, and the signed checkpoint.

    Raises VerificationFailed naming the first thing that does not hold, BadInput for a bad key.
    """
    ledger.verify()
    checkpoint = agreed(workspace, ledger, key)
    if checkpoint is None:
        raise VerificationFailed(
            "the ledger is empty and has no checkpoint, which 'init' writes: both were deleted",
            where=workspace.root / CHECKPOINT,
            fix=_ACCEPT,
        )
    accepted = tuple(one for one in ledger.events() if one.kind == EventKind.ACCEPTED)
    return Verified(ledger.head(), checkpoint, accepted)


def holds_report(workspace: Workspace, ledger: Ledger, folder: Path, key: Path | None) -> ChainHead:
    """How the ledger stood when the report in `folder` was written; it still goes on from there.

    Raises VerificationFailed: the report does not hold, or the ledger was cut off or made anew
    since, and BadInput where there is no report, or one of a version that did not say.
    """
    found = verify_report(folder, key or own_key(workspace, folder))
    then = load(folder / "report.json", Report).ledger
    if then is None:
        raise BadInput("this report does not say how the ledger stood", where=folder)
    head = ChainHead(then.size, then.head)
    _compare(head, f"the report of {found.run_id} was written", ledger)
    return head


def export_ledger(ledger: Ledger) -> bytes:
    """Every event as a line of canonical JSON (docs/verify.md); the same ledger, the same bytes."""
    return b"".join(export_line(one) for one in ledger.events())


def accept(workspace: Workspace, actor: str, reason: str) -> Event:
    """Take over a ledger that does not agree with its checkpoint, for a reason that is kept in it.

    For who restored a backup. Raises BadInput when they agree or the reason is empty or names
    somebody, VerificationFailed when the events themselves do not hold.
    """
    if not reason.strip():
        raise BadInput("accepting it needs a reason: what was restored, by whom, why")
    with workspace.lock(), workspace.open_ledger() as ledger:
        ledger.verify()
        why = _disagreement(workspace, ledger)
        if not why:
            raise BadInput("the ledger agrees with its checkpoint; there is nothing to accept")
        for request in ledger.requests():
            if request.state not in CLOSED:
                refuse_identifiers(reason, ledger.subject(request.id, workspace.vault_key))
        payload = {"reason": reason.strip(), "found": why, "size": ledger.head().size}
        event = ledger.append(EventKind.ACCEPTED, actor, payload)
        _sign(workspace, ledger)
        return event


def _disagreement(workspace: Workspace, ledger: Ledger) -> str:
    try:
        verify_ledger(workspace, ledger)
    except VerificationFailed as error:
        return error.what
    return ""
