"""How many small changes to the code the unit tests notice: mutation testing, room by room.

    pip install mutmut -c constraints.txt
    python -m benchmarks.mutation ROOM [--workers 1]      (make mutants ROOM=policy)

mutmut changes one thing of a function, a sign, a bound, a string, an argument, and runs the unit
tests that reach it. A mutant is noticed where a test fails, or takes 15 times as long as it did.
The score is noticed / all that were run, those that no test reaches among them. Tests of whole runs
are left out: what only they notice says little of a formula; so are those on PostgreSQL.

Not changed: functions with a decorator (pydantic's validators, properties, context managers) and
what a module does when it is imported (its tables). mutmut leaves both as they are.

Each room is worked on in mutants/ROOM, where `mutmut show NAME` prints a survivor. A run that was
stopped goes on; after one that was not, only the survivors are run again, with the tests of today.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from unlearnkit.artefacts import write_atomic

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "mutants.json"
LINKED = ("benchmarks", "policies", "templates", "tests", "unlearnkit")
MUTMUT = (sys.executable, "-c", "from mutmut.__main__ import cli; cli()")
LINE = re.compile(r"^ +(?P<name>\S+): (?P<status>.+)$")
NOTICED = ("killed", "timeout")


@dataclass(frozen=True, slots=True)
class Room:
    """What is changed, and which tests have to notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    slow: tuple[str, ...] = ()
    """Left out of them: they train a model, or start processes."""


def these(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}.py" for name in names)


FORMULAS = (
    *("agreement", "decoy_figures", "decoy_tests", "differences", "forget_quality", "generated"),
    *("intervals", "leakage_figures", "logit_lens_figures", "membership", "membership_figures"),
    *("model_utility", "people", "roc", "summary", "truth_ratio"),
)
LEDGER = (
    *("address", "chain", "database", "events", "intake", "integrity", "listing", "migrate"),
    *("replay", "rows", "sqlite", "states", "store", "tables", "trouble", "vault"),
)
MATHS = ("alphas", "chunked", "depths", "kl", "losses", "objectives", "teacher")
TESTED = ("alphas", "chunked", "depths", "losses", "objectives", "teacher", "terms")
ROOMS = {
    "policy": Room(("unlearnkit/policy/*.py",), ("tests/policy",)),
    "metrics": Room(("unlearnkit/metrics/*.py",), ("tests/metrics",)),
    "unlearning": Room(
        these("unlearnkit/unlearning", *MATHS),
        these("tests/unlearning", *(f"test_{name}" for name in TESTED)),
    ),
    "ledger": Room(
        these("unlearnkit/ledger", *LEDGER),
        ("tests/ledger",),
        ("tests/ledger/test_writers.py", "tests/ledger/test_ledger_page.py"),
    ),
    "audit": Room(
        (*these("unlearnkit/audit", *FORMULAS), "unlearnkit/language_model/recall.py"),
        (
            *these(
                "tests/audit", *(f"test_{name}" for name in FORMULAS if name != "forget_quality")
            ),
            "tests/language_model/test_recall.py",
        ),
        (
            "tests/audit/test_membership.py::test_of_a_conversation_only_what_the_assistant_says_is_compressed",
            "tests/audit/test_membership.py::test_batched_scores_equal_the_formulas_one_record_at_a_time",
            "tests/audit/test_membership.py::test_the_reference_score_is_the_difference_of_two_mean_log_likelihoods",
            *(
                f"tests/audit/test_generated.py::{name}"
                for name in (
                    "test_what_is_recited_has_all_words_and_what_was_never_seen_has_not",
                    "test_of_many_records_some_are_continued_evenly_spread",
                    "test_the_wanted_examples_are_continued_and_found_by_their_place",
                )
            ),
            "tests/language_model/test_recall.py::test_batched_figures_equal_those_of_one_record_at_a_time_in_float64",
        ),
    ),
}


