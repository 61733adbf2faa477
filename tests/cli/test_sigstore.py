"""unlearnkit sigstore: an identity from a file, a variable or the CI system, and its checks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.company import unlearnkit
from tests.report import sample
from tests.report.conftest import make_keys, true_verdict, write_sample
from tests.sigstore_instance import ISSUER_URL, WHO, Instance, token
from unlearnkit.report.keyless import KEYLESS

CI = (
    *("GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"),
    *("GITLAB_CI", "BUILDKITE", "CIRCLECI", "GOOGLE_SERVICE_ACCOUNT_NAME"),
    "SIGSTORE_IDENTITY_TOKEN",
)


@pytest.fixture(autouse=True)
def no_ci_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CI:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    model, keys = sample.model_folder(tmp_path / "model"), make_keys(tmp_path / "keys")
    return write_sample(
        tmp_path / "report", model, keys, created=datetime.now(UTC), verdict=true_verdict()
    ).parent


@pytest.fixture
def key(report: Path) -> Path:
    return report.parent / "keys" / "signing.pub"


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(token() + "\n")
    return path


def test_a_report_is_signed_with_a_token_from_a_file_and_verifies(
    report: Path, key: Path, trust: Path, token_file: Path
) -> None:
    place = ("--key", key, "--sigstore-trust", trust)
    said = unlearnkit("sigstore", report, "--identity-token-file", token_file, *place)
    assert said.exit_code == 0, said.stderr
    assert f"Signed by {WHO}, says {ISSUER_URL}." in said.stdout
    whom = ("--sigstore-identity", WHO, "--sigstore-issuer", ISSUER_URL)
    found = unlearnkit("verify", report, *place, *whom)
    assert found.exit_code == 0, found.stderr
    assert f"holds  Sigstore signature: made by {WHO}" in found.stdout
    other = ("--sigstore-identity", "nobody@example.org", "--sigstore-issuer", ISSUER_URL)
    refused = unlearnkit("verify", report, *place, *other)
    assert refused.exit_code == 4
    assert "somebody else than this identity" in refused.stderr
    without = unlearnkit("verify", report, "--key", key)
    assert without.exit_code == 0
    assert "give --sigstore-identity and --sigstore-issuer" in without.stdout


def test_it_is_said_first_what_becomes_public_and_the_token_never(
    report: Path, key: Path, trust: Path, token_file: Path
) -> None:
    place = ("--key", key, "--sigstore-trust", trust)
    said = unlearnkit("sigstore", report, "--identity-token-file", token_file, *place, "--json")
    assert set(said.json) == {"identity", "issuer", "begin", "end"}
    assert "Public: a transparency log keeps for good" in said.stderr
    everything = said.stdout + said.stderr + (report / KEYLESS).read_text()
    assert not any(part in everything for part in token_file.read_text().strip().split("."))


def test_the_token_can_come_from_a_variable(
    report: Path, key: Path, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGSTORE_IDENTITY_TOKEN", token())
    said = unlearnkit("sigstore", report, "--key", key, "--sigstore-trust", trust)
    assert said.exit_code == 0, said.stderr


def test_a_ci_system_gives_its_jobs_one(
    report: Path, key: Path, trust: Path, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    asked = ("sigstore", report, "--key", key, "--sigstore-trust", trust)
    said = unlearnkit(*asked)
    assert said.exit_code == 2
    assert "id-token: write" in said.stderr
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "a job's")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{instance.url}/ambient")
    said = unlearnkit(*asked, "--json")
    assert said.exit_code == 0, said.stderr
    assert said.json["identity"] == "https://ci.example/job"


def test_without_a_token_or_with_a_useless_one_it_says_what_to_do(
    report: Path, key: Path, trust: Path, tmp_path: Path
) -> None:
    asked = ("sigstore", report, "--key", key, "--sigstore-trust", trust)
    said = unlearnkit(*asked)
    assert said.exit_code == 2
    assert "no identity to sign with" in said.stderr
    assert "--identity-token-file FILE" in said.stderr
    file = tmp_path / "token"
    for content in ("nonsense", token(lives=-60), token(audience="somebody else")):
        file.write_text(content)
        said = unlearnkit(*asked, "--identity-token-file", file)
        assert said.exit_code == 2
        assert "malformed, expired, or not made for 'sigstore'" in said.stderr
        assert content not in said.stderr
    said = unlearnkit(*asked, "--identity-token-file", tmp_path / "nowhere")
    assert "cannot read the token" in said.stderr
    assert not (report / KEYLESS).exists()


def test_a_token_that_the_issuer_did_not_sign_is_refused_by_the_instance(
    report: Path, key: Path, trust: Path, token_file: Path
) -> None:
    header, claims, _ = token_file.read_text().strip().split(".")
    token_file.write_text(f"{header}.{claims}.AAAA")
    place = ("--key", key, "--sigstore-trust", trust)
    said = unlearnkit("sigstore", report, "--identity-token-file", token_file, *place)
    assert said.exit_code == 3
    assert "The report is as it was" in said.stderr
    assert not (report / KEYLESS).exists()


def test_a_report_that_does_not_hold_is_not_signed(
    report: Path, trust: Path, token_file: Path, tmp_path: Path
) -> None:
    place = ("--key", make_keys(tmp_path / "other").public, "--sigstore-trust", trust)
    said = unlearnkit("sigstore", report, "--identity-token-file", token_file, *place)
    assert said.exit_code == 4


def test_without_the_extra_it_is_named(
    report: Path, key: Path, trust: Path, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verifying a report that has such a signature needs it only where somebody is expected."""
    place = ("--key", key, "--sigstore-trust", trust)
    assert (
        unlearnkit("sigstore", report, "--identity-token-file", token_file, *place).exit_code == 0
    )
    for name in [one for one in sys.modules if one.split(".")[0] == "sigstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    whom = ("--sigstore-identity", WHO, "--sigstore-issuer", ISSUER_URL)
    for asked in (("sigstore", report, *place), ("verify", report, *place, *whom)):
        said = unlearnkit(*asked)
        assert said.exit_code == 2
        assert "pip install 'unlearnkit[sigstore]'" in said.stderr
    assert unlearnkit("verify", report, "--key", key).exit_code == 0
