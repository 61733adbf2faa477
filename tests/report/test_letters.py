from pathlib import Path

import pytest

from tests.report import sample
from tests.report.conftest import report_with
from unlearnkit.domain import Outcome
from unlearnkit.errors import BadInput
from unlearnkit.report.facts import Report
from unlearnkit.report.letters import write_letter

GDPR, _, CCPA = sample.REQUESTS


def test_a_letter_tells_counts_dates_law_and_limits(report: Report, tmp_path: Path) -> None:
    path = write_letter(tmp_path, report, GDPR)
    assert path == tmp_path / "letters" / f"{GDPR}.md"
    text = path.read_text()
    for part in ("11 records", "15 November 2026", "Article 17", *report.out_of_scope):
        assert part in text
    assert "California" in write_letter(tmp_path, report, CCPA).read_text()


def test_a_letter_holds_no_pseudonym_and_no_other_request(report: Report, tmp_path: Path) -> None:
    text = write_letter(tmp_path, report, GDPR).read_text()
    assert not any(one.pseudonym[:8] in text for one in report.requests)
    assert CCPA not in text
    assert "&#39;" not in text


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.CANNOT_TELL])
def test_a_letter_claims_nothing_where_the_policy_did_not_pass(
    outcome: Outcome, tmp_path: Path
) -> None:
    text = write_letter(tmp_path, report_with(outcome), GDPR).read_text()
    assert "met every" not in text
    assert "We do not regard your request as finished" in " ".join(text.split())


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "unknown"])
def test_an_unknown_request_gets_no_letter(report: Report, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        write_letter(tmp_path, report, name)
    assert list(tmp_path.iterdir()) == []
