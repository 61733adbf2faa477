"""docs/requests.md: its file is one that can be imported, its callback one that can be checked."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.company import unlearnkit
from tests.docs.pages import blocks
from tests.report.conftest import needs
from tests.requests.opendsr import FIRST_ID, erasure
from unlearnkit.config import FILE_NAME
from unlearnkit.requests.opendsr import SHORT_FORMS
from unlearnkit.requests.table import COLUMNS
from unlearnkit.workspace import Workspace

PAGE = (Path(__file__).parents[2] / "docs/requests.md").read_text(encoding="utf-8")
BLOCKS = [
    re.sub("^    ", "", block, flags=re.MULTILINE)
    for block in re.findall(r"(?:^    .*\n)+", PAGE, flags=re.MULTILINE)
]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace whose controller is known, with one OpenDSR request."""
    root = Workspace.create(tmp_path / "work").root
    (root / FILE_NAME).write_text("opendsr: {controller_id: controller-7}\n")
    request = tmp_path / "erasure.json"
    request.write_text(json.dumps(erasure()))
    assert unlearnkit("request", "import", request, "--workspace", root).exit_code == 0
    return root


def test_the_file_on_the_page_is_taken_in_verified(tmp_path: Path) -> None:
    (block,) = (one for one in BLOCKS if one.startswith("request_id,"))
    file, root = tmp_path / "requests.csv", Workspace.create(tmp_path / "work").root
    file.write_text(block)
    said = unlearnkit("request", "import", file, "--json", "--workspace", root)
    assert [one["request"]["identity"] for one in said.json] == ["verified"]


def test_the_opendsr_request_on_the_page_is_taken_in_with_name_and_phone(tmp_path: Path) -> None:
    (block,) = (one.text for one in blocks(PAGE) if one.language == "json")
    file, root = tmp_path / "erasure.json", Workspace.create(tmp_path / "work").root
    file.write_text(block)
    place = ("--workspace", root)
    (taken,) = unlearnkit("request", "import", file, "--json", *place).json
    assert taken["request"]["identity"] == "verified"
    shown = unlearnkit("request", "show", FIRST_ID, "--reveal", "--json", *place).json
    assert [kind for kind, _, _ in shown["identifiers"]] == [
        *("email", "controller_customer_id", "name", "phone")
    ]


def test_the_page_names_every_list_of_the_extension() -> None:
    for field in SHORT_FORMS:
        assert f"`{field}`" in PAGE


def test_the_page_names_every_column() -> None:
    for column in ("regulation", "request_id", "submitted", "identity_verified", *COLUMNS):
        assert f"`{column}`" in PAGE


def command(folder: Path, name: str, line: str) -> None:
    """A command of that name, for the shell of the page."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@needs("openssl", "jq")
def test_the_callback_is_signed_as_the_page_says(work: Path, tmp_path: Path) -> None:
    (block,) = (one for one in BLOCKS if "openssl" in one)
    shell = tmp_path / "shell"
    shell.mkdir()
    command(shell, "unlearnkit", f'exec {sys.executable} -m unlearnkit "$@"')
    command(shell, "curl", 'printf "%s\\n" "$@" > sent')
    key = ec.generate_private_key(ec.SECP256R1())
    (shell / "domain.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.replace("6a7551aa", FIRST_ID)],
        cwd=shell,
        env={
            **os.environ,
            "PATH": f"{shell}:{os.environ['PATH']}",
            "UNLEARNKIT_WORKSPACE": str(work),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    body = (shell / "body.json").read_bytes()
    assert json.loads(body)["request_status"] == "pending"
    sent = (shell / "sent").read_text().splitlines()
    assert sent[-1] == "https://controller.example/callbacks"
    (header,) = (one for one in sent if one.startswith("X-OpenDSR-Signature: "))
    signature = base64.b64decode(header.partition(": ")[2], validate=True)
    key.public_key().verify(signature, body, ec.ECDSA(hashes.SHA256()))
