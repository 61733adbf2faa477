"""What the report says of a verdict: headline, sentence, and the word for each check."""

from __future__ import annotations

from dataclasses import dataclass

from unlearnkit.counted import counted, noun
from unlearnkit.domain import Check, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Tally:
    """How the checks came out, for the headline."""

    deciding: int
    held: int
    failed: int
    missing: int
    warnings: int
    not_applicable: int


def tally(verdict: Verdict) -> Tally:
    """Count the checks; only those of severity fail that apply decide."""
    deciding = [one for one in verdict.checks if one.severity == "fail" and applies(one)]
    count = [one.outcome for one in deciding].count
    return Tally(
        deciding=len(deciding),
        held=count(Outcome.PASS),
        failed=count(Outcome.FAIL),
        missing=count(Outcome.CANNOT_TELL),
        warnings=sum(
            one.severity == "warn" and one.outcome in (Outcome.FAIL, Outcome.CANNOT_TELL)
            for one in verdict.checks
        ),
        not_applicable=sum(not applies(one) for one in verdict.checks),
    )


def applies(check: Check) -> bool:
    """False for a rule that needs a retrained reference where there is none."""
    return check.outcome is not Outcome.NOT_APPLICABLE


def headline(verdict: Verdict) -> str:
    """The verdict in a few words; it claims nothing beyond the policy."""
    return {
        Outcome.PASS: "Passed",
        Outcome.FAIL: "Failed",
    }.get(verdict.outcome, "Cannot tell")


def verdict_words(verdict: Verdict) -> str:
    """Why, in one or two sentences with counts."""
    counts, name = tally(verdict), verdict.policy
    rules = counted(counts.deciding, "deciding check")
    if verdict.outcome is Outcome.PASS:
        first = f"All {rules} of the policy “{name}” hold."
        if counts.deciding == 1:
            first = f"The one deciding check of the policy “{name}” holds."
    elif verdict.outcome is Outcome.FAIL:
        first = f"{counts.failed} of the {rules} of the policy “{name}” did not hold."
    elif counts.deciding:
        first = f"Evidence is missing for {counts.missing} of the {rules} of the policy “{name}”."
    else:
        first = f"No deciding check of the policy “{name}” applies, so nothing was decided."
    more = []
    if counts.warnings:
        does = noun(counts.warnings, "does", "do")
        more.append(f"{counted(counts.warnings, 'warning')}, which {does} not decide")
    if counts.not_applicable:
        reasons = dict.fromkeys(
            check.bound.removeprefix("not applicable: ")
            for check in verdict.checks
            if check.outcome is Outcome.NOT_APPLICABLE
        )
        more.append(
            f"{counted(counts.not_applicable, 'further check')} "
            f"{noun(counts.not_applicable, 'was', 'were')} not counted: {', '.join(reasons)}"
        )
    return first + (f" Also: {'; '.join(more)}." if more else "")


def outcome_word(check: Check) -> str:
    """A check's outcome as one word for its row."""
    if check.severity == "warn" and check.outcome is Outcome.FAIL:
        return "warning"
    return {
        Outcome.PASS: "holds",
        Outcome.FAIL: "failed",
        Outcome.CANNOT_TELL: "cannot tell",
        Outcome.NOT_APPLICABLE: "not applicable",
    }[check.outcome]
