"""Policies of which `gate --probes` measures some rules, and only another gate the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.test_checking import check, rule
from unlearnkit.policy.explaining import explained
from unlearnkit.policy.schema import load_policy

MOST = "to: absolute, at_most: 0.5"


def asked(name: str = "asked", **fields: str) -> str:
    return rule(name, MOST, metric="kept_probe_leakage", **fields)


def test_a_policy_that_no_gate_measures_whole_is_an_error_at_the_probes_rule(
    tmp_path: Path,
) -> None:
    [found] = check(tmp_path, rule("audited", MOST), asked())
    assert (found.line, found.level, found.rule) == (9, "error", "asked")
    assert found.what.startswith(
        "no model can pass: `gate --probes` measures kept_probe_leakage, but not "
        "exact_memorization of 'audited' (line 5)"
    )


@pytest.mark.parametrize(
    ("of_audit", "of_probes"),
    [
        ({"severity": "warn"}, {}),
        ({}, {"severity": "warn"}),
        ({"requires_reference": "true"}, {}),
        ({"split": "rest"}, {}),
        ({"under": "relearned_rest"}, {}),
        ({}, {"requires_reference": "true"}),
        ({}, {"requires_holdout": "true"}),
    ],
)
def test_where_one_gate_can_still_pass_it_is_a_warning(
    tmp_path: Path, of_audit: dict[str, str], of_probes: dict[str, str]
) -> None:
    [found] = check(tmp_path, rule("audited", MOST, **of_audit), asked(**of_probes))
    assert (found.level, found.rule) == ("warning", "asked")
    assert found.what.startswith("told by one gate only")


def test_the_deciding_rules_are_named_where_others_stand_before_them(tmp_path: Path) -> None:
    [found] = check(
        tmp_path,
        asked("tagged", severity="warn").replace("leakage", "chance"),
        rule("unsure", MOST, severity="warn", metric="probability"),
        asked(),
        rule("audited", MOST),
    )
    assert (found.rule, "of 'audited' (line 17)" in found.what) == ("asked", True)


@pytest.mark.parametrize("rules", [(asked(),), (rule("audited", MOST),)])
def test_rules_of_one_gate_are_let_be(tmp_path: Path, rules: tuple[str, ...]) -> None:
    assert check(tmp_path, *rules) == []


def test_what_each_gate_cannot_tell_is_explained(tmp_path: Path) -> None:
    check(tmp_path, rule("audited", MOST), asked())
    audited, by_probes = explained(load_policy(tmp_path / "policy.yaml"))
    assert audited.cannot_tell == (
        "the gate is asked with --probes, which measures no such figure."
    )
    assert by_probes.cannot_tell == (
        "the gate is asked without --probes, which alone measures it; "
        "no erased value can be asked for by what is kept."
    )
