"""Runs, audits and verdicts as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from unlearnkit.cli.attacks import show_attacks
from unlearnkit.cli.measured import cell, figure
from unlearnkit.cli.terminal import err, in_line, out, say, table
from unlearnkit.counted import counted
from unlearnkit.domain import (
    Asking,
    AuditResult,
    Check,
    ModelRole,
    Outcome,
    RunManifest,
    Split,
    TrainingPass,
    Verdict,
)
from unlearnkit.report.asking import power, sentences
from unlearnkit.report.avoided import avoided
from unlearnkit.report.people import person_figures
from unlearnkit.report.scope import not_measured

METRICS = {
    "exact_memorization": "exact memorization",
    "extraction_strength": "extraction strength",
    "max_extraction_strength": "extraction strength, worst record",
    "probability": "probability",
    "truth_ratio": "truth ratio",
    "rouge_l": "ROUGE-L of its own continuations",
    "repetition": "repetition in them",
    "degenerate": "degenerate continuations",
    "model_utility": "model utility",
    "perplexity": "perplexity",
    "forget_quality": "forget quality (KS p-value)",
    "membership_auc_loss": "membership inference, loss (AUC)",
    "membership_auc_min_k_plus_plus": "membership inference, Min-K%++ (AUC)",
    "pii_leakage": "personal values that come out",
    "decoy_auc": "forgotten values before never-seen ones (AUC)",
}
"""What the terminal shows; the report has every figure."""
REQUESTS_SHOWN = 20
"""In a table; --json has all."""
TASKS = Split.TASKS
ROLES = {
    ModelRole.ORIGINAL: "before",
    ModelRole.UNLEARNED: "after",
    ModelRole.REFERENCE: "retrained",
}
RECALL = ("exact_memorization", "extraction_strength", "loss")
STATES = {
    "still recalls": "recalls",
    "inside the band, retain not recovered": "inside, retain low",
    "inside the band": "inside",
    "inside the band before any training": "inside",
}
"""A pass's state -> a word that fits a narrow terminal."""
PASSES_SHOWN = 12
"""Printed at most; the manifest and the report have them all."""
COLOURS = {Outcome.PASS: "green", Outcome.FAIL: "red"}


def few(passes: Sequence[TrainingPass]) -> list[TrainingPass]:
    """At most PASSES_SHOWN of the passes, evenly spread, the first and the last among them."""
    last = len(passes) - 1
    if last < PASSES_SHOWN:
        return list(passes)
    return [passes[round(at * last / (PASSES_SHOWN - 1))] for at in range(PASSES_SHOWN)]


def show_run(manifest: RunManifest) -> None:
    """What the run did, pass by pass."""
    chosen = next((step for step in manifest.calibration if step.chosen), None)
    out.print(f"Run {manifest.run_id}, model in {manifest.model_path}", soft_wrap=True)
    if chosen is not None:
        several = len({step.learning_rate for step in manifest.calibration}) > 1
        rate = f" at {chosen.learning_rate:.2g}" if several else ""
        out.print(
            f"Teacher: {counted(chosen.strengthen_epochs, 'epoch')} of strengthening{rate}, alpha "
            f"{chosen.alpha:.2f}, {chosen.distance:.3f} from the holdout's level "
            f"(of {len(manifest.calibration)} tried)",
            soft_wrap=True,
        )
    rows = [
        [
            str(one.number),
            f"{one.forget_exact_memorization:.3f}",
            f"{one.forget_extraction_strength:.3f}",
            f"{one.forget_loss:.3f}",
            f"{one.holdout_exact_memorization:.3f}",
            f"{one.retain_exact_memorization:.3f}",
            STATES.get(one.state, one.state),
        ]
        for one in few(manifest.passes)
    ]
    level = [f"[bold]{manifest.holdout_level[name]:.3f}[/]" for name in RECALL]
    rows.append(["[bold]aim[/]", *level, "", "", f"holdout, {manifest.holdout_origin}"])
    forget = len(manifest.forget_set.record_ids)
    part = len(manifest.forget_set.passages)
    told = f"{counted(forget, 'record')} to forget{f' ({part} in part)' if part else ''}"
    title = f"Recall of the {told}, beside {manifest.retain_count} kept"
    columns = ["Pass", "Exact mem.", "Extraction", "Loss", "Never seen", "Retained", "State"]
    out.print(table(title, columns, rows))
    if STATES.get(manifest.passes[-1].state) != "inside":
        err.print(
            f"[yellow]The run ended '{manifest.passes[-1].state}': the gate will judge it.[/] "
            "Another --learning-rate, --tolerance or --max-passes makes a new run.",
            soft_wrap=True,
        )


