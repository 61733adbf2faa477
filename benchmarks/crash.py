"""Killed with SIGKILL at random points of the whole line, and run again.

    python benchmarks/crash.py --out DIR [--points 200] [--seed 0] [--results FILE]

The line is `init` and `process`, from request files and records to the signed report, letters,
closed requests and erased keys, on a company of a few customers with a tiny model. Each point is a
process of its own, killed either at a step drawn from all that changes a file or the ledger (files
opened to write, renamed, removed; each SQL statement and commit), or at a moment drawn from its
processor time. Of four one is killed a second time when it goes on. Then the same commands run to
their end.

Looked at after each death: the ledger verifies, no artefact is half written, and a report that is
signed verifies. At the end: exit code 0, ledger and report verify, the model is bit for bit that of
a line nobody killed, every request is closed once, with the same events, and its identifiers are
gone. Points that are done are kept in DIR and not done again.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from crash_deaths import Meter, kill_at_moment, kill_at_step
from crash_line import Place, build, look, run_line, state

from unlearnkit.artefacts import write_atomic

WANTED = 200
STEP, MOMENT = "step", "moment"
MOST = 300.0
"""Seconds for one process."""


def main() -> None:
    """Make what is missing, run what is not done, print the table, keep the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="kept and gone on with")
    parser.add_argument("--points", type=int, default=WANTED)
    parser.add_argument("--first", type=int, default=0, help="the point to begin with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="JSON file for the figures")
    chosen = parser.parse_args()
    story, done = chosen.out / "story", chosen.out / f"points-{chosen.seed}"
    finished = whole(story, chosen.out)
    for number in range(chosen.first, chosen.points):
        file, place = done / f"{number:04d}.json", Place(story, chosen.out / f"point-{number}")
        if not file.is_file():
            found = point(place, finished, random.Random(f"{chosen.seed}:{number}"))
            write_atomic(file, (json.dumps(found) + "\n").encode())
            print(number, found, flush=True)
            if not found["wrong"]:
                shutil.rmtree(place.root)
    points = [json.loads(one.read_bytes()) for one in sorted(done.glob("*.json"))]
    figures = {"seed": chosen.seed, "whole": finished["meter"], "points": points}
    if chosen.results:
        write_atomic(chosen.results, (json.dumps(figures, indent=1) + "\n").encode())
    print(markdown(figures))


def whole(story: Path, out: Path) -> dict[str, Any]:
    """The line that nobody kills, run twice: the first says what to import, the second counts."""
    first, second = Place(story, out / "whole"), Place(story, out / "again")
    if not (second.root / "finished.json").is_file():
        for folder in (story, first.root, second.root):
            shutil.rmtree(folder, ignore_errors=True)
        alone(build, story)
        alone(uninterrupted, first)
        preload(first.root / "finished.json")
        alone(uninterrupted, second)
    preload(first.root / "finished.json")
    one, two = (json.loads((at.root / "finished.json").read_bytes()) for at in (first, second))
    if one["state"] != two["state"]:
        sys.exit("two lines that nobody killed came to different ends")
    return dict(two)


def preload(file: Path) -> None:
    """Import what the line imports, so that each process does not."""
    for name in json.loads(file.read_text())["modules"]:
        with suppress(ImportError):
            importlib.import_module(name)


def alone(function: Callable[..., None], *arguments: Any) -> int:
    """Run it in a process that begins as this one is, with everything imported; its exit code."""
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    process.join(MOST)
    if process.is_alive():
        process.terminate()
        process.join()
    return int(process.exitcode or 0)


def uninterrupted(place: Place) -> None:
    """The line that nobody kills: what it comes to, and how many steps and seconds it takes."""
    shutil.rmtree(place.root, ignore_errors=True)
    meter = Meter()
    meter.watch()
    run_line(place)
    found = {
        "meter": {"steps": meter.steps, "seconds": meter.seconds()},
        "state": state(place),
        "modules": list(sys.modules),
    }
    write_atomic(place.root / "finished.json", json.dumps(found).encode())


def point(place: Place, finished: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Kill the line, perhaps twice, let it go on, and say what is wrong then."""
    shutil.rmtree(place.root, ignore_errors=True)
    meter, kind = finished["meter"], draw.choice((STEP, MOMENT))
    deaths = 2 if draw.random() < 0.25 else 1
    began, killed = time.monotonic(), 0
    for _ in range(deaths):
        at = draw.random()
        code = alone(dying, place, kind, at, meter)
        killed += code == -signal.SIGKILL
        if code not in (0, -signal.SIGKILL):
            place.note(wrong=f"the process ended with {code}")
    code = alone(ending, place, finished["state"])
    if code:
        place.note(wrong=f"the last process ended with {code}")
    return {
        "kind": kind,
        "killed": killed,
        "where": place.noted("where"),
        "seconds": round(time.monotonic() - began, 1),
        "left_over": sum(place.noted("left_over")),
        "wrong": place.noted("wrong"),
    }


def dying(place: Place, kind: str, at: float, meter: dict[str, float]) -> None:
    """Look at what is there, then run the line until the point is reached."""
    look(place)

    def told(where: str) -> None:
        place.note(where=where)

    if kind == STEP:
        kill_at_step(1 + int(at * meter["steps"]), told)
    else:
        kill_at_moment(at * meter["seconds"], told)
    run_line(place)


def ending(place: Place, expected: dict[str, Any]) -> None:
    """Look, let the line come to its end, and hold it against the line that nobody killed."""
    look(place)
    run_line(place)
    look(place)
    found = state(place)
    for name, wanted in expected.items():
        if found[name] != wanted:
            place.note(wrong=f"{name}: {found[name]}, and uninterrupted {wanted}")
    hidden = [one for one in place.root.rglob(".*") if one.is_file() and one.name != ".lock"]
    place.note(left_over=len([one for one in hidden if one.name != ".gitignore"]))


def markdown(found: dict[str, Any]) -> str:
    """By kind of point: how many deaths, where, and what was wrong."""
    points = found["points"]
    rows = [
        "| killed at | points | deaths | ended as if nobody had killed it | temporary files left |",
        "|---|---|---|---|---|",
    ]
    names = {STEP: "a change of a file or the ledger", MOMENT: "a moment of processor time"}
    for kind, name in names.items():
        some = [one for one in points if one["kind"] == kind]
        cells = [
            *(name, len(some), sum(one["killed"] for one in some)),
            *(sum(not one["wrong"] for one in some), sum(one["left_over"] for one in some)),
        ]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    stages = Counter(where.split(" ")[0] for one in points for where in one["where"])
    deaths = ", ".join(f"{stage} {count}" for stage, count in stages.most_common())
    late = sum(not one["killed"] for one in points)
    died = len(points) - late
    missed = (
        ""
        if died >= WANTED
        else f" **MISSED: {WANTED} points were asked for; {died} were killed.**"
    )
    return "\n".join(
        [
            *rows,
            "",
            f"Deaths by step of the line: {deaths}. {late} points came after the end.{missed}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
