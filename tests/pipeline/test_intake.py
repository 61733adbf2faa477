"""Requests are taken in from files and from what is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.company import Line, opened
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.workspace import Workspace


def test_all_files_of_requests_are_taken_or_none(line: Line, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with opened(Workspace.create(tmp_path / "work").root) as context:
        with pytest.raises(BadInput):
            import_requests(context, [*line.story.files.requests, broken])
        assert context.ledger.requests() == []
        taken = import_requests(context, line.story.files.requests)
        assert [new for _, new in taken] == [True, True]
        again = import_requests(context, line.story.files.requests)
        assert [new for _, new in again] == [False, False]
