"""Whom a verifier expects and trusts, and where a signer's identity comes from."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path

import pytest
import requests
from sigstore.models import ClientTrustConfig

from tests.sigstore_instance import ISSUER_URL, WHO, Instance, token
from unlearnkit.errors import BadInput, CannotEvaluate
from unlearnkit.pipeline.keyless import expected, identity_token


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
