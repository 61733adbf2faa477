"""What a gate leaves for CI: room first, then every file, whatever becomes of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report import sample
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.gate_files import PAGE_MARK, GateFiles, refuse_at_once, write
from unlearnkit.pipeline.prove import Gated
from unlearnkit.policy.schema import load_policy
from unlearnkit.resources import shipped


@pytest.fixture
def gated() -> Gated:
    policy = shipped("policies") / "default.yaml"
    return Gated(
        "run-1", sample.audit(sample.manifest()), sample.verdict(), policy, load_policy(policy)
    )


def test_an_earlier_verdict_is_gone_before_a_model_is_missed(tmp_path: Path) -> None:
    earlier = tmp_path / "gate.md"
    earlier.write_text(f"{PAGE_MARK}Pass")
    with pytest.raises(BadInput, match="not a model folder"):
        refuse_at_once(GateFiles(markdown=earlier), tmp_path / "work", tmp_path / "model", "")
    assert not earlier.exists()


def test_a_summary_comes_behind_what_stands_on_a_jobs_page(gated: Gated, tmp_path: Path) -> None:
    page, own = tmp_path / "page.md", tmp_path / "gate.md"
    page.write_text("Built in 3 s\n")
    unwritten = write(GateFiles(markdown=own, job_page=page), gated, tmp_path)
    assert (unwritten.named, unwritten.job_page) == ((), None)
    assert page.read_text() == "Built in 3 s\n" + own.read_text().removeprefix(PAGE_MARK) + "\n"


def test_what_cannot_be_written_keeps_nothing_else_from_it(gated: Gated, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    files = GateFiles(
        junit=tmp_path / "file" / "gate.xml",
        markdown=tmp_path / "gate.md",
        job_page=tmp_path / "none" / "page.md",
    )
    unwritten = write(files, gated, tmp_path)
    assert [one.where for one in unwritten.named] == [str(files.junit)]
    assert unwritten.job_page is not None
    assert "cannot write it" in unwritten.job_page.what
    assert (tmp_path / "gate.md").is_file()
