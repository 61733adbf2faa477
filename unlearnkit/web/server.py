"""Serving the pages: on this machine only, to who has the token that is printed."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from pathlib import Path

from unlearnkit.errors import BadInput
from unlearnkit.pipeline.ledger import reading

LOOPBACK = "127.0.0.1"


def serve(workspace: Path, port: int, say: Callable[[str], None], *, debug: bool = False) -> None:
    """Answer on `port` (0: any that is free) until stopped; `say` is told the address, once.

    Raises BadInput: a package is missing, there is no workspace, its keys cannot be opened, the
    port cannot be had.
    """
    try:
        import fastapi  # noqa: F401 - what the application is made of
        import uvicorn
    except ImportError:
        raise BadInput(
            "the local web page needs packages that are not installed",
            fix="pip install 'unlearnkit[serve]'",
        ) from None
    from unlearnkit.web.app import create_app

    with reading(workspace) as context:
        _ = context.workspace.pseudonym_key  # a passphrase is asked for now, where somebody is
        root = context.workspace.root
    with _listening(port) as listener:
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(32)
        config = uvicorn.Config(
            create_app(root, token, port, debug=debug),
            access_log=False,  # addresses hold the token and ids
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            ws="none",
        )
        say(f"http://{LOOPBACK}:{port}/enter?token={token}")
        uvicorn.Server(config).run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise BadInput(
            f"port {port} of this machine cannot be had: {error.strerror}",
            fix="Choose another with --port, or any that is free with --port 0.",
        ) from None
