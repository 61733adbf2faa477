"""The in-toto Statement v1 that is signed: what it is about, by digest, and what is claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unlearnkit.report.facts import Report
from unlearnkit.report.predicate import PREDICATE_TYPE, predicate

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
MODEL_PREFIX = "model/"


def build_statement(
    report: Report, files: Mapping[str, str], model_files: Mapping[str, str]
) -> dict[str, Any]:
    """The Statement over a report's files and the unlearned model's files (name -> hex SHA-256).

    in-toto attestation framework, spec v1, "Statement layer": subjects are matched by digest; the
    model's files are named model/<path inside the model folder>, those of an adapter's base
    model/base//<path inside the base's folder>.
    """
    named = dict(files) | {MODEL_PREFIX + path: digest for path, digest in model_files.items()}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": digest}} for name, digest in sorted(named.items())
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate(report),
    }
