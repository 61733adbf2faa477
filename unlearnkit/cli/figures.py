"""Runs, audits and verdicts as tables on the terminal."""

from __future__ import annotations

from rich.markup import escape

from unlearnkit.cli.terminal import err, out, table
from unlearnkit.domain import AuditResult, ModelRole, Outcome, RunManifest, Split, Verdict

METRICS = {
    "exact_memorization": "exact memorization",
    "extraction_strength": "extraction strength",
    "max_extraction_strength": "extraction strength, worst record",
    "probability": "probability",
    "truth_ratio": "truth ratio",
    "forget_quality": "forget quality (KS p-value)",
}
ROLES = {
    ModelRole.ORIGINAL: "before",
    ModelRole.UNLEARNED: "after",
    ModelRole.REFERENCE: "retrained",
}
COLOURS = {Outcome.PASS: "green", Outcome.FAIL: "red"}


def show_run(manifest: RunManifest) -> None:
    """What the run did, pass by pass."""
    chosen = next((step for step in manifest.calibration if step.chosen), None)
    out.print(f"Run {manifest.run_id}, model in {manifest.model_path}", soft_wrap=True)
    if chosen is not None:
        out.print(
            f"Teacher: {chosen.strengthen_epochs} epochs of strengthening, alpha "
            f"{chosen.alpha:.2f}, {chosen.distance:.3f} from the holdout's level "
            f"(of {len(manifest.calibration)} tried)",
            soft_wrap=True,
        )
    rows = [
        [
            str(one.number),
            f"{one.loss:.4f}",
            f"{one.forget_exact_memorization:.3f}",
            f"{one.forget_extraction_strength:.3f}",
            f"{one.forget_probability:.3f}",
            f"{one.retain_exact_memorization:.3f}",
            one.state,
        ]
        for one in manifest.passes
    ]
    level = manifest.holdout_level
    rows.append(
        [
            "",
            "",
            f"[bold]{level['exact_memorization']:.3f}[/]",
            f"[bold]{level['extraction_strength']:.3f}[/]",
            f"[bold]{level['probability']:.3f}[/]",
            "",
            f"[bold]level to reach ({manifest.holdout_origin})[/]",
        ]
    )
    forget = len(manifest.forget_set.record_ids)
    title = f"{forget} records forgotten beside {manifest.retain_count}; recall of the forget set"
    columns = ["Pass", "Loss", "Exact mem.", "Extraction", "Probability", "Retain", "State"]
    out.print(table(title, columns, rows))
    if not manifest.passes[-1].state.startswith("inside the band") or (
        "not recovered" in manifest.passes[-1].state
    ):
        err.print(
            f"[yellow]The run ended '{manifest.passes[-1].state}': the gate will judge it.[/] "
            "Another --learning-rate, --tolerance or --max-passes makes a new run.",
            soft_wrap=True,
        )


def show_audit(audit: AuditResult) -> None:
    """Before, after and, where there is one, the retrained reference."""
    roles = [role for role in ROLES if role in audit.models]
    rows = []
    for split in Split:
        for metric, label in METRICS.items():
            values = [_cell(audit, metric, split, role) for role in roles]
            if any(value != "-" for value in values):
                rows.append([split.value, label, *values])
    columns = ["Records", "Metric", *(ROLES[role] for role in roles)]
    out.print(table(f"Audit of {audit.run_id}", columns, rows, numbers=len(roles)))
    reasons = {
        f"{METRICS.get(one.metric, one.metric)} on {one.split} records: {one.not_measured}"
        for one in audit.measurements
        if one.value is None
    }
    for reason in sorted(reasons):
        err.print(f"[dim]Not measured: {escape(reason)}[/]", highlight=False, soft_wrap=True)


def _cell(audit: AuditResult, metric: str, split: Split, role: ModelRole) -> str:
    value = audit.value(metric, split, role)
    if value is None:
        return "-"
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.0005 else f"{value:.1e}"


def show_verdict(verdict: Verdict) -> None:
    """The checks one by one, and what they come to."""
    rows = [
        [
            one.rule,
            f"[{COLOURS.get(one.outcome, 'yellow')}]{one.outcome.value.replace('_', ' ')}[/]",
            one.severity,
            one.bound,
        ]
        for one in verdict.checks
    ]
    columns = ["Check", "Outcome", "Severity", "Comparison"]
    out.print(table(f"Policy {verdict.policy}", columns, rows))
    word = verdict.outcome.value.replace("_", " ")
    out.print(f"Gate: [bold {COLOURS.get(verdict.outcome, 'yellow')}]{word}[/]")
    for one in verdict.checks:
        if one.outcome in (Outcome.FAIL, Outcome.CANNOT_TELL):
            out.print(f"  {one.rule}: {one.explanation}", highlight=False, markup=False)
