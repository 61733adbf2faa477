from unlearnkit.report.facts import Report
from unlearnkit.report.statement import build_statement


def test_a_statement_names_report_and_model_files_by_digest(report: Report) -> None:
    statement = build_statement(report, {"report.json": "a" * 64}, {"model.safetensors": "b" * 64})
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://unlearnkit.dev/attestation/unlearning/v0.2"
    assert statement["subject"] == [
        {"name": "model/model.safetensors", "digest": {"sha256": "b" * 64}},
        {"name": "report.json", "digest": {"sha256": "a" * 64}},
    ]
