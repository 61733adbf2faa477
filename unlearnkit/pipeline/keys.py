"""The signing key's life: protected by a passphrase, replaced, and known after it is replaced."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from unlearnkit.artefacts import save, write_atomic
from unlearnkit.config import FILE_NAME
from unlearnkit.domain import EventKind
from unlearnkit.errors import BadInput
from unlearnkit.keys import (
    ReportKey,
    SigningKey,
    new_private_key,
    public_half,
    read_secret,
    write_secret,
)
from unlearnkit.ledger.chain import Event
from unlearnkit.passphrase import NONE, Protection, Way
from unlearnkit.pipeline.context import Context
from unlearnkit.report.bundle import attestation_of, hinted_key
from unlearnkit.report.signing import load_public_key, load_signer
from unlearnkit.workspace import Workspace

if TYPE_CHECKING:
    from unlearnkit.keys import PrivateKey

T = TypeVar("T")
NEXT = "next.pem"
"""The key that a rotation is about to sign with."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key of the workspace: the one it signs with, or one it signed with before."""

    keyid: str
    file: Path
    retired: bool


def known_keys(workspace: Workspace) -> list[KnownKey]:
    """The present key first. Raises BadInput for a file there that is no key."""
    retired = sorted(workspace.retired_dir.glob("*.pub"))
    return [
        KnownKey(load_public_key(workspace.public_key).keyid, workspace.public_key, False),
        *(KnownKey(load_public_key(file).keyid, file, True) for file in retired),
    ]


def own_key(workspace: Workspace, report: Path) -> Path:
    """The workspace's key that the report names as its signer's, else the present one.

    What the report names is only a hint for the choice: the signature has to hold with that key.
    """
    hint = hinted_key(attestation_of(report).read_bytes())
    fitting = (one.file for one in known_keys(workspace) if one.keyid == hint)
    return next(fitting, workspace.public_key)


def given_or_own(key: Path | None, workspace: Path, report: Path) -> Path:
    """The public key to check a report with: what was given, else the workspace's that fits.

    Raises BadInput where there is neither, and where it lies in the report's folder: a forger puts
    a key, and even a workspace, beside what they forged.
    """
    if key is None and not (workspace / FILE_NAME).is_file():
        raise BadInput(
            "no key to verify with",
            fix="Give the signer's public key: --key signing.pub, but not the report's own.",
        )
    chosen = key or own_key(Workspace.open(workspace), report)
    if chosen.resolve().is_relative_to(attestation_of(report).parent.resolve()):
        raise BadInput(
            "a key that came with the report cannot vouch for it",
            where=chosen,
            fix="Get the public key from the signer by another way, and keep it outside the "
            "report's folder.",
        )
    return chosen


def signing_now(workspace: Workspace) -> SigningKey:
    """The private half of `workspace.public_key`, also where a rotation was interrupted."""
    signing = workspace.signing_key
    following = _following(workspace, signing)
    put_in_place = following.path.exists() and (
        public_half(following) == workspace.public_key.read_bytes()
    )
    return following if put_in_place else signing


def retired_at(events: Iterable[Event], keyid: str) -> int | None:
    """The number of the event that retired a key; None where the ledger has none."""
    rotations = (one for one in events if one.kind == EventKind.KEY_ROTATED)
    return max((one.seq for one in rotations if one.payload.get("from") == keyid), default=None)