def show_audit(audit: AuditResult) -> None:
    """Before, after and, where there is one, the retrained reference, with n and intervals."""
    roles = [role for role in ROLES if role in audit.models]
    listed = [(split, metric, label) for split in Split for metric, label in METRICS.items()]
    tasks = dict.fromkeys(one.metric for one in audit.measurements if one.split is TASKS)
    listed += [(TASKS, metric, metric.removeprefix("lm_eval/")) for metric in tasks]
    rows = []
    for split, metric, label in listed:
        found = [audit.measurement(metric, split, role) for role in roles]
        counts = [one.n for one in found if one is not None and one.value is not None]
        if counts:
            rows.append([split.value, label, str(max(counts)), *map(cell, found)])
    columns = ["Records", "Metric", "n", *(ROLES[role] for role in roles)]
    title = f"Audit of {audit.run_id}, with 95 % intervals"
    out.print(table(title, columns, rows, numbers=len(roles) + 1))
    show_people(audit)
    show_attacks(audit)
    if sentence := avoided(audit.measurements):
        err.print(f"[yellow]{escape(sentence)}[/]", highlight=False, soft_wrap=True)
    for sentence in not_measured(audit):
        err.print(f"[dim]{escape(sentence)}[/]", highlight=False, soft_wrap=True)


def show_people(audit: AuditResult) -> None:
    """Each request's own records: a mean over all hides the person who is still recited."""
    requests = list(dict.fromkeys(id_ for one in audit.records for id_ in one.request_ids))
    people = person_figures(requests, audit.records)
    if not people:
        return

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.3f}"

    with_reference = ModelRole.REFERENCE in audit.models
    rows = [
        [
            one.request_id[:8],
            str(one.records),
            shown(one.before),
            shown(one.after),
            *([shown(one.reference)] if with_reference else []),
            shown(one.worst),
            f"{one.leaked_before}, then {one.leaked_after} of {one.values}",
        ]
        for one in people[:REQUESTS_SHOWN]
    ]
    columns = ["Request", "Records", "before", "after", *(["retrained"] if with_reference else [])]
    columns += ["worst", "values out"]
    title = "Exact memorization of each person's records, extraction strength of the worst one"
    out.print(table(title, columns, rows, numbers=len(columns) - 1))
    if len(people) > REQUESTS_SHOWN:
        out.print(f"and {len(people) - REQUESTS_SHOWN} more; --json has all")


def show_verdict(verdict: Verdict) -> None:
    """The checks one by one, and what they come to."""
    rows = [
        [
            one.rule,
            f"[{COLOURS.get(one.outcome, 'yellow')}]{one.outcome.value.replace('_', ' ')}[/]",
            one.severity,
            one.bound if one.detectable is None else f"{one.bound}\n[dim]{_seen(one)}[/]",
        ]
        for one in verdict.checks
    ]
    columns = ["Check", "Outcome", "Severity", "Comparison"]
    say(f"[bold]Policy {in_line(verdict.policy)}[/]")
    out.print(table("", columns, rows))
    word = verdict.outcome.value.replace("_", " ")
    out.print(f"Gate: [bold {COLOURS.get(verdict.outcome, 'yellow')}]{word}[/]")
    for one in verdict.checks:
        if one.outcome in (Outcome.FAIL, Outcome.CANNOT_TELL):
            say(f"  {one.rule}: {in_line(one.explanation)}")


def _seen(check: Check) -> str:
    """The true difference that so few records would have shown."""
    return "" if check.detectable is None else f"could have seen {figure(check.detectable)}"


def show_asking(asking: Asking) -> None:
    """How far kept probes were asked, and the requests of which not all was."""
    if not asking.nothing_asked:  # else the check has said it
        for sentence in sentences(asking):
            out.print(sentence, highlight=False, markup=False, soft_wrap=True)
    weak = [*asking.nothing_asked, *asking.partly_asked]
    if weak:
        rows = [[one.request_id[:8], power(one)] for one in weak[:REQUESTS_SHOWN]]
        out.print(table("Not asked in full", ["Request", "Asked"], rows))
    if len(weak) > REQUESTS_SHOWN:
        out.print(f"and {len(weak) - REQUESTS_SHOWN} more; --json has all")
