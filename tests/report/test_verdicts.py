from __future__ import annotations

import pytest

from tests.report import sample
from unlearnkit.domain import Check, Outcome
from unlearnkit.report.verdicts import verdict_words


@pytest.mark.parametrize(
    ("outcome", "reference", "words"),
    [
        (Outcome.PASS, True, "All 4 deciding checks of the policy “default” hold."),
        (
            Outcome.PASS,
            False,
            "All 3 deciding checks of the policy “default” hold. Also: 1 further check was not "
            "counted: no retrained reference was given.",
        ),
        (
            Outcome.FAIL,
            True,
            "1 of the 4 deciding checks of the policy “default” did not hold. Also: 1 warning, "
            "which does not decide.",
        ),
        (
            Outcome.CANNOT_TELL,
            True,
            "Evidence is missing for 1 of the 4 deciding checks of the policy “default”.",
        ),
    ],
)
def test_the_verdict_is_explained_by_counts(outcome: Outcome, reference: bool, words: str) -> None:
    assert verdict_words(sample.verdict(outcome, reference=reference)) == words


def test_each_reason_why_a_check_does_not_apply_is_said_once() -> None:
    judged = sample.verdict(Outcome.PASS, reference=False)
    [skipped] = [one for one in judged.checks if one.outcome is Outcome.NOT_APPLICABLE]
    another = skipped.model_copy(update={"bound": "not applicable: no record is in part"})

    def told(*checks: Check) -> str:
        kept = tuple(one for one in judged.checks if one != skipped)
        return verdict_words(judged.model_copy(update={"checks": (*kept, *checks)}))

    assert told(another).endswith("1 further check was not counted: no record is in part.")
    assert told(skipped, another, another).endswith(
        "3 further checks were not counted: no retrained reference was given, no record is in part."
    )