def main() -> None:
    """Run a room and write its figures beside the others'."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--as-it-is", action="store_true", help="run nothing, of a stopped run")
    chosen = parser.parse_args()
    folder = prepared(chosen.room)
    if not chosen.as_it_is:
        forget_survivors(folder)
        run = (*MUTMUT, "run", "--max-children", str(chosen.workers))
        subprocess.run(run, cwd=folder, check=True)
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    kept[chosen.room] = counted(folder)
    text = json.dumps({room: kept[room] for room in ROOMS if room in kept}, indent=1)
    write_atomic(RESULTS, f"{text}\n".encode())
    print(markdown({chosen.room: kept[chosen.room]}))


def prepared(name: str) -> Path:
    """The folder in which mutmut works on this room alone, with settings of its own."""
    folder, room = ROOT / "mutants" / name, ROOMS[name]
    folder.mkdir(parents=True, exist_ok=True)
    for linked in LINKED:
        if not (folder / linked).exists():
            (folder / linked).symlink_to(ROOT / linked)
    left_out = (part for one in room.slow for part in ("--deselect", one))
    tests = [*room.tests, "-k", "not postgresql", *left_out]
    head = "[tool.mutmut]\n"
    more = (
        f"only_mutate = {json.dumps(room.files)}\n"
        f"pytest_add_cli_args_test_selection = {json.dumps(tests)}\n"
    )
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(settings.replace(head, head + more), encoding="utf-8")
    return folder


def forget_survivors(folder: Path) -> None:
    """Let those that lived be run again, with the tests there are now; not in a stopped run."""
    kept = {file: json.loads(file.read_text("utf-8")) for file in folder.glob("mutants/**/*.meta")}
    if any(code is None for one in kept.values() for code in one["exit_code_by_key"].values()):
        return
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for file, one in kept.items():
        ended = one["exit_code_by_key"]
        one["exit_code_by_key"] = {
            name: code if code == 1 else None for name, code in ended.items()
        }
        file.write_text(json.dumps(one), encoding="utf-8")


def counted(folder: Path) -> dict[str, dict[str, int]]:
    """File -> its mutants by what became of them, and how many survivors differ in a string."""
    asked = (*MUTMUT, "results", "--all", "true")
    said = subprocess.run(asked, cwd=folder, check=True, capture_output=True, text=True).stdout
    files: dict[str, Counter[str]] = defaultdict(Counter)
    for found in map(LINE.match, said.splitlines()):
        if found is None:
            continue
        name, status = found["name"], found["status"]
        path = source(name)
        files[path].update(["mutants", status])
        if status == "survived" and only_a_string(folder / "mutants" / path, name):
            files[path]["survived, a string"] += 1
    return {path: dict(sorted(files[path].items())) for path in sorted(files)}


def source(mutant: str) -> str:
    """The file that this mutant is of."""
    path = re.split(r"\.x(?:_|ǁ)", mutant)[0].replace(".", "/")
    return f"{path}.py" if (ROOT / f"{path}.py").exists() else f"{path}/__init__.py"


def only_a_string(changed: Path, mutant: str) -> bool:
    """Whether a string, most often a message, is all that the mutant has otherwise."""
    name = mutant.rpartition(".")[2]
    original = f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"
    found = functions(changed)
    return without_strings(found[name]) == without_strings(found[original])


@cache
def functions(changed: Path) -> dict[str, ast.FunctionDef]:
    """Every function of a file with its mutants, by name."""
    tree = ast.parse(changed.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def without_strings(function: ast.FunctionDef) -> str:
    """The function's tree with every string emptied."""
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(ast.Module(function.body, []))


def row(name: str, one: dict[str, int]) -> str:
    """A line of the table."""
    noticed, survived = sum(one.get(how, 0) for how in NOTICED), one.get("survived", 0)
    text, alone = one.get("survived, a string", 0), one.get("no tests", 0)
    waiting = one.get("not checked", 0)
    cells = (one["mutants"], waiting, noticed, survived, text, alone)
    ran = one["mutants"] - waiting
    share = f"{noticed / ran:.1%}" if ran else "-"
    return f"| {name} | {' | '.join(f'{cell:,}' for cell in cells)} | {share} |"


def markdown(found: dict[str, Any]) -> str:
    """Every room, with its files below it."""
    lines = ["| | mutants | not run | noticed | survived | of these: a string | no test | score |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for room, files in found.items():
        total: Counter[str] = Counter()
        for one in files.values():
            total.update(one)
        lines.append(row(f"**{room}**", dict(total)))
        lines += [row(path.removeprefix("unlearnkit/"), one) for path, one in files.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
