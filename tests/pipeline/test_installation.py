"""What is missing or too old is named, with what to do."""

from __future__ import annotations

import sqlite3
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from unlearnkit.corpus.nlp import NlpSettings
from unlearnkit.domain import Examined, Health
from unlearnkit.pipeline.installation import (
    DEVELOPING,
    EXTRAS,
    examine_installation,
    examine_workspace,
    lacking,
    requirements,
)
from unlearnkit.pipeline.ledger import create_workspace

ROOT = Path(__file__).parents[2]
PATTERNS = NlpSettings(engine="patterns")


def by_part(found: object) -> dict[str, Examined]:
    return {one.part: one for one in found}  # type: ignore[attr-defined]


def test_this_installation_works(tmp_path: Path) -> None:
    found = by_part(examine_installation(tmp_path, NlpSettings()))
    assert not [one for one in found.values() if one.health is Health.PROBLEM]
    assert {"Python", "packages", "torch", "NLP model", "disk"} <= set(found)
    assert "extra model-signing" in found
    assert not {"extra dev", "extra docs"} & set(found)


def test_of_every_extra_it_is_known_what_it_is_for() -> None:
    """But of those that only developers need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(project["optional-dependencies"]) == set(EXTRAS) | DEVELOPING


def test_a_package_that_is_missing_or_too_old_is_named() -> None:
    assert lacking(Requirement("no-such-package-anywhere")) == (
        "no-such-package-anywhere is not installed"
    )
    assert lacking(Requirement("torch>=999")).endswith(" is installed, and >=999 is needed")
    assert lacking(Requirement("torch")) == ""


def test_what_an_extra_adds_is_only_that() -> None:
    assert "torch" in {one.name for one in requirements("")}
    extra = {one.name for one in requirements("model-signing")}
    assert "model-signing" in extra
    assert "torch" not in extra


def test_an_nlp_model_that_is_not_there_is_a_problem_with_the_command(tmp_path: Path) -> None:
    found = by_part(examine_installation(tmp_path, NlpSettings(model="no_such_model")))
    assert found["NLP model"].health is Health.PROBLEM
    assert "pip install" in found["NLP model"].fix


def test_no_nlp_model_at_all_is_worth_knowing(tmp_path: Path) -> None:
    found = by_part(examine_installation(tmp_path, PATTERNS))
    assert found["NLP model"].health is Health.WARN


def test_a_new_workspace_is_well_but_for_its_missing_passphrase(tmp_path: Path) -> None:
    found = by_part(examine_workspace(create_workspace(tmp_path / "work")))
    assert {part: one.health for part, one in found.items()} == {
        "keys": Health.OK,
        "passphrase": Health.WARN,
        "ledger": Health.OK,
        "do-not-train list": Health.OK,
    }


def test_the_other_half_of_another_key_is_a_problem(tmp_path: Path) -> None:
    one, two = (create_workspace(tmp_path / name) for name in ("one", "two"))
    one.public_key.write_bytes(two.public_key.read_bytes())
    assert by_part(examine_workspace(one))["keys"].health is Health.PROBLEM


def test_keys_whose_passphrase_is_not_there_are_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYS_OPEN_WITH", "correct horse battery")
    made = create_workspace(tmp_path / "work", "env:KEYS_OPEN_WITH")
    found = by_part(examine_workspace(made))
    assert (found["keys"].health, found["passphrase"].health) == (Health.OK, Health.OK)
    monkeypatch.delenv("KEYS_OPEN_WITH")
    found = by_part(examine_workspace(made))
    assert found["keys"].health is Health.PROBLEM
    assert "env:KEYS_OPEN_WITH" in found["keys"].found


def test_a_folder_of_keys_that_others_may_look_into_is_worth_knowing(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "my work")
    made.keys_dir.chmod(0o755)
    found = by_part(examine_workspace(made))["keys"]
    assert (found.health, found.fix) == (Health.WARN, f"chmod 700 '{made.keys_dir}'")


def test_a_ledger_that_is_gone_is_a_problem_and_none_is_made(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "work")
    (made.root / "ledger.db").unlink()
    assert by_part(examine_workspace(made))["ledger"].health is Health.PROBLEM
    assert not (made.root / "ledger.db").exists()


def test_a_ledger_of_an_earlier_release_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "work")
    with sqlite3.connect(made.root / "ledger.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0002'")
    database.close()
    before = (made.root / "ledger.db").read_bytes()
    assert by_part(examine_workspace(made))["ledger"].health is Health.WARN
    assert (made.root / "ledger.db").read_bytes() == before


def test_a_ledger_without_its_checkpoint_is_a_problem(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "work")
    (made.root / "ledger.checkpoint.json").unlink()
    found = by_part(examine_workspace(made))["ledger"]
    assert found.health is Health.PROBLEM
    assert "ledger accept" in found.fix
