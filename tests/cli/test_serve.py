"""unlearnkit serve: what it prints, what it refuses, how it stops."""

from __future__ import annotations

import json
import re
import signal
import socket
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.company import unlearnkit
from tests.web.serving import served


def test_it_answers_on_this_machine_only_who_has_the_printed_address(new: Path) -> None:
    with served(new) as server:
        address = urlsplit(server.url)
        assert address.hostname == "127.0.0.1"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"http://{address.netloc}/")
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        assert b"unlearnkit request import FILE" in browser.open(server.url).read()
        for other in {one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None)}:
            if not str(other).startswith("127."):
                with pytest.raises(OSError):
                    socket.create_connection((str(other), address.port), timeout=2)


def test_each_start_has_a_token_of_its_own_and_logs_nothing(new: Path) -> None:
    tokens = []
    for _ in range(2):
        with served(new) as server:
            token = urlsplit(server.url).query.partition("=")[2]
            urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(server.url)
            assert server.stop() == 0
            assert server.said == "\nStopped.\n"
            tokens.append(token)
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) >= 43


def test_a_service_manager_stops_it_too(new: Path) -> None:
    with served(new) as server:
        assert server.stop(signal.SIGTERM) in (0, -signal.SIGTERM)
        assert "Traceback" not in server.said


def test_a_port_that_is_taken_is_said(new: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = unlearnkit("serve", "--port", port, "--workspace", new)
    assert said.exit_code == 2
    assert f"port {port} of this machine cannot be had" in said.stderr
    assert "--port 0" in said.stderr


@pytest.mark.parametrize("package", ["fastapi", "uvicorn"])
def test_without_its_packages_it_names_the_extra(
    new: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    said = unlearnkit("serve", "--workspace", new)
    assert said.exit_code == 2
    assert "pip install 'unlearnkit[serve]'" in said.stderr


def test_there_has_to_be_a_workspace_whose_keys_can_be_opened(
    new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert unlearnkit("serve", "--workspace", tmp_path / "none").exit_code == 2
    monkeypatch.setenv("PHRASE", "a passphrase that is long")
    protect = ("key", "protect", "--passphrase-from", "env:PHRASE", "--workspace", new)
    assert unlearnkit(*protect).exit_code == 0
    monkeypatch.delenv("PHRASE")
    said = unlearnkit("serve", "--workspace", new)
    assert said.exit_code == 2
    assert "the passphrase of the keys is not in its place" in said.stderr
    assert not re.search("http://", json.dumps([said.stdout, said.stderr]))
