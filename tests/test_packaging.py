"""The wheel carries what the package needs at run time."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIND = """
from unlearnkit import resources
import unlearnkit
for drawer, name in (
    ("templates", "report.html.j2"), ("templates", "web/keys.js"), ("policies", "default.yaml")
):
    print(resources.find(drawer, name).resolve())
from unlearnkit import schemas
assert all(schemas.shipped(document) for document in schemas.NAMES)
from unlearnkit.ledger.store import Ledger
assert Ledger.open("sqlite:///ledger.db").verify() == 0
print(schemas.__file__)
"""


def test_an_installed_wheel_finds_its_own_templates_policies_schemas_and_migrations(
    tmp_path: Path,
) -> None:
    build = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        str(tmp_path / "dist"),
    ]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    installed = (tmp_path / "installed").resolve()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    found = subprocess.run(
        [sys.executable, "-c", FIND],
        env=os.environ | {"PYTHONPATH": str(installed)},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert len(found) == 4
    assert all(Path(one).is_relative_to(installed) for one in found)
    assert (installed / "unlearnkit" / "py.typed").is_file()
