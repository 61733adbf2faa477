"""A signed verdict has to be what policy.yaml makes of the signed figures."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.report import sample
from tests.report.conftest import POLICY, Written, make_keys
from tests.report.conftest import true_verdict as judged
from tests.report.test_shown import report_changed
from unlearnkit import resources
from unlearnkit.domain import Outcome, Verdict
from unlearnkit.errors import VerificationFailed
from unlearnkit.pipeline.judged import WHAT
from unlearnkit.pipeline.verify import verify
from unlearnkit.report.facts import build_report
from unlearnkit.report.writing import write_report


def written(folder: Path, verdict: Verdict, policy: Path = POLICY) -> Written:
    """A report with that verdict, signed by who holds the key."""
    model, keys = sample.model_folder(folder / "model"), make_keys(folder / "keys")
    run = sample.manifest(model)
    write_report(
        folder / "report",
        build_report(run, sample.audit(run), verdict, sample.requests(), created=sample.NOW),
        policy_path=policy,
        model_dir=model,
        signing_key=keys.private,
        public_key=keys.public,
    )
    return Written(folder / "report", model, keys)


def test_a_true_verdict_is_found_again(tmp_path: Path) -> None:
    one = written(tmp_path, judged())
    found = verify(one.folder, one.keys.public, one.model, tmp_path)
    assert WHAT in [claim.what for claim in found.claims]


def other_outcome(verdict: Verdict) -> Verdict:
    other = Outcome.PASS if verdict.outcome is not Outcome.PASS else Outcome.FAIL
    return verdict.model_copy(update={"outcome": other})


def a_check(**changes: Any) -> Callable[[Verdict], Verdict]:
    def changed(verdict: Verdict) -> Verdict:
        first, *rest = verdict.checks
        checks = (first.model_copy(update=changes), *rest)
        return verdict.model_copy(update={"checks": checks})

    return changed


NOT_MADE = "the verdict is not what policy.yaml makes of the report's figures"


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (other_outcome, NOT_MADE),
        (a_check(outcome=Outcome.NOT_APPLICABLE), NOT_MADE),
        (a_check(observed=0.123), NOT_MADE),
        (a_check(bound="0.1 <= 0.2"), NOT_MADE),
        (a_check(severity="warn"), NOT_MADE),
        (lambda one: one.model_copy(update={"checks": one.checks[1:]}), NOT_MADE),
        (
            lambda one: one.model_copy(update={"policy_digest": "ab" * 32}),
            "policy.yaml is not the policy that the verdict names",
        ),
    ],
    ids=["outcome", "a rule's outcome", "figure", "bound", "severity", "a rule less", "policy"],
)
def test_a_signed_verdict_that_the_figures_do_not_give_is_refused(
    tmp_path: Path, lie: Callable[[Verdict], Verdict], says: str
) -> None:
    one = written(tmp_path, lie(judged()))
    with pytest.raises(VerificationFailed, match=says):
        verify(one.folder, one.keys.public, None, tmp_path)


def test_another_policy_beside_the_verdict_is_refused(tmp_path: Path) -> None:
    one = written(tmp_path, judged(), resources.find("policies", "strict.yaml"))
    with pytest.raises(VerificationFailed, match=r"policy\.yaml is not the policy"):
        verify(one.folder, one.keys.public, None, tmp_path)


def test_a_policy_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.yaml").write_text("rules: maybe\n")
    one = written(tmp_path, judged(), tmp_path / "none.yaml")
    with pytest.raises(VerificationFailed, match=r"policy\.yaml cannot be read"):
        verify(one.folder, one.keys.public, None, tmp_path)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"renderer": {"version": "9.9", "digest": "0" * 64}}, "9.9 judged them"),
        ({"renderer": None}, "an earlier version judged them"),
        (
            {"differences": None},
            "the report leaves out the intervals that rules are judged by",
        ),
    ],
    ids=["another version", "it does not say", "without the intervals"],
)
def test_where_it_cannot_be_judged_again_that_is_said(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    one = written(tmp_path, judged())
    found_by = {"renderer": {"version": version("unlearnkit"), "digest": "0" * 64}}
    report_changed(one, **(found_by | changes))
    found = verify(one.folder, one.keys.public, None, tmp_path)
    assert WHAT not in [claim.what for claim in found.claims]
    assert f"that the verdict follows from the figures: {why}" in found.not_checked
