"""A gate's verdict as SARIF 2.1.0 (OASIS 2020), for code scanning pages.

A result is what a person should look at, at the line of the policy that asks for it: `kind: fail`
for a rule that does not hold, with level error or, where it only warns, warning; `kind: open` ("the
tool concluded that there was insufficient information to decide", section 3.27.9) for a rule that
cannot tell, whose level the standard fixes to none. Rules that hold or do not apply are listed as
rules, without a result, since some services show every result as an alert. The exit code stands in
`invocations`; which unlearning run was measured, and how far a gate asked through kept probes, in
the run's `properties`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unlearnkit.domain import Asking, Check, Outcome, Verdict
from unlearnkit.report.asking import sentences

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
BEGINNING = f"""\
{{
  "$schema": "{SCHEMA}",
  "version": "2.1.0",
  "runs": [
    {{
      "tool": {{
        "driver": {{
          "name": "unlearnkit",
""".encode()
"""Of every log made here, and of no other program's."""
KINDS = {Outcome.FAIL: "fail", Outcome.CANNOT_TELL: "open"}
LEVELS = {"fail": "error", "warn": "warning"}


@dataclass(frozen=True, slots=True)
class PolicySource:
    """Where the policy's rules stand and what they say, for links and descriptions."""

    uri: str
    lines: Mapping[str, int]
    """Rule id -> line."""
    says: Mapping[str, str]
    """Rule id -> the rule in a sentence."""


def sarif(
    verdict: Verdict,
    source: PolicySource,
    version: str,
    asking: Asking | None = None,
    measured: str = "",
) -> bytes:
    """The verdict as a UTF-8 SARIF log of one run.

    `measured` is the id of the unlearning run whose records the model was measured on.
    """
    driver = {
        "name": "unlearnkit",
        "semanticVersion": version,
        "rules": [_rule(check, source) for check in verdict.checks],
    }
    properties: dict[str, Any] = {
        "policy": verdict.policy,
        "policyDigest": verdict.policy_digest,
    }
    if measured:
        properties["unlearningRun"] = measured
    if asking is not None:
        properties |= {"asking": asking.model_dump(mode="json"), "asked": sentences(asking)}
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": verdict.outcome is not Outcome.CANNOT_TELL,
                "exitCode": verdict.exit_code,
                "exitCodeDescription": verdict.outcome.value,
            }
        ],
        "results": [
            _result(at, check, source)
            for at, check in enumerate(verdict.checks)
            if check.outcome in KINDS
        ],
        "properties": properties,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, indent=2, ensure_ascii=False) + "\n").encode()


def _rule(check: Check, source: PolicySource) -> dict[str, Any]:
    return {
        "id": check.rule,
        "shortDescription": {"text": source.says[check.rule]},
        "defaultConfiguration": {"level": LEVELS[check.severity]},
    }


def _result(at: int, check: Check, source: PolicySource) -> dict[str, Any]:
    kind = KINDS[check.outcome]
    place = {
        "artifactLocation": {"uri": source.uri},
        "region": {"startLine": source.lines[check.rule]},
    }
    return {
        "ruleId": check.rule,
        "ruleIndex": at,
        "kind": kind,
        "level": LEVELS[check.severity] if kind == "fail" else "none",
        "message": {"text": f"{check.bound}. {check.explanation}"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"rule/v1": check.rule},
    }
