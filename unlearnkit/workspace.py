"""The folder a user works in: settings, keys, ledger, index, reviews, runs."""

from __future__ import annotations

import getpass
import os
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from unlearnkit.artefacts import save, write_atomic
from unlearnkit.config import FILE_NAME, TEMPLATES, Config, load_config, text_with
from unlearnkit.errors import BadInput
from unlearnkit.keys import (
    PRIVATE,
    ReportKey,
    SigningKey,
    create_keys,
    derive,
    new_private_key,
    public_half,
    read_secret,
    refuse_readable_by_others,
)
from unlearnkit.locking import locked_workspace
from unlearnkit.passphrase import NONE, Protection, Way
from unlearnkit.resources import shipped

if TYPE_CHECKING:
    from unlearnkit.ledger.store import Ledger


@dataclass(frozen=True)
class Workspace:
    """Where everything lies below `root`; nothing is read before it is asked for."""

    root: Path
    config: Config

    @classmethod
    def create(
        cls,
        root: Path,
        passphrase_from: str = NONE,
        ledger_url: str = "",
        report_key: ReportKey = ReportKey.ECDSA,
        begin: Callable[[Workspace], None] = lambda made: None,
    ) -> Workspace:
        """Make a workspace in `root`, which may exist and hold other files.

        `ledger_url` is an SQLAlchemy URL; empty is SQLite in the workspace. A password in it goes
        to a file of its own among the keys, never to the settings.

        `begin` is called when all else is there. The settings are written last: an interrupted
        `create` leaves no workspace, and the same call finishes it with the keys that are there.
        `passphrase_from`: see passphrase.SOURCES. Raises BadInput when `root` already is one or the
        passphrase is not there or too short, and Busy when another process is making it.
        """
        root = root.resolve()
        ledger_url, password = _parted(ledger_url)
        made = cls(root, Config(ledger_url=ledger_url))
        made._refuse_to_make_twice()
        # Asked for before the folder is made, so that nothing is left where it is not there.
        way = Way.new(passphrase_from)
        fresh = None if made.passphrase_file.exists() else way.key(fresh=True)
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"cannot make the folder: {error.strerror}", where=root) from None
        with made.lock():
            made._refuse_to_make_twice()
            unlocking = made._first_protection(way, fresh)
            signing = SigningKey(made.signing_file, unlocking)
            create_keys(signing, made.public_key, made.secret_file, report_key)
            made.keep_model_key(signing)
            if password is not None:
                write_atomic(made._ledger_password, password.encode(), PRIVATE)
            made._copy_default_policy()
            with made.open_ledger():
                pass  # opening makes the tables
            begin(made)
            write_atomic(root / FILE_NAME, text_with(ledger_url).encode())
        return made

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """The workspace in `root`. Raises BadInput: none there, bad settings, keys too open."""
        root = root.resolve()
        if not (root / FILE_NAME).is_file():
            raise BadInput(
                "there is no workspace here",
                where=root,
                fix=f"unlearnkit init {shlex.quote(str(root))}",
            )
        opened = cls(root, load_config(root / FILE_NAME))
        refuse_readable_by_others(opened.signing_file)
        refuse_readable_by_others(opened.secret_file)
        if opened.model_file.exists():
            refuse_readable_by_others(opened.model_file)
        if opened._ledger_password.exists():
            refuse_readable_by_others(opened._ledger_password)
        return opened

    @property
    def keys_dir(self) -> Path:
        """Private to the owner (0700)."""
        return self.root / "keys"

    @property
    def signing_file(self) -> Path:
        """ECDSA P-256 or Ed25519, PKCS#8 PEM, 0600."""
        return self.keys_dir / "signing.pem"

    @property
    def model_file(self) -> Path:
        """ECDSA P-256, PKCS#8 PEM, 0600; there only where reports are signed with Ed25519."""
        return self.keys_dir / "model.pem"

    @property
    def model_key(self) -> SigningKey | None:
        """What models are signed with; None where it is the reports' key."""
        there = self.model_file.exists()
        return SigningKey(self.model_file, self._unlocking) if there else None

    @property
    def signing_key(self) -> SigningKey:
        """What reports are signed with. Raises BadInput where its passphrase is not there."""
        return SigningKey(self.signing_file, self._unlocking)

    @property
    def public_key(self) -> Path:
        """What an auditor gets, PEM."""
        return self.keys_dir / "signing.pub"

    @property
    def retired_dir(self) -> Path:
        """The public halves of the keys before this one, for the reports they signed."""
        return self.keys_dir / "retired"

    @property
    def secret_file(self) -> Path:
        """What `pseudonym_key` and `vault_key` are derived from, 0600."""
        return self.keys_dir / "workspace.key"

    @property
    def passphrase_file(self) -> Path:
        """Where the keys' passphrase comes from; missing where there is none."""
        return self.keys_dir / "passphrase.json"

    @property
    def _unlocking(self) -> bytes | None:
        protection = Protection.of(self.passphrase_file)
        if protection.before is not None:
            raise BadInput(
                "changing the passphrase of the keys was interrupted",
                where=self.keys_dir,
                fix="Finish it: unlearnkit key protect --passphrase-from "
                + shlex.quote(protection.now.source),
            )
        return protection.now.key()

    @property
    def _ledger_password(self) -> Path:
        """PostgreSQL's, where it does not come from libpq's own places (~/.pgpass, PGPASSWORD)."""
        return self.keys_dir / "ledger.password"

    @property
    def _password(self) -> str | None:
        if not self._ledger_password.exists():
            return None
        return self._ledger_password.read_text("utf-8").rstrip("\r\n")

    @property
    def pseudonym_key(self) -> bytes:
        """32 bytes for `pseudonym.keyed_hash`: whoever has them can link hashes to people."""
        return derive(read_secret(self.secret_file, self._unlocking), "pseudonym")

    @property
    def vault_key(self) -> bytes:
        """32 bytes that wrap the data keys of the request vault."""
        return derive(read_secret(self.secret_file, self._unlocking), "vault")

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger, without a password."""
        # Escaped because SQLAlchemy reads '?' and '%' in the path as its own.
        default = f"sqlite:///{quote(str(self.root / 'ledger.db'), safe=' +/')}"
        return self.config.ledger_url or default

    @property
    def index_dir(self) -> Path:
        """The PII index over the training records."""
        return self.root / "index"

    @property
    def screening_dir(self) -> Path:
        """The index over the records that were screened last."""
        return self.root / "screening"

    @property
    def located_dir(self) -> Path:
        """What `locate` found, one file per request."""
        return self.root / "located"

    @property
    def reviews_dir(self) -> Path:
        """What people decided about uncertain matches."""
        return self.root / "reviews"

    @property
    def runs_dir(self) -> Path:
        """One folder per unlearning run."""
        return self.root / "runs"

    @property
    def policies_dir(self) -> Path:
        """The user's own gate policies; they win over those that ship."""
        return self.root / "policies"

    @property
    def templates_dir(self) -> Path:
        """The user's own report templates; they win over those that ship."""
        return self.root / TEMPLATES

    def open_ledger(self) -> Ledger:
        """The ledger, to be used as a context manager. Raises what `Ledger.open` raises."""
        from unlearnkit.ledger.store import Ledger

        return Ledger.open(self.ledger_url, password=self._password)

    def ledger_is_up_to_date(self) -> bool:
        """Whether the ledger has today's schema; opening it would bring it there.

        Raises BadInput (not there, not reached), Busy, VerificationFailed (damaged).
        """
        from unlearnkit.ledger.database import is_up_to_date

        return is_up_to_date(self.ledger_url, self._password)

    def lock(self, wait: float = 10.0) -> AbstractContextManager[None]:
        """Keep other unlearnkit processes out: see `locking.locked_workspace`."""
        return locked_workspace(self.root, wait)

    def keep_model_key(self, signing: SigningKey, *, anew: bool = False) -> None:
        """A key for models beside `signing`, where that is of a kind that models do not take.

        `anew`: in the place of one that is there. Its public half is model.pub.
        """
        public, own = self.keys_dir / "model.pub", SigningKey(self.model_file, signing.unlocking)
        if signing.kind is ReportKey.ECDSA:
            public.unlink(missing_ok=True)
            own.path.unlink(missing_ok=True)
            return
        if anew or not own.path.exists():
            own.write(new_private_key())
        write_atomic(public, public_half(own))

    def _refuse_to_make_twice(self) -> None:
        if (self.root / FILE_NAME).exists():
            raise BadInput(
                "this already is a workspace; nothing was changed",
                where=self.root,
                fix=f"Use it as it is, or change its settings in {self.root / FILE_NAME}.",
            )

    def _first_protection(self, way: Way, fresh: bytes | None) -> bytes | None:
        """What new keys are protected with; an interrupted `create` has said where it is from."""
        if self.passphrase_file.exists():
            return self._unlocking
        if fresh is not None:
            self.keys_dir.mkdir(mode=0o700, exist_ok=True)
            save(self.passphrase_file, Protection(now=way))
        return fresh

    def _copy_default_policy(self) -> None:
        source = shipped("policies") / "default.yaml"
        own = self.policies_dir / "default.yaml"
        if source.is_file() and not own.exists():
            write_atomic(own, source.read_bytes())


def who() -> str:
    """Who works there: UNLEARNKIT_ACTOR, else the user of the machine."""
    return os.environ.get("UNLEARNKIT_ACTOR") or getpass.getuser()


def _parted(ledger_url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password."""
    from unlearnkit.ledger.address import without_password

    return without_password(ledger_url) if ledger_url else ("", None)
