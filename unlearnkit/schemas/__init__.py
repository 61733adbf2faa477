"""JSON Schemas (draft 2020-12) of what other programs read or a person writes.

Read: audit, report, attestation, what gate and doctor answer. Written: a gate policy, for an
editor's completion.

The files beside this one are made from the models by `python -m unlearnkit.schemas`, and a test
holds them to the models. They say what a document of this version may hold; documents of earlier
versions lack some fields that have defaults, which is allowed too.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from unlearnkit.domain import Artefact, AuditResult, Checkup, GateAnswer
from unlearnkit.report.facts import Report
from unlearnkit.report.predicate import Predicate
from unlearnkit.schemas.policy import policy_schema

DOCUMENTS: dict[str, type[Artefact]] = {
    "audit": AuditResult,
    "report": Report,
    "attestation": Predicate,
    "gate": GateAnswer,
    "doctor": Checkup,
}
"""What the package writes; `policy` is what it reads."""
NAMES = (*DOCUMENTS, "policy")
NAMESPACE = "https://unlearnkit.dev/schemas/"
"""Part of each schema's name, like the attestation's predicate type; nothing is fetched there."""
WORDS = ("NaN", "Infinity", "-Infinity")
"""How `Artefact` stores what is no finite number."""


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with the words for what is no number, and without titles of fields."""

    def float_schema(self, schema: Any) -> dict[str, Any]:
        if schema.get("allow_inf_nan") is False:
            return super().float_schema(schema)
        return {"anyOf": [super().float_schema(schema), {"enum": list(WORDS)}]}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def file_name(document: str) -> str:
    """The name of a document's schema file."""
    return f"{document}.schema.json"


def shipped(document: str) -> str:
    """The schema's text as it is in the package. Raises FileNotFoundError for another name."""
    return (resources.files(__name__) / file_name(document)).read_text(encoding="utf-8")


def generated(document: str) -> str:
    """The schema's text as the model makes it now. Raises KeyError for another name."""
    if document == "policy":
        made = policy_schema()
    else:
        made = DOCUMENTS[document].model_json_schema(
            schema_generator=_Generator, mode="serialization"
        )
    named = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": NAMESPACE + file_name(document),
        "title": f"unlearnkit {document}",
    }
    return json.dumps(named | {k: v for k, v in made.items() if k not in named}, indent=2) + "\n"
