from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.report import sample
from unlearnkit import resources
from unlearnkit.domain import Outcome, RunManifest, Verdict
from unlearnkit.keys import ReportKey, SigningKey, new_private_key, public_half
from unlearnkit.policy.schema import load_policy
from unlearnkit.policy.verdict import judge, policy_digest
from unlearnkit.report.facts import LedgerFacts, Report, build_report
from unlearnkit.report.writing import write_report

POLICY = resources.find("policies", "default.yaml")
CHROMIUM = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--no-pdf-header-footer",
)
"""A browser without a window that asks the network for nothing."""


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip where a tool is not installed; with UNLEARNKIT_REQUIRE_TOOLS=1 (CI) fail instead."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    required = os.environ.get("UNLEARNKIT_REQUIRE_TOOLS") == "1"
    return pytest.mark.skipif(
        bool(missing) and not required, reason=f"not installed: {', '.join(missing)}"
    )


@dataclass(frozen=True)
class Keys:
    private: SigningKey
    public: Path


@dataclass(frozen=True)
class Written:
    """A report on disk, the model it is about, and the key that signed it."""

    folder: Path
    model: Path
    keys: Keys


def make_keys(folder: Path, name: str = "signing", kind: ReportKey = ReportKey.ECDSA) -> Keys:
    keys = Keys(SigningKey(folder / f"{name}.pem"), folder / f"{name}.pub")
    keys.private.write(new_private_key(kind))
    keys.public.write_bytes(public_half(keys.private))
    return keys


def true_verdict() -> Verdict:
    """What the default policy makes of the sample's figures, as `unlearnkit verify` asks for."""
    policy = load_policy(POLICY)
    return judge(policy, policy_digest(policy), sample.audit(sample.manifest()))


def write_sample(
    folder: Path,
    model: Path,
    keys: Keys,
    *,
    run: RunManifest | None = None,
    templates_dir: Path | None = None,
    sign_model_too: bool = False,
    model_key: SigningKey | None = None,
    ledger: LedgerFacts | None = None,
    created: datetime = sample.NOW,
    verdict: Verdict | None = None,
) -> Path:
    """The report of `run` (None: one that made this model), written and signed."""
    run = run or sample.manifest(model)
    facts = build_report(
        run,
        sample.audit(run),
        verdict or sample.verdict(),
        sample.requests(),
        created=created,
        ledger=ledger,
    )
    return write_report(
        folder,
        facts,
        policy_path=POLICY,
        model_dir=model,
        signing_key=keys.private,
        public_key=keys.public,
        templates_dir=templates_dir,
        sign_model_too=sign_model_too,
        model_key=model_key,
    )


@pytest.fixture(scope="session")
def _once(tmp_path_factory: pytest.TempPathFactory) -> Written:
    base = tmp_path_factory.mktemp("written")
    model = sample.model_folder(base / "model")
    keys = make_keys(base / "keys")
    return Written(write_sample(base / "report", model, keys).parent, model, keys)


@pytest.fixture
def written(_once: Written, tmp_path: Path) -> Written:
    """A fresh copy of one written report, for a test to damage."""
    shutil.copytree(_once.folder, tmp_path / "report")
    shutil.copytree(_once.model, tmp_path / "model")
    return Written(tmp_path / "report", tmp_path / "model", _once.keys)


@pytest.fixture
def report() -> Report:
    run = sample.manifest()
    return build_report(
        run, sample.audit(run), sample.verdict(), sample.requests(), created=sample.NOW
    )


def report_with(outcome: Outcome, *, reference: bool = True, forgot: bool = True) -> Report:
    run = sample.manifest()
    return build_report(
        run,
        sample.audit(run, reference=reference, forgot=forgot),
        sample.verdict(outcome, reference=reference),
        sample.requests(),
        created=sample.NOW,
    )


def full_report() -> Report:
    """With every section that a report can have."""
    from tests.report.sample_full import full

    return build_report(
        sample.manifest(), full(), sample.verdict(), sample.requests(), created=sample.NOW
    )
