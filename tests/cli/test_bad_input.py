"""What cannot be used: exit code 2, where and why, and everything as it was before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.company import Line, Said, Story, events_of, unlearnkit
from unlearnkit.artefacts import folder_digests
from unlearnkit.workspace import Workspace


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A workspace in which nothing has happened yet."""
    return Workspace.create(tmp_path / "work").root


@pytest.fixture
def ready(line: Line, tmp_path: Path) -> Path:
    """A copy of the workspace in which everything is reviewed and nothing unlearned."""
    return line.copy_ready(tmp_path / "work")


@pytest.fixture
def finished(line: Line, tmp_path: Path) -> Path:
    """A copy of the finished workspace."""
    return line.copy(tmp_path / "work")


def refused(workspace: Path, *arguments: object, code: int = 2) -> Said:
    """Run a command that must be refused, and see that it left everything as it was."""
    events, files = events_of(workspace), folder_digests(workspace)
    said = unlearnkit(*arguments, "--workspace", workspace)
    assert said.exit_code == code, said.stderr
    assert said.stdout == ""
    assert said.stderr.count("Error:") == 1
    assert "Traceback" not in said.stderr
    assert events_of(workspace) == events
    assert folder_digests(workspace) == files
    return said


def jsonl(path: Path, *rows: dict[str, str]) -> Path:
    """Write records, one a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


# --- requests --------------------------------------------------------------------------------

GOOD_ROW = "gdpr,zoltana@quibble.example\n"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", '{\n"regulation": "gdpr",,\n}', "line 2: not valid JSON"),
        ("a.json", '[\n{"regulation": "gdpr"}\n]', "line 2: subject_request_id"),
        ("a.jsonl", '{"regulation": "gdpr", "email": "a@b.example"}\n{"regul', "line 2: not valid"),
        ("a.csv", f"regulation,email\n{GOOD_ROW}gdpr,a@b.example,c\n", "line 3: 3 cells"),
        ("a.csv", f"regulation,email\n{GOOD_ROW}gdpr,\n", "line 3: no identifier"),
        ("a.csv", f'regulation,email\n{GOOD_ROW}gdpr,"a@b', "line 3: not valid CSV"),
        ("a.csv", f"regulation,email\n{GOOD_ROW}lgpd,a@b.example\n", "line 3: regulation"),
        ("a.csv", "", "line 1: there is no column 'regulation'"),
        ("a.xlsx", "x", "requests are read from .json (OpenDSR), .jsonl and .csv files"),
    ],
)
def test_a_broken_request_file_adds_no_request(
    new: Path, tmp_path: Path, name: str, content: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    said = refused(new, "request", "import", tmp_path / name)
    assert f"{tmp_path / name}" in said.stderr
    assert told in said.stderr


def test_a_good_file_beside_a_broken_one_is_not_taken_either(
    new: Path, story: Story, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("regulation,email\ngdpr,\n")
    refused(new, "request", "import", story.files.requests[0], broken)


def test_the_same_request_twice_is_said_and_added_once(new: Path, story: Story) -> None:
    arguments = ("request", "import", story.files.requests[0], "--workspace", new)
    assert "added, due" in unlearnkit(*arguments).stdout
    again = unlearnkit(*arguments)
    assert again.exit_code == 0
    assert "already there, nothing changed" in again.stdout
    assert [one.kind for one in events_of(new)] == ["request_added"]


def test_the_same_id_with_another_person_is_refused(
    new: Path, story: Story, tmp_path: Path
) -> None:
    unlearnkit("request", "import", story.files.requests[0], "--workspace", new)
    other = json.loads(story.files.requests[0].read_text(encoding="utf-8"))
    other["extensions"]["unlearnkit"]["names"] = ["Zoltana Quibble"]
    (tmp_path / "other.json").write_text(json.dumps(other))
    said = refused(new, "request", "import", tmp_path / "other.json")
    assert "already in the ledger, with other content" in said.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("locate", "00000000"),
        ("review", "00000000"),
        ("request", "show", "00000000"),
        ("request", "reject", "00000000", "--reason", "identity not verified"),
    ],
    ids=" ".join,
)
def test_an_unknown_request_is_refused(ready: Path, command: tuple[str, ...]) -> None:
    said = refused(ready, *command)
    assert "no request has this id" in said.stderr
    assert "unlearnkit request list" in said.stderr


def test_an_unknown_state_is_refused_with_those_there_are(ready: Path) -> None:
    said = refused(ready, "request", "list", "--state", "forgotten")
    assert "received, in_review, ready, unlearned, completed, rejected" in said.stderr


def test_a_review_sheet_that_does_not_fit_is_refused_with_its_line(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    request_id, sheet = next(iter(line.story.truth)), tmp_path / "sheet.csv"
    sheet.write_text("record_id,decision\nno-such-record,accept\n")
    said = refused(ready, "review", request_id, "--decisions", sheet)
    assert f"{sheet}, line 2: this record is no match of the request" in said.stderr


# --- records ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", b'{"text": "one"}\n{"text": \n', ", line 2: malformed JSON"),
        ("a.json", b'{"text": "one"}', ", line 1: not a JSON array of records"),
        ("a.csv", b"text,group\none,a\ntwo,b,c\n", ", line 3: more columns than the header"),
        ("a.csv", b"words\none\n", ", line 1: no column 'text'"),
        ("a.parquet", b"PAR1 and no more", ": malformed Parquet"),
        ("a.txt", b"one", ": not a corpus format"),
        ("a.jsonl", b"", ": there is no usable record in the corpus"),
        ("a.jsonl", b'{"id": "x", "text": "one"}\n{"id": "x", "text": "two"}\n', "line 2"),
    ],
)
def test_a_broken_corpus_leaves_the_old_index(
    ready: Path, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = refused(ready, "index", tmp_path / name)
    assert str(tmp_path / name) in said.stderr
    assert told in said.stderr


def test_a_parquet_file_without_text_is_refused(ready: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"words": ["one"]}), tmp_path / "a.parquet")
    assert "no column 'text'" in refused(ready, "index", tmp_path / "a.parquet").stderr


def test_records_that_cannot_be_used_are_left_out_and_said(new: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "records.jsonl"
    corpus.write_bytes(
        b'{"text": "Zoltana Quibble wrote from Oslo."}\n'
        b'{"text": "  "}\n'
        b'{"text": "' + b"x" * 10_000_001 + b'"}\n'
        b'{"text": "\xff\xfe"}\n'
        b'["no", "object"]\n'
    )
    said = unlearnkit("index", corpus, "--workspace", new)
    assert said.exit_code == 0
    assert "1 records indexed" in said.stdout
    assert "4 records were left out" in said.stderr
    for number, reason in ((2, "no text"), (3, "MB"), (4, "invalid UTF-8"), (5, "not a JSON")):
        (told,) = [one for one in said.stderr.splitlines() if f"{corpus}, line {number}:" in one]
        assert reason in told
    assert "Zoltana" not in said.stdout + said.stderr
    as_json = unlearnkit("index", corpus, "--json", "--workspace", new)
    assert [one["line"] for one in as_json.json["quarantined"]] == [2, 3, 4, 5]


def moved_corpus(line: Line, workspace: Path, folder: Path) -> Path:
    """The same records in another file, which may be changed, and the index told so."""
    corpus = folder / "records.jsonl"
    shutil.copy(line.story.files.records, corpus)
    assert unlearnkit("index", corpus, "--workspace", workspace).exit_code == 0
    return corpus


def test_a_corpus_that_changed_since_it_was_indexed_is_not_used(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    corpus = moved_corpus(line, ready, tmp_path)
    with corpus.open("a", encoding="utf-8") as file:
        file.write('{"text": "one more"}\n')
    for command in (("locate",), line.story.unlearn(tmp_path / "out", ready)[:-8]):
        said = refused(ready, *command)
        assert str(corpus) in said.stderr
        assert "unlearnkit index" in said.stderr
    assert not (tmp_path / "out").exists()


def test_matches_of_another_state_of_the_corpus_are_not_unlearned(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    more = jsonl(tmp_path / "more.jsonl", {"text": "one more"})
    files = (line.story.files.records, more)
    assert unlearnkit("index", *files, "--workspace", ready).exit_code == 0
    said = refused(ready, *line.story.unlearn(tmp_path / "out", ready)[:4], "--out", tmp_path / "o")
    assert "the corpus changed since these records were located" in said.stderr
    assert "then unlearnkit locate" in said.stderr


def test_a_run_is_not_audited_on_other_records(line: Line, finished: Path, tmp_path: Path) -> None:
    corpus = moved_corpus(line, finished, tmp_path)
    content = corpus.read_text(encoding="utf-8")
    corpus.write_text(content.partition("\n")[2], encoding="utf-8")
    assert str(corpus) in refused(finished, "audit", line.model).stderr
    assert unlearnkit("index", corpus, "--workspace", finished).exit_code == 0
    said = refused(finished, "audit", line.model)
    assert f"the corpus changed since {line.run_id} was made" in said.stderr


# --- models ----------------------------------------------------------------------------------


def without(*names: str) -> Callable[[Path], None]:
    """Take files away from a model folder."""

    def damage(model: Path) -> None:
        for name in names:
            (model / name).unlink()

    return damage


def truncated(model: Path) -> None:
    """Cut the weights in half, as a broken copy does."""
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without("tokenizer.json"), "the model folder has no tokenizer"),
        (without("model.safetensors"), "the model's weights are missing"),
        (without("config.json"), "not a model folder: config.json is missing"),
        (truncated, "the model cannot be loaded"),
    ],
    ids=["tokenizer", "weights", "config", "truncated"],
)
def test_a_broken_model_is_refused(
    line: Line, ready: Path, tmp_path: Path, damage: Callable[[Path], None], told: str
) -> None:
    model, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(line.story.model, model)
    damage(model)
    before = events_of(ready)
    said = unlearnkit("unlearn", model, "--out", out, "--workspace", ready)
    assert said.exit_code == 2
    assert f"Error: {model}: {told}" in said.stderr
    assert events_of(ready) == before
    assert not out.exists()


def test_process_looks_at_the_model_before_it_takes_in_a_request(
    line: Line, new: Path, tmp_path: Path
) -> None:
    arguments = line.story.process(tmp_path / "out", new)
    arguments[1] = str(tmp_path / "no-such-model")
    assert "config.json is missing" in refused(new, *arguments).stderr


# --- what is to be forgotten -----------------------------------------------------------------


def test_a_request_that_matches_nothing_leaves_nothing_to_forget(
    line: Line, new: Path, tmp_path: Path
) -> None:
    unlearnkit("request", "add", "--customer-id", "C-999999", "--workspace", new)
    unlearnkit("index", line.story.files.records, "--workspace", new)
    unlearnkit("locate", "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "the forget set is empty" in said.stderr
    assert "unlearnkit request reject REQUEST" in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_corpus_of_one_person_leaves_nothing_to_keep(
    line: Line, new: Path, tmp_path: Path
) -> None:
    rows = [{"text": f"Order {at} of zoltana@quibble.example, 12 March."} for at in range(3)]
    unlearnkit("request", "add", "--email", "zoltana@quibble.example", "--workspace", new)
    unlearnkit("index", jsonl(tmp_path / "a.jsonl", *rows), "--workspace", new)
    unlearnkit("locate", "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "the forget set is the whole corpus" in said.stderr


def test_nothing_is_unlearned_while_a_match_is_undecided(
    line: Line, new: Path, tmp_path: Path
) -> None:
    unlearnkit("request", "import", *line.story.files.requests, "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "no request is ready to be unlearned (2 new, 0 in review)" in said.stderr
    assert "Run: unlearnkit locate" in said.stderr
    unlearnkit("index", line.story.files.records, "--workspace", new)
    unlearnkit("locate", "--workspace", new)
    said = refused(new, "unlearn", line.story.model, "--out", tmp_path / "out")
    assert "(0 new, 2 in review)" in said.stderr
    assert "Run: unlearnkit review " in said.stderr


def test_a_holdout_record_that_was_trained_on_is_refused_with_its_line(
    line: Line, ready: Path, tmp_path: Path
) -> None:
    seen = line.story.company.records[0].text
    holdout = jsonl(tmp_path / "holdout.jsonl", {"text": "never seen"}, {"text": seen})
    said = refused(
        ready, "unlearn", line.story.model, "--out", tmp_path / "out", "--holdout", holdout
    )
    assert f"{holdout}, line 2: this holdout record is in the training corpus" in said.stderr


# --- where it goes ---------------------------------------------------------------------------


def test_somebodys_files_are_never_overwritten(line: Line, ready: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("three years of work")
    said = refused(ready, "unlearn", line.story.model, "--out", mine.parent)
    assert "the folder is not empty; nothing in it was touched" in said.stderr
    assert mine.read_text() == "three years of work"


def test_a_run_with_other_settings_does_not_replace_an_earlier_one(
    line: Line, tmp_path: Path
) -> None:
    """Its report may have been sent already, and names that model."""
    work = line.copy_ready(tmp_path / "work", with_run=True)
    again = line.story.unlearn(line.model, work)
    assert unlearnkit(*again).exit_code == 0
    failed = ("report", line.run_id, "--policy", "strict", "--workspace", work)
    assert "Gate: fail" in unlearnkit(*failed).stdout
    assert unlearnkit(*again).exit_code == 0
    before = folder_digests(line.model)
    assert "the folder is not empty" in refused(work, *again, "--learning-rate", "1e-3").stderr
    assert folder_digests(line.model) == before


@pytest.mark.parametrize("inside", ["", "new"])
def test_a_model_is_never_written_over_the_one_it_is_made_from(
    line: Line, ready: Path, inside: str
) -> None:
    before = folder_digests(line.story.model)
    said = refused(ready, "unlearn", line.story.model, "--out", line.story.model / inside)
    assert "cannot be written over the one it is made from" in said.stderr
    assert folder_digests(line.story.model) == before


@pytest.mark.parametrize("below", ["", "model"])
def test_a_file_cannot_be_the_output_folder(
    line: Line, ready: Path, tmp_path: Path, below: str
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    said = refused(ready, "unlearn", line.story.model, "--out", file / below)
    assert f"{file}: this is a file; a folder is needed" in said.stderr
    assert file.read_text() == "mine"


def test_a_report_is_not_written_among_other_files(
    line: Line, finished: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "report" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    said = refused(finished, "report", line.run_id, "--out", mine.parent)
    assert f"{mine}: the report folder holds a file that is no part of a report" in said.stderr
    assert [path.name for path in mine.parent.iterdir()] == ["notes.txt"]


def test_a_report_folder_that_is_a_file_is_refused(
    line: Line, finished: Path, tmp_path: Path
) -> None:
    file = tmp_path / "report"
    file.write_text("mine")
    said = refused(finished, "report", line.run_id, "--out", file)
    assert f"{file}: this is a file; a folder is needed" in said.stderr
    assert file.read_text() == "mine"


# --- policies, runs, workspaces, keys --------------------------------------------------------


@pytest.mark.parametrize("name", ["lenient", "lenient.yaml", "elsewhere/strict.yaml"])
def test_an_unknown_policy_is_refused_with_those_there_are(
    line: Line, finished: Path, name: str
) -> None:
    """A missing file is not replaced by a policy of the same name that ships."""
    for command in (("gate", line.model), ("report", line.run_id)):
        said = refused(finished, *command, "--policy", name)
        assert f"there is no policy '{name}'" in said.stderr
        assert "default, strict, research" in said.stderr


def test_a_broken_policy_is_refused_with_its_line(
    line: Line, finished: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "mine.yaml"
    good = line.story.policy.read_text(encoding="utf-8")
    policy.write_text(good.replace("metric: exact_memorization", "metric: exact_memorisation", 1))
    number = policy.read_text().splitlines().index("    metric: exact_memorisation") + 1
    said = refused(finished, "gate", line.model, "--policy", policy)
    assert f"{policy}, line {number}: " in said.stderr
    assert "did you mean 'exact_memorization'?" in said.stderr


def test_process_looks_at_its_output_before_it_takes_in_a_request(
    line: Line, new: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    said = refused(new, *line.story.process(tmp_path / "file", new))
    assert f"{tmp_path / 'file'}: this is a file" in said.stderr


def test_process_reads_the_policy_before_it_takes_in_a_request(
    line: Line, new: Path, tmp_path: Path
) -> None:
    arguments = line.story.process(tmp_path / "out", new)
    arguments[arguments.index("--policy") + 1] = "lenient"
    assert "there is no policy 'lenient'" in refused(new, *arguments).stderr


def test_an_unknown_run_is_refused_with_those_there_are(line: Line, finished: Path) -> None:
    for command in (("report", "run-x"), ("audit", line.model, "--run", "run-x")):
        said = refused(finished, *command)
        assert "no finished run begins with this id" in said.stderr
        assert line.run_id in said.stderr


def test_a_run_that_was_not_audited_has_no_report(line: Line, finished: Path) -> None:
    (finished / "runs" / line.run_id / "audit.json").unlink()
    said = refused(finished, "report", line.run_id)
    assert f"{line.run_id} was not audited yet" in said.stderr
    assert f"Run: unlearnkit audit {line.model}" in said.stderr


def test_nothing_can_be_measured_before_anything_was_unlearned(line: Line, ready: Path) -> None:
    for command in ("audit", "gate"):
        said = refused(ready, command, line.story.model)
        assert "no model was unlearned in this workspace yet" in said.stderr


@pytest.mark.parametrize("command", ["request list", "index x.jsonl", "locate", "audit MODEL"])
def test_without_a_workspace_the_command_that_makes_one_is_said(
    line: Line, tmp_path: Path, command: str
) -> None:
    arguments = command.replace("MODEL", str(line.model)).split()
    said = unlearnkit(*arguments, "--workspace", tmp_path / "none")
    assert said.exit_code == 2
    assert "there is no workspace here" in said.stderr
    assert f"unlearnkit init {tmp_path / 'none'}" in said.stderr
    assert not (tmp_path / "none").exists()


def test_a_workspace_is_not_made_twice(new: Path) -> None:
    before = folder_digests(new)
    said = unlearnkit("init", new)
    assert said.exit_code == 2
    assert "this already is a workspace; nothing was changed" in said.stderr
    assert folder_digests(new) == before


def test_a_report_is_not_verified_without_a_key_from_elsewhere(line: Line, tmp_path: Path) -> None:
    said = unlearnkit("verify", line.report, "--workspace", tmp_path)
    assert said.exit_code == 2
    assert "no key to verify with" in said.stderr
    assert "but not the report's own" in said.stderr


def test_what_is_no_report_cannot_be_verified(line: Line, tmp_path: Path) -> None:
    said = unlearnkit("verify", tmp_path, "--workspace", line.workspace)
    assert said.exit_code == 2
    assert "no report here" in said.stderr


def test_a_changed_report_fails_its_verification(line: Line, tmp_path: Path) -> None:
    shutil.copytree(line.report, tmp_path / "report")
    page = tmp_path / "report" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("pass", "Pass"), encoding="utf-8")
    said = unlearnkit("verify", tmp_path / "report", "--workspace", line.workspace)
    assert said.exit_code == 4
    assert "report.html was changed" in said.stderr


def test_a_changed_ledger_closes_the_gate(line: Line, finished: Path) -> None:
    import sqlite3

    with sqlite3.connect(finished / "ledger.db") as database:
        database.execute("UPDATE events SET actor = 'somebody' WHERE seq = 3")
    database.close()
    said = unlearnkit("gate", line.model, "--workspace", finished)
    assert said.exit_code == 4
    assert "event 3" in said.stderr
