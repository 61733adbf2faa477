"""What personal data is held is listed with its reason, and what should not be there stands out."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.company import opened
from tests.forgotten import SPELLINGS, forgotten, ready
from tests.report.sample import manifest
from unlearnkit.artefacts import folder_digests, save, write_atomic
from unlearnkit.corpus.index import open_index
from unlearnkit.corpus.plain_index import PLAIN_FILE
from unlearnkit.domain import EventKind, Health, HeldAs, Holding, RequestState
from unlearnkit.encrypted import read_encrypted, write_encrypted
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.closing import complete, reject
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import index_corpus
from unlearnkit.pipeline.held_proof import RECORD
from unlearnkit.pipeline.holdings import holdings
from unlearnkit.pipeline.runs import Claim, Run
from unlearnkit.workspace import Workspace


def held(context: Context) -> dict[str, Holding]:
    """What is held, by where."""
    return {one.where: one for one in holdings(context.workspace, context.ledger)}


def only_request(context: Context) -> str:
    [request] = context.ledger.requests()
    return request.id


def an_unfinished_run(context: Context, requests: tuple[str, ...]) -> Run:
    """A run as a killed process leaves it: figures, and states that its key opens."""
    run = Run(context.workspace.runs_dir / "run-0123456789ab")
    save(run.claim_file, Claim(out="model", requests=requests))
    write_encrypted(run.work / "original-forget.states", b"k" * 32, b"states")
    (run.work / "start.json").write_text("{}")
    return run


def test_an_open_request_holds_its_identifiers_and_what_was_located(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        request_id = only_request(context)
        found = held(context)
        assert found["ledger: vault"].held_as is HeldAs.ENCRYPTED
        assert found["ledger: vault"].requests == (request_id,)
        assert found["ledger: vault"].since == context.ledger.requests()[0].received
        assert found[f"located/{request_id}.json"].held_as is HeldAs.IDS
        assert found["index"].held_as is HeldAs.HASHES
        assert {one.health for one in found.values()} == {Health.OK}


def test_of_a_completed_one_hashes_stay(tmp_path: Path) -> None:
    with opened(forgotten(tmp_path)) as context:
        found = held(context)
        assert set(found) == {"ledger: do_not_train", RECORD, "index"}
        kept = found["ledger: do_not_train"]
        assert kept.requests == (only_request(context),)
        assert kept.count == len(context.ledger.do_not_train()) > 2
        assert kept.since is not None


def test_of_a_rejected_one_its_record_stays(tmp_path: Path) -> None:
    """A keyed pseudonym is about a person too, and is said to be there."""
    with opened(ready(tmp_path)) as context:
        reject(context, only_request(context), "a duplicate")
        found = held(context)
        assert set(found) == {RECORD, "index"}
        assert found[RECORD].held_as is HeldAs.HASHES
        assert found[RECORD].requests == (only_request(context),)


def test_identifiers_of_a_closed_request_are_a_problem(tmp_path: Path) -> None:
    """As when somebody put an old row back."""
    workspace = forgotten(tmp_path)
    with sqlite3.connect(workspace / "ledger.db") as database:
        database.execute("INSERT INTO vault SELECT id, x'00', x'00', x'00' FROM requests")
    database.close()
    with opened(workspace) as context:
        assert held(context)["ledger: vault"].health is Health.PROBLEM


def test_an_unfinished_run_is_held_for_its_requests_and_is_encrypted(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        request_id = only_request(context)
        an_unfinished_run(context, (request_id,))
        found = held(context)["runs/run-0123456789ab"]
        assert (found.held_as, found.health) == (HeldAs.ENCRYPTED, Health.OK)
        assert (found.requests, found.count) == ((request_id,), 2)


def test_a_plain_file_of_a_run_stands_out(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        run = an_unfinished_run(context, (only_request(context),))
        (run.work / "model.safetensors").write_bytes(b"weights")
        found = held(context)["runs/run-0123456789ab"]
        assert (found.held_as, found.health) == (HeldAs.PLAIN, Health.WARN)
        assert "run the same command again" in found.fix


@pytest.mark.parametrize("owners", [(), ("0" * 8,)])
def test_a_run_of_nobody_is_a_problem(tmp_path: Path, owners: tuple[str, ...]) -> None:
    with opened(ready(tmp_path)) as context:
        run = an_unfinished_run(context, owners)
        found = held(context)["runs/run-0123456789ab"]
        assert found.health is Health.PROBLEM
        assert found.fix == f"rm -r {run.folder}"


def test_a_run_of_a_closed_request_is_a_problem(tmp_path: Path) -> None:
    """As when the machine went down between closing and deleting."""
    with opened(forgotten(tmp_path)) as context:
        an_unfinished_run(context, (only_request(context),))
        assert held(context)["runs/run-0123456789ab"].health is Health.PROBLEM


def test_files_about_requests_that_are_closed_or_unknown_stand_out(tmp_path: Path) -> None:
    with opened(forgotten(tmp_path)) as context:
        located = context.workspace.located_dir
        for name in (only_request(context), "nobody"):
            (located / f"{name}.json").write_text("{}")
        found = held(context)
        assert found[f"located/{only_request(context)}.json"].health is Health.WARN
        assert found["located/nobody.json"].fix == f"rm -r {located / 'nobody.json'}"


def test_what_a_killed_write_left_and_what_is_the_users_own_are_told_apart(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        root = context.workspace.root
        (root / "located" / ".a.json.k2j_x8ab").write_text("half")
        (root / "records").mkdir()
        (root / "records" / "all.jsonl").write_text("Zoltana Quibbleworth")
        found = held(context)
        assert found["located/.a.json.k2j_x8ab"].health is Health.WARN
        assert found["records"].health is Health.OK
        assert found["records"].why == "yours; it was not looked into"


def test_a_users_own_file_is_never_one_to_delete(tmp_path: Path) -> None:
    """Though it is named as a temporary file is."""
    with opened(ready(tmp_path)) as context:
        root = context.workspace.root
        for folder in (root, root / "notes", root / "policies", root / "templates"):
            folder.mkdir(exist_ok=True)
            (folder / ".env.template").write_text("mine")
        (root / ".unlearnkit.yaml.k2j_x8ab").write_text("half")
        found = held(context)
        assert found[".env.template"].why == "yours; it was not looked into"
        assert found[".unlearnkit.yaml.k2j_x8ab"].fix.startswith("rm -r ")
        assert [one.where for one in found.values() if one.fix] == [".unlearnkit.yaml.k2j_x8ab"]


@pytest.mark.parametrize("name", ["manifest.json", "output.json"])
def test_a_run_that_cannot_be_read_is_a_problem_and_hides_no_other(
    tmp_path: Path, name: str
) -> None:
    with opened(ready(tmp_path)) as context:
        an_unfinished_run(context, (only_request(context),))
        a_broken_run(context, name)
        found = held(context)
        assert found["runs/run-broken"].health is Health.PROBLEM
        assert "rm" not in found["runs/run-broken"].fix.split()
        assert {"runs/run-0123456789ab", "ledger: vault"} <= set(found)


def test_what_a_broken_run_may_be_measured_by_is_not_to_be_deleted(tmp_path: Path) -> None:
    with opened(forgotten(tmp_path)) as context:
        located = context.workspace.located_dir / f"{only_request(context)}.json"
        located.write_text("{}")
        a_broken_run(context, "manifest.json")
        assert held(context)[f"located/{located.name}"].fix == ""


def test_it_names_nobody_and_changes_nothing(tmp_path: Path) -> None:
    workspace = ready(tmp_path)
    with opened(workspace) as context:
        an_unfinished_run(context, (only_request(context),))
        before = folder_digests(workspace)
        told = repr([one.model_dump() for one in held(context).values()]).lower()
        assert folder_digests(workspace) == before
    assert not [one for one in SPELLINGS if one in told]


def test_a_new_workspace_holds_nothing(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path / "work").root) as context:
        assert held(context) == {}


def test_an_index_in_plain_stands_out_until_a_request_is_closed(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        folder = context.workspace.index_dir
        places = open_index(folder, context.workspace.pseudonym_key).info.corpus_paths
        index_corpus(context, places, plain=True)
        found = held(context)[f"index/{PLAIN_FILE}"]
        assert (found.held_as, found.health) == (HeldAs.PLAIN, Health.WARN)
        assert held(context)["index"].held_as is HeldAs.HASHES
        assert context.ledger.events_of(EventKind.INDEXED)[0].payload["plain"] is True
        complete(context, [only_request(context)])
        assert not (folder / PLAIN_FILE).exists()


def test_the_next_index_leaves_none_in_plain(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        folder = context.workspace.index_dir
        places = open_index(folder, context.workspace.pseudonym_key).info.corpus_paths
        index_corpus(context, places, plain=True)
        index_corpus(context, places)
        assert not (folder / PLAIN_FILE).exists()
        assert "plain" not in context.ledger.events_of(EventKind.INDEXED)[0].payload


def test_closing_deletes_the_runs_that_can_never_go_on_and_no_others(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        run = an_unfinished_run(context, (only_request(context),))
        other = Run(context.workspace.runs_dir / "run-another")
        save(other.claim_file, Claim(out="model", requests=("00000009",)))
        complete(context, [only_request(context)])
        assert not run.folder.exists()
        assert other.folder.exists()


def test_what_a_killed_closing_left_goes_with_the_next_report(tmp_path: Path) -> None:
    with opened(forgotten(tmp_path)) as context:
        run = an_unfinished_run(context, (only_request(context),))
        complete(context, [])
        assert not run.folder.exists()


def test_a_run_of_an_earlier_release_which_did_not_say_whose_it_is_goes_too(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        run = an_unfinished_run(context, ())
        (run.work / "original-forget.npy").write_bytes(b"states")
        reject(context, only_request(context), "a duplicate")
        assert not run.folder.exists()


def a_broken_run(context: Context, name: str) -> Run:
    """Another run, one file of which cannot be read."""
    run = Run(context.workspace.runs_dir / "run-broken")
    run.folder.mkdir(parents=True)
    (run.folder / name).write_text("{")
    return run


def test_a_claim_that_cannot_be_read_stops_no_closing_and_is_told(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        run, broken = (
            an_unfinished_run(context, (only_request(context),)),
            a_broken_run(context, "output.json"),
        )
        moved, [told] = reject(context, only_request(context), "a duplicate")
        assert moved.state is RequestState.REJECTED
        assert told.startswith("run-broken cannot be read (not a Claim")
        assert not run.folder.exists()
        assert broken.folder.exists()
        assert not list(context.workspace.located_dir.iterdir())


def test_by_a_manifest_that_cannot_be_read_anybody_may_be_measured(tmp_path: Path) -> None:
    with opened(ready(tmp_path)) as context:
        a_broken_run(context, "manifest.json")
        run, request_id = (
            an_unfinished_run(context, (only_request(context),)),
            only_request(context),
        )
        [told] = complete(context, [request_id])
        assert told.startswith("run-broken cannot be read (not a RunManifest")
        assert not run.folder.exists()
        located = context.workspace.located_dir / f"{request_id}.json"
        assert located.is_file()
        (context.workspace.runs_dir / "run-broken" / "manifest.json").unlink()
        assert complete(context, []) == ()
        assert not located.exists()


def test_a_thief_with_an_earlier_copy_of_the_run_and_the_keys_reads_nothing_after_the_closing(
    tmp_path: Path,
) -> None:
    """The run's key is made of data keys that the ledger has erased; an earlier ledger has them."""
    workspace, stolen, earlier = ready(tmp_path), tmp_path / "stolen", tmp_path / "earlier"
    with opened(workspace) as context:
        request_id = only_request(context)
        run = an_unfinished_run(context, (request_id,))
        assert key_of(context, request_id, run.id) != key_of(context, request_id, "run-other")
        write_encrypted(run.work / "other.states", key_of(context, request_id, run.id), b"words")
    shutil.copytree(run.work, stolen)
    shutil.copytree(workspace, earlier)
    with opened(workspace) as context:
        complete(context, [request_id])
        with pytest.raises(BadInput, match="no longer in the vault"):
            key_of(context, request_id, run.id)
    with opened(earlier) as context:  # as docs/personal-data.md warns
        key = key_of(context, request_id, run.id)
    assert read_encrypted(stolen / "other.states", key) == b"words"


