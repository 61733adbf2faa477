"""The published schemas are those of the models, and tell a document from what is none."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.company import Line, unlearnkit
from tests.report import sample
from unlearnkit.domain import AuditResult
from unlearnkit.schemas import NAMES, generated, shipped

Document = dict[str, Any]


def validate(document: str, found: Document) -> None:
    Draft202012Validator(json.loads(shipped(document))).validate(found)


def an_audit() -> Document:
    return sample.audit(sample.manifest()).model_dump(mode="json")


@pytest.mark.parametrize("document", NAMES)
def test_a_shipped_schema_is_what_the_model_makes(document: str) -> None:
    assert shipped(document) == generated(document), "run: python -m unlearnkit.schemas"


@pytest.mark.parametrize("document", NAMES)
def test_a_schema_says_its_name_its_dialect_and_what_fields_mean(document: str) -> None:
    schema = json.loads(shipped(document))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("draft/2020-12/schema")
    assert schema["$id"].endswith(f"/{document}.schema.json")
    assert schema["title"] == f"unlearnkit {document}"
    told = {
        "audit": ("Measurement", "people", "Whom the records are about; "),
        "report": ("Measurement", "people", "Whom the records are about; "),
        "attestation": (
            "Metric",
            "high",
            "95 % interval (docs/method.md); null where there is none.",
        ),
        "gate": ("Check", "bound", "The comparison as it was made, in figures: "),
        "doctor": ("Holding", "where", "Path below the workspace, or the table of the ledger."),
        "policy": ("Rule", "metric", "What is measured."),
    }
    part, field, words = told[document]
    assert schema["$defs"][part]["properties"][field]["description"].startswith(words)


def test_what_a_real_line_leaves_behind_validates(line: Line) -> None:
    validate(
        "audit", json.loads((line.workspace / "runs" / line.run_id / "audit.json").read_text())
    )
    validate("report", json.loads((line.report / "report.json").read_text()))
    bundle = json.loads((line.report / "attestation.json").read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    validate("attestation", statement["predicate"])
    assert {one["name"]: one["count"] > 0 for one in statement["predicate"]["data"]["sets"]} == {
        "forget": True,
        "retain": True,
        "holdout": True,
    }
    assert statement["predicate"]["materials"]
    assert statement["predicate"]["outOfScope"]["unreadRecords"] is not None


def test_a_figure_that_is_no_finite_number_validates_as_it_is_stored() -> None:
    audit = sample.audit(sample.manifest())
    odd = audit.records[0].model_copy(update={"probability": math.nan, "truth_ratio": math.inf})
    stored = json.loads(audit.model_copy(update={"records": (odd,)}).model_dump_json())
    assert stored["records"][0]["probability"] == "NaN"
    validate("audit", stored)


def test_a_document_of_an_earlier_version_validates_as_it_loads() -> None:
    """Fields that were added since have defaults, and may be missing."""
    earlier = an_audit()
    del earlier["differences"]
    for record in earlier["records"]:
        del record["membership"], record["generated"]
    AuditResult.model_validate(earlier)
    validate("audit", earlier)


DAMAGE: dict[str, Callable[[Document], object]] = {
    "a field is missing": lambda one: one.pop("seed"),
    "a figure's n is missing": lambda one: one["measurements"][0].pop("n"),
    "a field too many": lambda one: one.update(text="a record's text"),
    "a field too many in a record": lambda one: one["records"][0].update(text="a record's text"),
    "a number is a word": lambda one: one["records"][0].update(probability="high"),
    "a count is no whole number": lambda one: one["measurements"][0].update(n=1.5),
    "an unknown split": lambda one: one["measurements"][0].update(split="training"),
    "an unknown model": lambda one: one["models"].update(teacher="d" * 64),
    "figures are no list": lambda one: one.update(measurements={}),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_what_is_no_audit_does_not_validate(damage: Callable[[Document], object]) -> None:
    document = an_audit()
    validate("audit", document)
    damage(document)
    with pytest.raises(ValidationError):
        validate("audit", document)


def test_the_audit_command_prints_the_document_that_the_schema_command_describes(
    line: Line, tmp_path: Path
) -> None:
    said = unlearnkit("audit", line.model, "--json", "--workspace", line.copy(tmp_path / "work"))
    stored = (line.workspace / "runs" / line.run_id / "audit.json").read_text()
    assert said.stdout == stored
    schema = unlearnkit("schema", "audit").json
    Draft202012Validator(schema).validate(said.json)


def test_the_gate_prints_the_document_that_its_schema_describes(line: Line, tmp_path: Path) -> None:
    place = ("--json", "--workspace", line.copy(tmp_path / "work"))
    said = unlearnkit("gate", line.model, *place)
    validate("gate", said.json)
    with pytest.raises(ValidationError):
        validate("gate", said.json | {"verdict": {"outcome": "perhaps"}})


@pytest.mark.parametrize("document", NAMES)
def test_the_schema_command_prints_the_shipped_file(document: str) -> None:
    assert unlearnkit("schema", document).stdout == shipped(document)
    assert unlearnkit("schema", document, "--json").stdout == shipped(document)
