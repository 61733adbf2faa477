"""Whom a verifier expects and trusts, and where a signer's identity comes from."""

from __future__ import annotations

import json
import socket
import webbrowser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sigstore.models import ClientTrustConfig
from sigstore.oidc import IdentityToken

from tests.report import sample
from tests.report.conftest import make_keys, write_sample
from tests.sigstore_instance import ISSUER_URL, WHO, Instance, token
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.pipeline.keyless import expected, identity_token, prepared, signed
from unlearnkit.report.keyless import KEYLESS


def test_who_to_expect_is_an_identity_and_its_issuer(trust: Path, tmp_path: Path) -> None:
    assert expected("", "", None) is None
    for given_ in ((WHO, "", None), ("", ISSUER_URL, None), ("", "", trust)):
        with pytest.raises(BadInput, match="and the issuer"):
            expected(*given_)
    for content, what in (("nothing", "not a Sigstore"), ("{}", "not a Sigstore")):
        (tmp_path / "file.json").write_text(content)
        with pytest.raises(BadInput, match=what):
            expected(WHO, ISSUER_URL, tmp_path / "file.json")
    with pytest.raises(BadInput, match="cannot read"):
        expected(WHO, ISSUER_URL, tmp_path / "nowhere.json")


def test_a_root_that_trusts_nobody_is_named(instance: Instance, tmp_path: Path) -> None:
    for lacking in ("tlogs", "certificateAuthorities"):
        root = instance.trusted_root() | {lacking: []}
        (tmp_path / "root.json").write_text(json.dumps(root))
        with pytest.raises(BadInput, match="names no certificate authority or no log"):
            expected(WHO, ISSUER_URL, tmp_path / "root.json")


@pytest.fixture
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI", "SIGSTORE_IDENTITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nothing_given")
def test_who_has_a_terminal_can_log_in(
    instance: Instance, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser is all that is replaced: it follows the issuer to the end."""
    monkeypatch.setattr(webbrowser, "open", lambda url: requests.get(url, timeout=30).ok)
    config = ClientTrustConfig.from_json(trust.read_text())
    found = identity_token(None, config, ask=True)
    assert (found.identity, found.issuer) == (WHO, ISSUER_URL)


@pytest.mark.usefixtures("nothing_given")
def test_a_login_that_nobody_answers_is_no_token(instance: Instance) -> None:
    config = instance.client_config()
    config["signingConfig"]["oidcUrls"][0]["url"] = "http://127.0.0.1:9"
    with pytest.raises(CannotEvaluate, match="from the login: NetworkError"):
        identity_token(None, ClientTrustConfig.from_json(json.dumps(config)), ask=True)


def test_a_file_comes_before_the_variable(
    trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGSTORE_IDENTITY_TOKEN", token("of-the-variable@example.org"))
    config = ClientTrustConfig.from_json(trust.read_text())
    assert identity_token(None, config, ask=False).identity == "of-the-variable@example.org"
    (tmp_path / "token").write_text(token("of-the-file@example.org"))
    given = identity_token(tmp_path / "token", config, ask=False)
    assert given.identity == "of-the-file@example.org"


@pytest.mark.usefixtures("nothing_given")
def test_an_empty_file_leads_to_no_login(
    trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another identity than the one that was meant could stand in a public log for good."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    (tmp_path / "token").write_text("\n")
    config = ClientTrustConfig.from_json(trust.read_text())
    with pytest.raises(BadInput, match="no identity token in this file"):
        identity_token(tmp_path / "token", config, ask=True)
    assert opened == []


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("service", "version"), [("caUrls", 1), ("rekorTlogUrls", 1), ("rekorTlogUrls", 2)]
)
def test_a_service_that_stays_silent_is_not_waited_for(
    service: str, version: int, silent: str, instance: Instance, tmp_path: Path
) -> None:
    config = instance.client_config()
    [one] = config["signingConfig"][service]
    config["signingConfig"][service] = [one | {"url": silent, "majorApiVersion": version}]
    (tmp_path / "trust.json").write_text(json.dumps(config))
    model, keys = sample.model_folder(tmp_path / "model"), make_keys(tmp_path / "keys")
    report = write_sample(tmp_path / "report", model, keys, created=datetime.now(UTC)).parent
    what = prepared(report, keys.public, tmp_path / "trust.json")
    with pytest.raises(CannotEvaluate, match="from Sigstore: ReadTimeout") as told:
        signed(what, IdentityToken(token()), seconds=1)
    assert told.value.exit_code == 3
    assert told.value.fix.startswith("The report is as it was.")
    assert not (report / KEYLESS).exists()
