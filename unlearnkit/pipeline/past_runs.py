"""What came of the finished runs: their passes drawn, and the report of each, once it holds."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from unlearnkit.artefacts import load
from unlearnkit.domain import AuditResult, EventKind, Outcome, RunManifest
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.keys import own_key
from unlearnkit.pipeline.runs import Run, finished_runs
from unlearnkit.report.bundle import ATTESTATION
from unlearnkit.report.facts import Report
from unlearnkit.report.render import drawn_passes
from unlearnkit.report.verdicts import headline, verdict_words
from unlearnkit.report.verifying import verify_report


@dataclass(frozen=True, slots=True)
class PastRun:
    """A finished run, and the verdict of its last report as the ledger has it."""

    run: Run
    manifest: RunManifest
    outcome: Outcome | None
    """None where no report was written."""


def past_runs(context: Context) -> list[PastRun]:
    """The newest first. Raises BadInput where a run's manifest cannot be read."""
    told = {
        one.payload["run_id"]: Outcome(one.payload["outcome"])
        for one in context.ledger.events()
        if one.kind == EventKind.REPORTED
    }
    runs = reversed(finished_runs(context.workspace))
    return [PastRun(one, one.manifest, told.get(one.id)) for one in runs]


def passes_of(past: PastRun) -> Markup | None:
    """The passes as a drawing (SVG), or None where there was none."""
    audit = past.run.audit_file
    measured = load(audit, AuditResult) if audit.is_file() else None
    return drawn_passes(past.manifest, measured)


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report that holds: its verdict in words, and its page."""

    headline: str
    words: str
    outcome: Outcome
    page: bytes


def own_report(context: Context, run: Run) -> OwnReport | None:
    """The report in the run's own folder, checked now; None where it was written elsewhere, or not.

    Raises VerificationFailed where it does not hold with one of the workspace's keys.
    """
    if not (run.report / ATTESTATION).is_file():
        return None
    verify_report(run.report, own_key(context.workspace, run.report))
    verdict = load(run.report / "report.json", Report).verdict
    page = (run.report / "report.html").read_bytes()
    return OwnReport(headline(verdict), verdict_words(verdict), verdict.outcome, page)
