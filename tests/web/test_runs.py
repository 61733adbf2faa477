"""The runs, pass by pass, and their reports: only what holds is shown."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from fastapi.testclient import TestClient

from tests.web.conftest import RUN, World
from unlearnkit.artefacts import sha256_file


def test_the_list_has_each_run_with_its_verdict(browser: TestClient) -> None:
    page = browser.get("/runs").text
    row = re.search(rf"<tr>\s*<th.*?{RUN}.*?</tr>", page, re.DOTALL)
    assert row
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0])
    assert cells == ["2026-11-24 14:04", "3", "24", "5", "passed"]


def test_a_run_that_is_not_finished_is_named(browser: TestClient, world: World) -> None:
    (world.root / "runs" / "run-ba9876543210").mkdir()
    assert "run-ba9876543210" in browser.get("/runs").text
    assert browser.get("/runs/run-ba9876543210").status_code == 404


def test_a_run_has_its_passes_drawn_as_in_the_report(browser: TestClient, world: World) -> None:
    page = browser.get(f"/runs/{RUN}").text
    [drawn] = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    report = (world.root / "runs" / RUN / "report" / "report.html").read_text("utf-8")
    assert drawn in report
    assert "Passed" in page


def test_the_report_comes_as_it_was_signed_and_can_run_nothing(
    browser: TestClient, world: World
) -> None:
    place = world.root / "runs" / RUN / "report"
    looked = browser.get(f"/runs/{RUN}/report.html")
    kept = browser.get(f"/runs/{RUN}/report.html", params={"download": True})
    assert looked.content == kept.content == (place / "report.html").read_bytes()
    policy = looked.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy.replace("default-src", "")
    assert "allow" not in policy
    assert looked.headers["X-Content-Type-Options"] == "nosniff"
    assert looked.headers["Content-Disposition"].startswith("inline")
    assert kept.headers["Content-Disposition"] == f'attachment; filename="{RUN}-report.html"'


def test_a_report_that_was_changed_is_not_shown(browser: TestClient, world: World) -> None:
    page = world.root / "runs" / RUN / "report" / "report.html"
    page.write_text(page.read_text("utf-8").replace("Passed", "Surpassed"), encoding="utf-8")
    shown = browser.get(f"/runs/{RUN}")
    assert shown.status_code == 200
    assert "The report does not hold." in shown.text
    assert re.search(r"does not hold.*report\.html", shown.text)
    assert "Download" not in shown.text
    answer = browser.get(f"/runs/{RUN}/report.html")
    assert answer.status_code == 500
    assert "Surpassed" not in answer.text


def test_one_that_was_written_elsewhere_is_said_with_its_verdict(
    browser: TestClient, world: World
) -> None:
    shutil.rmtree(world.root / "runs" / RUN / "report")
    page = browser.get(f"/runs/{RUN}").text
    assert "written to a folder of its own" in page
    assert browser.get(f"/runs/{RUN}/report.html").status_code == 404


def test_looking_changes_nothing(browser: TestClient, world: World) -> None:
    def files() -> dict[Path, str]:
        return {one: sha256_file(one) for one in world.root.rglob("*") if one.is_file()}

    before = files()
    for place in ("/", world.page, f"{world.page}/matches/2", "/runs", f"/runs/{RUN}"):
        assert browser.get(place).status_code == 200
    assert files() == before
