"""A review's decisions out of a file, and what a closed request shows; on a line that was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Line, opened
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.review import export, matched_records, reviewed, sheet, take_in


def test_a_file_that_is_filled_in_decides(line: Line, tmp_path: Path) -> None:
    file, request_id = tmp_path / "sheet.csv", next(iter(line.story.truth))
    with opened(line.copy_ready(tmp_path / "work")) as context:
        before = sheet(context, context.ledger.request(request_id))
        export(context, before, file)
        same = reviewed(before, take_in(context, before, file))
        assert (same.decided, same.changed) == (0, 0)
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(",accept,", ",reject,", 1), encoding="utf-8")
        after = take_in(context, before, file)
        assert reviewed(before, after).changed == 1
        assert after.made[-1].by == context.actor
        with pytest.raises(BadInput, match="the workspace's own"):
            export(context, after, context.workspace.reviews_dir / "sheet.csv")


def test_the_records_of_a_closed_request_are_not_shown(line: Line, tmp_path: Path) -> None:
    with opened(line.copy(tmp_path / "work")) as context:
        closed = sheet(context, context.ledger.request(next(iter(line.story.truth))))
        with pytest.raises(BadInput, match="is completed: its records are not searched for"):
            matched_records(context, closed)
