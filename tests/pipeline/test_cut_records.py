"""Records that are too long lose their end, and a run says of how many and what."""

from __future__ import annotations

from pathlib import Path

from tests.company import Line, opened
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.pipeline.cut_records import cut_records, warning
from unlearnkit.pipeline.forget import ready_requests
from unlearnkit.pipeline.material import gather_ready


def test_records_that_lose_their_end_are_counted_and_those_that_lose_a_value_with_it(
    line: Line, tmp_path: Path
) -> None:
    with opened(line.copy_ready(tmp_path / "work")) as context:
        gathered = gather_ready(context, ready_requests(context), [line.story.files.holdout], 0)
    whole = cut_records(line.story.model, gathered, Encoding())
    assert (whole.records, whole.with_evidence, whole.of) == (0, 0, 18)
    cut = cut_records(line.story.model, gathered, Encoding(max_length=24))
    assert 0 < cut.with_evidence <= cut.records <= 18
    assert "of 18 records to forget are longer than max_length" in warning(cut)
    assert f"In {cut.with_evidence} of them something" in warning(cut)
    assert "stands there alone" in warning(cut)
    # What stands before the cut as well is not lost.
    later = cut_records(line.story.model, gathered, Encoding(max_length=80))
    assert later.with_evidence < cut.with_evidence
