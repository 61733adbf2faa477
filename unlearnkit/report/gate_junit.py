"""A gate's verdict as JUnit XML, the form that most CI services show test by test.

One testcase a rule. What a red mark means there is what a broken gate means here:

- `failure`: a deciding rule that does not hold (exit code 1);
- `error`: a deciding rule that cannot tell. Not `skipped`, which CI services show as green: missing
  evidence is exit code 3, never a pass;
- `skipped`, with its reason: what does not count, that is a rule that only warns and does not hold
  or cannot tell, and a rule that needs a retrained reference where there is none.

Where no rule decides, one more testcase, `verdict`, is an error. So there is a failure or an error
exactly where the exit code is not 0.

What was gated stands in the suite's `properties`; how far a gate asked through kept probes in its
`system-out`, a line a request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET  # nosec B405 # it writes, and reads nothing

from unlearnkit.domain import Asking, Check, Outcome, Verdict
from unlearnkit.report.asking import lines, sentences

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, such as control characters."""
BEGINNING = b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites name=\"unlearnkit gate\""
"""Of every document made here, and of no other program's."""


def junit(
    verdict: Verdict, asking: Asking | None = None, gated: Mapping[str, str] | None = None
) -> bytes:
    """The verdict, and how far was asked, as a UTF-8 JUnit document.

    `gated` names what the verdict is about, as the model by its digest.
    """
    cases = [_case(verdict.policy, check) for check in verdict.checks]
    red = {one.tag for case in cases for one in case}
    if verdict.exit_code != 0 and not red & {"failure", "error"}:
        cases.append(_undecided(verdict.policy))
    counts = {
        "tests": str(len(cases)),
        "failures": _count(cases, "failure"),
        "errors": _count(cases, "error"),
        "skipped": _count(cases, "skipped"),
    }
    suites = ET.Element("testsuites", {"name": "unlearnkit gate", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": _text(verdict.policy), **counts})
    if gated:
        properties = ET.SubElement(suite, "properties")
        for name, value in gated.items():
            ET.SubElement(properties, "property", {"name": name, "value": _text(value)})
    suite.extend(cases)
    if asking is not None:
        said = "\n".join([*sentences(asking), *lines(asking)])
        ET.SubElement(suite, "system-out").text = _text(said)
    ET.indent(suites)
    made: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _case(policy: str, check: Check) -> ET.Element:
    case = ET.Element("testcase", {"classname": _text(policy), "name": check.rule})
    kind = _kind(check)
    if kind:
        mark = {"message": _text(check.bound), "type": check.outcome.value}
        if check.severity == "warn" and check.outcome is not Outcome.NOT_APPLICABLE:
            mark["message"] = f"warning only: {mark['message']}"
        if kind == "skipped":
            del mark["type"]  # JUnit knows none there
        ET.SubElement(case, kind, mark).text = _text(check.explanation)
    else:
        ET.SubElement(case, "system-out").text = _text(check.bound)
    return case


def _kind(check: Check) -> str:
    if check.outcome is Outcome.PASS:
        return ""
    if check.severity == "warn" or check.outcome is Outcome.NOT_APPLICABLE:
        return "skipped"
    return "failure" if check.outcome is Outcome.FAIL else "error"


def _undecided(policy: str) -> ET.Element:
    case = ET.Element("testcase", {"classname": _text(policy), "name": "verdict"})
    ET.SubElement(case, "error", {"message": "no deciding rule applies", "type": "cannot_tell"})
    return case


def _count(cases: list[ET.Element], kind: str) -> str:
    return str(sum(case.find(kind) is not None for case in cases))


def _text(words: str) -> str:
    return NO_XML.sub("�", words)
