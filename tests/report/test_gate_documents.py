"""The gate's verdict as JUnit and SARIF: valid, and never greener than the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from unlearnkit.domain import Check, Outcome, Verdict
from unlearnkit.report import gate_junit, gate_sarif
from unlearnkit.report.gate_junit import junit
from unlearnkit.report.gate_sarif import PolicySource, sarif

STANDARDS = Path(__file__).parent / "standards"
JUNIT = xmlschema.XMLSchema(STANDARDS / "junit.xsd")
SARIF = Draft7Validator(json.loads((STANDARDS / "sarif-schema-2.1.0.json").read_text("utf-8")))

outcomes = st.sampled_from([*Outcome])
severities = st.sampled_from(["fail", "warn"])
words = st.text(max_size=30)


def check(name: str, outcome: Outcome, severity: str = "fail", said: str = "why") -> Check:
    fields = {"rule": name, "outcome": outcome, "severity": severity, "observed": 0.3}
    return Check.model_validate(fields | {"bound": f"0.300 > 0.1 {said}", "explanation": said})


def judged(*checks: Check, policy: str = "mine") -> Verdict:
    """A verdict that sums up as the policy's own function does."""
    deciding = {
        one.outcome
        for one in checks
        if one.severity == "fail" and one.outcome is not Outcome.NOT_APPLICABLE
    }
    outcome = Outcome.CANNOT_TELL
    if Outcome.FAIL in deciding:
        outcome = Outcome.FAIL
    elif deciding == {Outcome.PASS}:
        outcome = Outcome.PASS
    return Verdict(policy=policy, policy_digest="d" * 64, outcome=outcome, checks=checks)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    drawn = draw(st.lists(st.tuples(outcomes, severities, words), min_size=1, max_size=5))
    checks = [check(f"rule-{at}", *one) for at, one in enumerate(drawn)]
    return judged(*checks, policy=draw(words))


def source(verdict: Verdict) -> PolicySource:
    names = [one.rule for one in verdict.checks]
    lines = {name: at + 5 for at, name in enumerate(names)}
    return PolicySource("policies/mine.yaml", lines, dict.fromkeys(names, "must be so"))


def log(verdict: Verdict) -> Any:
    return json.loads(sarif(verdict, source(verdict), "0.1.0"))


def run_of(verdict: Verdict) -> Any:
    [run] = log(verdict)["runs"]
    return run


@given(verdicts())
def test_any_verdict_is_valid_junit_and_red_exactly_where_the_exit_code_is_not_0(
    verdict: Verdict,
) -> None:
    document = junit(verdict)
    JUNIT.validate(document.decode())
    suite = ET.fromstring(document)[0]
    marks = [one.tag for case in suite for one in case]
    red = [one for one in marks if one in ("failure", "error")]
    assert bool(red) is (verdict.exit_code != 0)
    assert ("failure" in red) is (verdict.exit_code == 1)
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert suite.get(attribute) == str(marks.count(kind))
    assert suite.get("tests") == str(len(suite))


@given(verdicts())
def test_a_document_of_any_verdict_is_known_by_its_beginning(verdict: Verdict) -> None:
    assert junit(verdict).startswith(gate_junit.BEGINNING)
    assert sarif(verdict, source(verdict), "0.1.0").startswith(gate_sarif.BEGINNING)


@pytest.mark.parametrize(
    ("outcome", "severity", "mark"),
    [
        (Outcome.PASS, "fail", "system-out"),
        (Outcome.FAIL, "fail", "failure"),
        (Outcome.CANNOT_TELL, "fail", "error"),
        (Outcome.NOT_APPLICABLE, "fail", "skipped"),
        (Outcome.PASS, "warn", "system-out"),
        (Outcome.FAIL, "warn", "skipped"),
        (Outcome.CANNOT_TELL, "warn", "skipped"),
    ],
)
def test_each_rule_is_one_testcase_marked_by_what_it_counts_for(
    outcome: Outcome, severity: str, mark: str
) -> None:
    holds = check("other", Outcome.PASS)
    case = ET.fromstring(junit(judged(check("one", outcome, severity), holds)))[0][0]
    assert (case.get("name"), case.get("classname"), case[0].tag) == ("one", "mine", mark)
    if mark == "skipped":
        warns = str(case[0].get("message")).startswith("warning only: ")
        assert warns is (severity == "warn")


def test_where_nothing_decides_a_testcase_says_so() -> None:
    suite = ET.fromstring(junit(judged(check("one", Outcome.NOT_APPLICABLE))))[0]
    assert [case.get("name") for case in suite] == ["one", "verdict"]
    assert suite[1][0].tag == "error"


def test_what_xml_cannot_hold_is_replaced() -> None:
    document = junit(judged(check("one", Outcome.FAIL, said="a\x00b\x1bc <&> ü"), policy="\x07"))
    failure = ET.fromstring(document)[0][0][0]
    assert failure.text == "a�b�c <&> ü"


def test_the_suite_says_which_model_was_gated_against_which_run() -> None:
    gated = {"run": "run-0123456789ab", "model": "ab" * 32}
    document = junit(judged(check("one", Outcome.PASS)), None, gated)
    JUNIT.validate(document.decode())
    named = {one.get("name"): one.get("value") for one in ET.fromstring(document).iter("property")}
    assert named == gated


def test_the_schema_refuses_what_is_no_junit() -> None:
    document = junit(judged(check("one", Outcome.FAIL))).decode()
    for old, new in ((' tests="1"', ""), ("failure", "broken"), ('failures="1"', 'failures="x"')):
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            JUNIT.validate(document.replace(old, new))


@given(verdicts())
def test_any_verdict_is_valid_sarif_with_a_result_for_each_rule_to_look_at(
    verdict: Verdict,
) -> None:
    SARIF.validate(log(verdict))
    run = run_of(verdict)
    told = {one["ruleId"]: one["kind"] for one in run["results"]}
    kinds = {Outcome.FAIL: "fail", Outcome.CANNOT_TELL: "open"}
    assert told == {one.rule: kinds[one.outcome] for one in verdict.checks if one.outcome in kinds}
    rules = run["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == [one.rule for one in verdict.checks]
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        # Section 3.27.10: a level only where the rule was found to be broken.
        assert (one["level"] == "none") is (one["kind"] != "fail")
    assert run["invocations"][0]["exitCode"] == verdict.exit_code
    assert run["invocations"][0]["executionSuccessful"] is (verdict.exit_code != 3)


def test_a_broken_rule_points_at_its_line_in_the_policy() -> None:
    broken, warned = check("one", Outcome.FAIL), check("two", Outcome.FAIL, "warn")
    first, second = run_of(judged(broken, warned))["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "policies/mine.yaml"
    assert place["region"]["startLine"] == 5
    assert (first["level"], second["level"]) == ("error", "warning")
    assert "0.300 > 0.1" in first["message"]["text"]
