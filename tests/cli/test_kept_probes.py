"""`gate --probes`: asked for what was erased, when nothing of it is there any more."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.test_leaks import leaks
from tests.company import Line, unlearnkit
from unlearnkit.artefacts import load, save
from unlearnkit.audit.kept_probes import fingerprint
from unlearnkit.corpus.nlp import CUSTOMER
from unlearnkit.domain import KeptProbe, KeptProbes
from unlearnkit.pseudonym import keyed_hash
from unlearnkit.workspace import Workspace


def gated(model: Path, workspace: Path) -> tuple[int, dict[str, float]]:
    said = unlearnkit("gate", model, "--probes", "--workspace", workspace, "--json")
    checks = said.json["verdict"]["checks"]
    return said.exit_code, {one["rule"]: one["observed"] for one in checks}


def ask_for_numbers(line: Line, workspace: Path) -> None:
    """Put probes in the run for the customer numbers of those who asked, behind their own words.

    What `keep` leaves of ten customers' records finds too little to rely on (docs/benchmarks.md).
    What is asked here is whether the gate hears a value when a model says it.
    """
    key = Workspace.open(workspace).pseudonym_key
    records = {one.id: one.record for one in line.story.company.records}
    probes = []
    for who, (request_id, ids) in zip(
        line.story.company.asking, line.story.truth.items(), strict=True
    ):
        value = keyed_hash(key, f"probe:{CUSTOMER}", fingerprint(CUSTOMER, who.number))
        for record in (records[one] for one in ids):
            before = record.text.partition(who.number)[0].strip()
            if who.number in record.text and before:
                probes.append(
                    KeptProbe(
                        request_ids=(request_id,),
                        entity=CUSTOMER,
                        prompt=record.prompt,
                        before=before,
                        length=32,
                        value=value,
                        others=(),
                    )
                )
    file = workspace / "runs" / line.run_id / "probes.json"
    save(file, load(file, KeptProbes).model_copy(update={"probes": tuple(probes)}))


def test_a_model_that_recites_fails_and_one_that_never_saw_passes(
    line: Line, finished: Path
) -> None:
    ask_for_numbers(line, finished)
    # What CI has: the workspace. Index, reviews and what was located are gone with the records.
    for name in ("index", "located", "reviews"):
        shutil.rmtree(finished / name)
    code, found = gated(line.story.model, finished)
    assert code == 1
    assert found["says-nothing-erased"] > 0
    for model in (line.story.reference, line.model):
        code, found = gated(model, finished)
        assert (code, found["says-nothing-erased"]) == (0, 0.0)


def test_what_an_audit_keeps_is_asked_and_never_heard_from_a_stranger(
    line: Line, finished: Path
) -> None:
    kept = load(finished / "runs" / line.run_id / "probes.json", KeptProbes)
    assert 0 < len(kept.probes) < kept.values
    assert gated(line.story.reference, finished) == (
        0,
        {
            "says-nothing-erased": 0.0,
            "probes-are-silent-by-chance": 0.0,
            "something-of-every-request-is-asked": 0.0,
        },
    )


def test_nothing_kept_names_anybody(line: Line) -> None:
    kept = line.workspace / "runs" / line.run_id
    assert (kept / "probes.json").is_file()
    assert leaks(kept, line.story.spellings()) == {}


def test_where_nothing_is_kept_it_is_said(line: Line, finished: Path) -> None:
    (finished / "runs" / line.run_id / "probes.json").unlink()
    said = unlearnkit("gate", line.model, "--probes", "--workspace", finished)
    assert said.exit_code == 2
    assert "no probe was kept" in said.stderr


def test_what_it_would_not_heed_is_refused(line: Line, finished: Path) -> None:
    for option in (("--attacks", "pruning"), ("--run", line.run_id), ("--reference", line.model)):
        said = unlearnkit("gate", line.model, "--probes", *option, "--workspace", finished)
        assert said.exit_code == 2
        assert "Leave out --run, --reference and --attacks" in said.stderr


def test_only_what_is_completed_is_asked_for(line: Line, tmp_path: Path) -> None:
    open_yet = line.copy_ready(tmp_path / "open", with_run=True)
    said = unlearnkit("gate", line.model, "--probes", "--workspace", open_yet)
    assert said.exit_code == 2
    assert "no probe was kept for a completed request" in said.stderr
