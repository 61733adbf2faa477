"""unlearnkit timestamp: over the network, and carried by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.authority import Authority, make_authority, served
from tests.company import unlearnkit
from tests.report import sample
from tests.report.conftest import make_keys, needs, true_verdict, write_sample

pytestmark = needs("openssl")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture(scope="module")
def address(authority: Authority) -> Iterator[str]:
    with served(authority) as url:
        yield url


@pytest.fixture
def report(tmp_path: Path) -> Path:
    model, keys = sample.model_folder(tmp_path / "model"), make_keys(tmp_path / "keys")
    return write_sample(
        tmp_path / "report", model, keys, created=datetime.now(UTC), verdict=true_verdict()
    ).parent


@pytest.fixture
def key(report: Path) -> Path:
    return report.parent / "keys" / "signing.pub"


def test_an_authority_is_asked_and_the_report_verifies_with_its_root(
    report: Path, key: Path, authority: Authority, address: str
) -> None:
    said = unlearnkit("timestamp", report, "--url", address, "--key", key)
    assert said.exit_code == 0, said.stderr
    assert "Stamped at 20" in said.stdout
    found = unlearnkit("verify", report, "--key", key, "--tsa-roots", authority.root)
    assert found.exit_code == 0, found.stderr
    assert "holds  time stamp: signed by 20" in found.stdout
    without = unlearnkit("verify", report, "--key", key)
    assert "UTC: give --tsa-roots" in without.stdout


def test_a_machine_without_network_carries_query_and_answer_by_file(
    report: Path, key: Path, authority: Authority, tmp_path: Path
) -> None:
    query, answer = tmp_path / "query.tsq", tmp_path / "answer.tsr"
    assert unlearnkit("timestamp", report, "--query", query, "--key", key).exit_code == 0
    answer.write_bytes(authority.answer(query.read_bytes()))
    said = unlearnkit("timestamp", report, "--response", answer, "--key", key, "--json")
    assert said.json["time"].startswith("20")
    found = unlearnkit("verify", report, "--key", key, "--tsa-roots", authority.root)
    assert found.exit_code == 0, found.stderr


def test_a_query_is_not_written_over_what_a_workspace_lives_by(
    report: Path, key: Path, tmp_path: Path
) -> None:
    before = key.read_bytes()
    said = unlearnkit("timestamp", report, "--query", key, "--key", key, "--workspace", tmp_path)
    assert said.exit_code == 2
    assert "the workspace's own" in said.stderr
    assert key.read_bytes() == before


def test_an_authority_that_is_away_leaves_the_report_as_it_was(
    report: Path, key: Path, address: str
) -> None:
    before = (report / "attestation.json").read_bytes()
    nobody = "http://127.0.0.1:9"
    for url, what in ((f"{address}/away", "answered with 503"), (nobody, "ConnectError")):
        said = unlearnkit("timestamp", report, "--url", url, "--key", key)
        assert said.exit_code == 3
        assert what in said.stderr
        assert "--query FILE" in said.stderr
    assert (report / "attestation.json").read_bytes() == before


def test_what_cannot_be_asked_is_named(report: Path, key: Path, tmp_path: Path) -> None:
    for options, what in (
        ((), "Give one of --url, --query and --response"),
        (("--url", "ftp://example.org"), "not an http or https address"),
        (("--url", "http://[::1"), "not an http or https address"),
        (("--response", tmp_path / "none.tsr"), "cannot read the answer"),
    ):
        said = unlearnkit("timestamp", report, "--key", key, *options)
        assert said.exit_code == 2
        assert what in said.stderr
    other = make_keys(tmp_path / "other").public
    said = unlearnkit("timestamp", report, "--query", tmp_path / "q", "--key", other)
    assert said.exit_code == 4
