"""A small workspace to serve: two requests, one searched for, and a finished run with a report."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.company import opened, unlearnkit
from tests.report import sample
from tests.report.conftest import Keys, write_sample
from unlearnkit.artefacts import save, sha256_file
from unlearnkit.ledger.chain import Event
from unlearnkit.pipeline.runs import Run
from unlearnkit.web.app import create_app
from unlearnkit.workspace import Workspace

TOKEN = "the-token-of-this-start"
PORT = 8400
HOME = f"http://127.0.0.1:{PORT}"
RUN = "run-0123456789ab"
SCRIPT = "<script>alert(1)</script>"
RECORDS = {
    "mail-1": "From: zoltana.quibble@example.com\nMy oven is late.",
    "note-<b>2": f"Z. Quibble asked again. {SCRIPT} Call back & apologise.",
    "note-3": "Bob Fisher, bob.fisher@example.org, took the key. Zoltana Quibble has another one.",
    "note-4": "Zoltana Quibble wants a refund.",
    "note-5": "Zoltanna Quible came by.",
    "note-6": "The weather is fine.",
}
"""One certain match of Zoltana's, four that a person decides about, one that is none."""
REQUESTS = """\
regulation,name,email,submitted,identity_verified
gdpr,Zoltana Quibble,zoltana.quibble@example.com,2026-01-20T12:00:00Z,yes
ccpa,Al Quibble,,2026-01-20T12:00:00Z,no
"""


@dataclass(frozen=True)
class World:
    """A workspace, the request that is in review in it, and the one nobody has verified."""

    root: Path
    asked: str
    unverified: str

    @property
    def page(self) -> str:
        """The path of the request in review."""
        return f"/requests/{self.asked}"

    def events(self) -> list[Event]:
        with opened(self.root) as context:
            return context.ledger.events()


@pytest.fixture(scope="session")
def _once(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("web")
    records, requests = folder / "records.jsonl", folder / "requests.csv"
    rows = [json.dumps({"id": one, "text": text}) for one, text in RECORDS.items()]
    records.write_text("\n".join(rows) + "\n", encoding="utf-8")
    requests.write_text(REQUESTS, encoding="utf-8")
    root = Workspace.create(folder / "work").root
    for command in (
        ("request", "import", requests),
        ("index", records, "--patterns-only"),
        ("locate",),
    ):
        assert unlearnkit(*command, "--workspace", root).exit_code == 0
    _write_run(root, folder / "model")
    with opened(root) as context:
        ids = {one.regulation: one.id for one in context.ledger.requests()}
    return World(root, ids["gdpr"], ids["ccpa"])


def _write_run(root: Path, model: Path) -> None:
    """A finished run as `unlearn`, `audit` and `report` leave it; its figures are a sample's."""
    place, run = Workspace.open(root), Run(root / "runs" / RUN)
    made = sample.manifest(sample.model_folder(model)).model_copy(update={"run_id": RUN})
    save(run.manifest_file, made)
    save(run.audit_file, sample.audit(made))
    write_sample(run.report, model, Keys(place.signing_key, place.public_key), run=made)
    told = {"run_id": RUN, "report": sha256_file(run.report / "report.json"), "outcome": "pass"}
    with opened(root) as context:
        context.record("reported", told)


@pytest.fixture
def world(_once: World, tmp_path: Path) -> World:
    """A copy, to be changed."""
    root = Path(shutil.copytree(_once.root, tmp_path / "work"))
    return World(root, _once.asked, _once.unverified)


@pytest.fixture
def stranger(world: World) -> Iterator[TestClient]:
    """A browser that has not brought the token; errors of ours are answered, as when served."""
    app = create_app(world.root, TOKEN, PORT)
    with TestClient(app, base_url=HOME, follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(stranger: TestClient) -> TestClient:
    """One that has."""
    assert stranger.get("/enter", params={"token": TOKEN}).status_code == 303
    return stranger


def let_in(app: FastAPI) -> TestClient:
    """A browser that has brought the token to this application."""
    client = TestClient(app, base_url=HOME, follow_redirects=False)
    assert client.get("/enter", params={"token": TOKEN}).status_code == 303
    return client


OURS = {"sec-fetch-site": "same-origin"}
"""What a browser says of a form on one of our own pages."""


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page))