def key_of(context: Context, request_id: str, run_id: str) -> bytes:
    return context.ledger.run_key([request_id], context.workspace.vault_key, run_id)


def test_a_run_of_another_ledger_is_not_to_be_deleted_before_that_is_checked(
    tmp_path: Path,
) -> None:
    """As when the ledger was replaced: the run is still the proof of what was forgotten."""
    with opened(Workspace.create(tmp_path / "work").root) as context:
        made = manifest()
        run = Run(context.workspace.runs_dir / "run-elsewhere")
        save(run.manifest_file, made)
        located = context.workspace.located_dir / f"{made.requests[0]}.json"
        write_atomic(located, b"{}")
        found = held(context)
        of_run = found["runs/run-elsewhere"]
        assert of_run.health is Health.WARN
        assert "unlearnkit ledger verify" in of_run.fix
        assert not [one for one in found.values() if one.fix.startswith("rm")]


def test_probes_that_cannot_be_read_hide_no_run(tmp_path: Path) -> None:
    with opened(Workspace.create(tmp_path / "work").root) as context:
        run = Run(context.workspace.runs_dir / "run-elsewhere")
        save(run.manifest_file, manifest())
        run.probes_file.write_text("{")
        found = held(context)
        assert found[f"runs/{run.id}/probes.json"].health is Health.PROBLEM
        assert f"runs/{run.id}" in found
