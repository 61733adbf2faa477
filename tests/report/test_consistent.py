"""A report that contradicts itself does not hold, whoever signed it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.report import sample
from tests.report.conftest import make_keys, true_verdict, write_sample
from unlearnkit.domain import RecordSet
from unlearnkit.errors import VerificationFailed
from unlearnkit.report.consistent import consistent
from unlearnkit.report.facts import build_report
from unlearnkit.report.verifying import verify_report

RUN = sample.manifest()
REPORT = build_report(RUN, sample.audit(RUN), true_verdict(), sample.requests(), created=sample.NOW)
AGREEING = REPORT.model_copy(
    update={
        "sets": tuple(
            RecordSet(name=name, count=count, keyed_digest="0" * 64)
            for name, count in (
                ("forget", REPORT.forget_count),
                ("retain", REPORT.retain_count),
                ("holdout", 27),
            )
        ),
        "settings": REPORT.settings | {"objective": REPORT.objective},
    }
)


def test_what_agrees_holds() -> None:
    assert consistent(AGREEING).ok
    assert consistent(AGREEING).detail == "sets, counts and objective"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"retain_count": 100_000}, "has 100000 records to retain, its sets have"),
        ({"forget_count": REPORT.forget_count - 1}, "records to forget, its sets have"),
        ({"objective": "retrained-from-scratch"}, "'retrained-from-scratch', its settings"),
        ({"sets": (), "forget_count": 1}, "has 1 record to forget, its requests have"),
        ({"sets": (), "forget_count": 10_000}, "has 10000 records to forget, its requests have"),
    ],
)
def test_what_it_says_twice_is_the_same(changed: dict[str, Any], told: str) -> None:
    found = consistent(AGREEING.model_copy(update=changed))
    assert not found.ok
    assert told in found.detail


def test_an_earlier_report_that_says_it_once_holds() -> None:
    settings = {name: one for name, one in REPORT.settings.items() if name != "objective"}
    assert consistent(REPORT.model_copy(update={"sets": (), "settings": settings})).ok


def test_one_that_contradicts_itself_does_not_verify_though_the_key_signed_it(
    tmp_path: Path,
) -> None:
    keys, model = make_keys(tmp_path), sample.model_folder(tmp_path / "model")
    changed = sample.manifest(model).model_copy(
        update={"settings": RUN.settings | {"objective": "rklu"}, "objective": "from-scratch"}
    )
    write_sample(tmp_path / "report", model, keys, run=changed)
    with pytest.raises(VerificationFailed, match="objective 'from-scratch', its settings 'rklu'"):
        verify_report(tmp_path / "report", keys.public)
