from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import unlearnkit
from unlearnkit.cli.demo import warnings
from unlearnkit.domain import Check, Outcome, Verdict


def verdict(outcome: Outcome, severity: str) -> Verdict:
    check = Check.model_validate(
        {
            "rule": "leaks-like-unseen",
            "outcome": outcome,
            "severity": severity,
            "observed": 0.1,
            "bound": "difference -0.050 to +0.126, partly at most +0.1",
            "explanation": "why",
        }
    )
    return Verdict(policy="mine", policy_digest="0" * 64, outcome=Outcome.PASS, checks=(check,))


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.CANNOT_TELL])
def test_a_pass_does_not_hide_what_only_warns(outcome: Outcome) -> None:
    [line] = warnings(verdict(outcome, "warn"))
    assert line.startswith(f"warning: leaks-like-unseen: {outcome.value.replace('_', ' ')}; ")
    assert line.endswith("partly at most +0.1")


@pytest.mark.parametrize(
    ("outcome", "severity"),
    [(Outcome.PASS, "warn"), (Outcome.NOT_APPLICABLE, "warn"), (Outcome.FAIL, "fail")],
)
def test_what_holds_does_not_apply_or_decides_is_no_warning(
    outcome: Outcome, severity: str
) -> None:
    assert warnings(verdict(outcome, severity)) == []


@pytest.mark.parametrize(
    ("first", "then"),
    [("0, 80 customers", "--fast"), ("7, 10 customers", ""), ("1", "")],
)
def test_a_demo_does_not_go_on_in_another_ones_folder(
    tmp_path: Path, first: str, then: str
) -> None:
    (tmp_path / "seed").write_text(f"{first}\n")
    said = unlearnkit("demo", "--out", tmp_path, *([then] if then else []))
    assert said.exit_code == 2
    assert f"holds a demo of seed {first.partition(',')[0]}, " in " ".join(said.stderr.split())
    assert [one.name for one in tmp_path.iterdir()] == ["seed"]


def test_a_demo_is_not_put_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    said = unlearnkit("demo", "--out", tmp_path / "file" / "demo")
    assert said.exit_code == 2
    assert f"{tmp_path / 'file'}: this is a file; a folder is needed" in said.stderr
    assert (tmp_path / "file").read_text() == "mine"
