"""`gate --probes --budget`: in the time there is, and what that leaves open is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from tests.cli.test_kept_probes import ask_for_numbers
from tests.company import Line, Said, unlearnkit
from unlearnkit.artefacts import load, save
from unlearnkit.cli.duration import seconds_of
from unlearnkit.domain import ForgetSet, KeptProbes
from unlearnkit.errors import BadInput
from unlearnkit.pipeline import probe_asking, probe_gate
from unlearnkit.schemas import shipped

ASKED = "something-of-every-request-is-asked"
SAID = "says-nothing-erased"


class Clock:
    """Every look at it takes a second."""

    def __init__(self) -> None:
        self.looks = 0.0

    def __call__(self) -> float:
        self.looks += 1.0
        return self.looks


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The gate's clock. It is looked at once at the beginning, once before the model is loaded, and
    once before each two probes."""
    made = Clock()
    monkeypatch.setattr(probe_gate, "monotonic", made)
    monkeypatch.setattr(probe_asking, "monotonic", made)
    monkeypatch.setattr(probe_asking, "AT_ONCE", 2)
    yield made


@pytest.fixture
def asked_for(line: Line, finished: Path) -> Path:
    """A workspace that keeps a probe for the customer number in each record that says it."""
    ask_for_numbers(line, finished)
    return finished


def gate(model: Path, workspace: Path, *more: object) -> Said:
    return unlearnkit("gate", model, "--probes", "--workspace", workspace, "--json", *more)


def outcomes(said: Said) -> dict[str, str]:
    return {one["rule"]: one["outcome"] for one in said.json["verdict"]["checks"]}


def asked_of(said: Said) -> dict[str, tuple[int, int]]:
    return {
        one["request_id"]: (one["asked"], one["kept"]) for one in said.json["asking"]["requests"]
    }


def test_in_a_short_time_everybody_is_asked_for_once_and_the_rest_is_said(
    line: Line, asked_for: Path, clock: Clock
) -> None:
    said = gate(line.story.reference, asked_for, "--budget", "3")
    assert said.exit_code == 0
    asking = said.json["asking"]
    assert (asking["budget_seconds"], asking["asked"], asking["asked_before"]) == (3.0, 2, 0)
    assert set(asked_of(said)) == set(line.story.truth)
    for asked, kept in asked_of(said).values():
        assert asked == 1
        assert kept > 1
    for one in asking["requests"]:
        # One of few, drawn by chance, shows nothing but what nearly all of them say.
        assert one["least_seen"] > 0.9
    Draft202012Validator(json.loads(shipped("gate"))).validate(said.json)


def test_of_whom_nothing_was_asked_nothing_is_known(
    line: Line, asked_for: Path, clock: Clock
) -> None:
    said = gate(line.story.reference, asked_for, "--budget", "0")
    assert said.exit_code == 3
    assert outcomes(said)[ASKED] == "cannot_tell"
    assert {asked for asked, _ in asked_of(said).values()} == {0}
    assert all(one["least_seen"] is None for one in said.json["asking"]["requests"])
    why = {one["rule"]: one["explanation"] for one in said.json["verdict"]["checks"]}
    assert "Not measured: the time was over before a kept probe was asked." in why[SAID]


def test_where_no_probe_fits_that_is_the_reason_and_not_the_time(
    line: Line, asked_for: Path
) -> None:
    file = asked_for / "runs" / line.run_id / "probes.json"
    kept = load(file, KeptProbes)
    endless = tuple(
        one.model_copy(update={"before": "and so on " * 2000}) for one in kept.probes[:2]
    )
    save(file, kept.model_copy(update={"probes": endless, "max_length": 5000}))
    said = gate(line.story.reference, asked_for)
    assert said.exit_code == 3
    why = {one["rule"]: one["explanation"] for one in said.json["verdict"]["checks"]}
    assert "Not measured: no kept probe fits into this model's context." in why[SAID]


def test_a_value_that_came_out_fails_whatever_was_not_asked(
    line: Line, asked_for: Path, clock: Clock
) -> None:
    alone, other = line.story.truth
    file = asked_for / "runs" / line.run_id / "probes.json"
    kept = load(file, KeptProbes)
    mine = tuple(one for one in kept.probes if alone in one.request_ids)
    save(file, kept.model_copy(update={"probes": mine}))
    said = gate(line.story.model, asked_for)
    assert said.exit_code == 1
    assert outcomes(said) | {SAID: "fail", ASKED: "cannot_tell"} == outcomes(said)
    assert asked_of(said)[other] == (0, 0)
    [check] = [one for one in said.json["verdict"]["checks"] if one["rule"] == ASKED]
    assert "no probe is kept, and more time would not help" in check["explanation"]
    assert gate(line.story.reference, asked_for).exit_code == 3


