"""A PostgreSQL of the tests' own, from the binaries of the distribution."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

USER = "ledger"
PASSWORD = "tell-nobody/this@once"
DATABASE = "postgres"
OTHERS = f"datname = '{DATABASE}' AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class Server:
    """A running server: over its socket whoever runs the tests is let in, over TCP a password."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        """Its files."""
        return self.folder / "data"

    def emptied(self) -> str:
        """The URL of its one database, over the socket, with nothing in it."""
        # Much faster than a new database for every test.
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OTHERS}")
        self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return f"postgresql://{USER}@/{DATABASE}?host={self.folder}&port={self.port}"

    def run(self, sql: str) -> None:
        """As the server's owner, outside a transaction."""
        with psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname=DATABASE, autocommit=True
        ) as connection:
            connection.execute(sql.encode())


def binaries() -> Path | None:
    """Where initdb and pg_ctl are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if config := shutil.which("pg_config"):
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        found.insert(0, Path(told.stdout.strip()))
    return next((one for one in found if (one / "initdb").is_file()), None)


@contextmanager
def running() -> Iterator[Server]:
    """A new server, stopped and deleted at the end. Skips where none is installed (CI: fails)."""
    where = binaries()
    if where is None:
        said = "PostgreSQL is not installed"
        pytest.fail(said) if os.environ.get("UNLEARNKIT_REQUIRE_TOOLS") == "1" else pytest.skip(
            said
        )
    # Not in pytest's folder, which only its owner may enter; and a socket's path has to be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = Server(folder, _free_port())
    password = folder / "password"
    password.write_text(PASSWORD)
    owner = _owner()
    if owner:
        for path in (folder, password):
            shutil.chown(path, owner.pw_uid, owner.pw_gid)

    def tool(name: str, *arguments: object) -> None:
        _run([where / name, "--pgdata", server.data, *arguments], owner, folder)

    try:
        tool("initdb", "-U", USER, "-E", "UTF8", "--no-locale", "--no-sync", "--auth-local=trust",
             "--auth-host=scram-sha-256", f"--pwfile={password}")  # fmt: skip
        settings = f"-k {folder} -h 127.0.0.1 -p {server.port} -c fsync=off"
        tool("pg_ctl", "start", "--wait", "--log", folder / "log", "--options", settings)
        try:
            yield server
        finally:
            tool("pg_ctl", "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> pwd.struct_passwd | None:
    """Whom to run it as where we are root, which PostgreSQL refuses."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _run(command: Sequence[object], owner: pwd.struct_passwd | None, folder: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