def protect(context: Context, source: str) -> None:
    """Encrypt the private key and the workspace secret anew, with the passphrase from `source`.

    'none' takes the passphrase away. Interrupted, the same call finishes it; until then no key is
    used. Raises BadInput when the old passphrase or the new one is not there, or the new is weak.
    """
    workspace = context.workspace
    found = Protection.of(workspace.passphrase_file)
    if found.before is None:
        changing = Protection(now=Way.new(source), before=found.now)
    elif found.now.source == Way.new(source).source:
        changing = found
    else:
        raise BadInput(
            f"a change to '{found.now.source}' was interrupted: finish that one first",
            where=workspace.passphrase_file,
            fix="Run: unlearnkit key protect --passphrase-from " + shlex.quote(found.now.source),
        )
    assert changing.before is not None
    old, new = changing.before.key(), changing.now.key(fresh=True)
    secret_file = workspace.secret_file
    # With the second one a rotation was interrupted that goes on later.
    files = (workspace.signing_file, workspace.keys_dir / NEXT, workspace.model_file)
    paths = [one for one in files if one.exists()]
    keys = [_opened(_private(path), (old, new)) for path in paths]
    secret = _opened(lambda unlocking: read_secret(secret_file, unlocking), (old, new))
    save(workspace.passphrase_file, changing)
    for path, key in zip(paths, keys, strict=True):
        SigningKey(path, new).write(key)
    write_secret(secret_file, secret, new)
    if source == NONE:
        workspace.passphrase_file.unlink()
    else:
        save(workspace.passphrase_file, Protection(now=changing.now))
    payload = {"by": source.partition(":")[0]}
    context.ledger.append(EventKind.KEYS_PROTECTED, context.actor, payload)


def rotate(context: Context, kind: ReportKey | None = None) -> tuple[str, str]:
    """Make a new signing key, keep the old one's public half; the ids of both, old then new.

    `kind` None: of the kind it is. The old private key is overwritten by the new one, and so is the
    models' own, where there is one. Interrupted, the same call finishes it; raises BadInput for
    another kind then.
    """
    workspace = context.workspace
    signing = workspace.signing_key
    following = _following(workspace, signing)
    old = load_signer(signing).public_key.keyid
    if not following.path.exists():
        following.write(new_private_key(kind or signing.kind))
    if kind not in (None, following.kind):
        raise BadInput(
            f"a change to '{following.kind}' was interrupted: finish that one first",
            where=following.path,
            fix=f"Run: unlearnkit key rotate --report-key {following.kind}",
        )
    new = load_signer(following).public_key.keyid
    if old != new:
        write_atomic(workspace.retired_dir / f"{old}.pub", public_half(signing))
        _record_rotation(context, {"from": old, "to": new})
    workspace.keep_model_key(following, anew=True)
    write_atomic(workspace.public_key, public_half(following))
    following.path.replace(signing.path)
    return old, new


def refuse_half_rotated(workspace: Workspace) -> None:
    """Raises BadInput while a rotation is interrupted: the keys may not belong together then.

    Late in one the public key is the new one already and the private one still the old, and on the
    way to ECDSA the models' own is gone.
    """
    if (workspace.keys_dir / NEXT).exists():
        raise BadInput(
            "replacing the signing key was interrupted, and nothing can be signed until it is done",
            where=workspace.keys_dir / NEXT,
            fix="Run: unlearnkit key rotate\nThen run the same command again.",
        )


def _following(workspace: Workspace, signing: SigningKey) -> SigningKey:
    """The key that replaces `signing`; its file is there during a rotation only."""
    return SigningKey(workspace.keys_dir / NEXT, signing.unlocking)


def _record_rotation(context: Context, payload: dict[str, Any]) -> None:
    """Record it, again where the old key has signed later events since it was interrupted."""
    last = context.ledger.events()[-1:]
    if [(one.kind, one.payload) for one in last] != [(EventKind.KEY_ROTATED, payload)]:
        context.ledger.append(EventKind.KEY_ROTATED, context.actor, payload)


def _private(path: Path) -> Callable[[bytes | None], PrivateKey]:
    return lambda unlocking: SigningKey(path, unlocking).private()


def _opened(read: Callable[[bytes | None], T], ways: Iterable[bytes | None]) -> T:
    """What the first of the ways opens; raises as the last one did."""
    refused: BadInput | None = None
    for unlocking in ways:
        try:
            return read(unlocking)
        except BadInput as error:
            refused = error
    assert refused is not None
    raise refused