def test_the_same_command_goes_on_and_comes_to_what_one_call_comes_to(
    line: Line, asked_for: Path, tmp_path: Path, clock: Clock
) -> None:
    whole = line.copy(tmp_path / "whole")
    ask_for_numbers(line, whole)
    at_once = gate(line.story.model, whole)
    asked = []
    for _ in range(100):
        said = gate(line.story.model, asked_for, "--budget", "3")
        asked.append((said.json["asking"]["asked_before"], said.json["asking"]["asked"]))
        if said.json["asking"]["asked"] == said.json["asking"]["kept"]:
            break
    assert len(asked) > 2
    assert [before for before, _ in asked] == [0, *(after for _, after in asked[:-1])]
    assert observed(said) == observed(at_once)
    assert said.exit_code == at_once.exit_code == 1


def observed(said: Said) -> dict[str, float]:
    return {one["rule"]: one["observed"] for one in said.json["verdict"]["checks"]}


def test_what_was_asked_is_not_asked_again_but_of_another_model_or_with_other_probes(
    line: Line, asked_for: Path
) -> None:
    first = gate(line.story.reference, asked_for)
    again = gate(line.story.reference, asked_for)
    assert again.json["asking"]["asked_before"] == first.json["asking"]["asked"]
    assert gate(line.story.model, asked_for).json["asking"]["asked_before"] == 0
    file = asked_for / "runs" / line.run_id / "probes.json"
    kept = load(file, KeptProbes)
    save(file, kept.model_copy(update={"probes": kept.probes[1:]}))
    assert gate(line.story.reference, asked_for).json["asking"]["asked_before"] == 0


def test_answers_to_less_are_no_answers_to_more(
    line: Line, asked_for: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_asking, "HOW", "greedy alone")
    first = gate(line.story.reference, asked_for).json["asking"]
    assert gate(line.story.reference, asked_for).json["asking"]["asked_before"] == first["asked"]
    monkeypatch.undo()
    assert gate(line.story.reference, asked_for).json["asking"]["asked_before"] == 0


def test_what_does_not_fit_into_the_models_context_is_not_what_there_was_no_time_for(
    line: Line, asked_for: Path
) -> None:
    file = asked_for / "runs" / line.run_id / "probes.json"
    kept = load(file, KeptProbes)
    endless = kept.probes[0].model_copy(update={"before": "and so on " * 2000})
    save(file, kept.model_copy(update={"probes": (endless, *kept.probes[1:]), "max_length": 5000}))
    asking = gate(line.story.reference, asked_for).json["asking"]
    assert asking["no_room"] == 1
    assert asking["asked"] == asking["kept"] - 1


def test_every_form_says_how_far_it_came(
    line: Line, asked_for: Path, tmp_path: Path, clock: Clock
) -> None:
    files = {name: tmp_path / f"gate.{name}" for name in ("junit", "sarif", "markdown")}
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    said = gate(line.story.reference, asked_for, "--budget", "3", *options)
    sentence = f"2 of {said.json['asking']['kept']} kept probes were asked within 3 seconds."
    suite = ET.parse(files["junit"]).getroot()[0]
    told = str(suite.findtext("system-out"))
    [run] = json.loads(files["sarif"].read_text())["runs"]
    page = files["markdown"].read_text()
    assert sentence in told
    assert sentence in run["properties"]["asked"]
    assert run["properties"]["asking"] == said.json["asking"]
    assert sentence in page
    for request, (asked, kept) in asked_of(said).items():
        assert f"{request}: {asked} of {kept} probes" in told
        assert f"| {request} | {kept} | {asked} |" in page
    shown = unlearnkit("gate", line.model, "--probes", "--budget", "3", "--workspace", asked_for)
    assert "Not asked in full" in shown.stdout


@pytest.mark.parametrize(
    ("written", "seconds"), [("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), ("2H", 7200.0)]
)
def test_a_time_is_seconds_minutes_or_hours(written: str, seconds: float) -> None:
    assert seconds_of(written, "--budget") == seconds


@pytest.mark.parametrize("written", ["", "soon", "-5", "7d", "1e3", "nan", "10 m"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(BadInput, match="--budget: a time is"):
        seconds_of(written, "--budget")


def test_without_probes_there_is_nothing_to_bound(line: Line, finished: Path) -> None:
    said = unlearnkit("gate", line.model, "--budget", "10m", "--workspace", finished)
    assert said.exit_code == 2
    assert "Add --probes" in said.stderr
    bad: Any = gate(line.model, finished, "--budget", "soon")
    assert bad.exit_code == 2


def test_whom_no_record_concerned_nobody_is_asked_about() -> None:
    def taken(**records: tuple[str, ...]) -> ForgetSet:
        return ForgetSet(corpus_digest="c", records=records)

    runs = [taken(ann=("r1",), bob=()), taken(bob=(), eve=()), taken(eve=("r2",))]
    assert probe_asking.concerned(["ann", "bob", "eve", "zoe"], runs) == {"ann", "eve", "zoe"}
