"""The options of `unlearn` and `process` are one list, and reach the settings."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields

import pytest
import typer

from tests.company import unlearnkit
from unlearnkit.cli.find import index
from unlearnkit.cli.forget import process, unlearn
from unlearnkit.cli.reading import options as reading_options
from unlearnkit.cli.screen import screen
from unlearnkit.cli.settings import options
from unlearnkit.cli.shared_options import with_options
from unlearnkit.unlearning.settings import ObjectiveName, Settings

NOT_OFFERED = {"retain_weight", "retain_pool", "retain_sample", "early_stop", "fixed_alpha", "seed"}
"""Of research and benchmarks, or of the workspace."""


@pytest.mark.parametrize("command", [unlearn, process])
def test_both_commands_take_every_option(command: Callable[..., object]) -> None:
    taken = inspect.signature(with_options(command, choices=options)).parameters
    assert set(inspect.signature(options).parameters) < set(taken)
    assert "choices" not in taken


def test_what_is_given_reaches_the_command_as_each_group_made_it() -> None:
    def command(*, size: int, words: str, most: int = 3) -> tuple[int, str, int]:
        return size, words, most

    def doubled(width: int = 1) -> int:
        return 2 * width

    def joined(one: str = "a", other: str = "b") -> str:
        return one + other

    put = with_options(command, size=doubled, words=joined)
    assert list(inspect.signature(put).parameters) == ["width", "one", "other", "most"]
    assert put(width=4, one="x", other="y", most=5) == (8, "xy", 5)


@pytest.mark.parametrize("command", [index, process, screen])
def test_all_that_read_records_are_told_how_in_one_way(command: Callable[..., object]) -> None:
    taken = inspect.signature(with_options(command, readings=reading_options)).parameters
    assert set(inspect.signature(reading_options).parameters) < set(taken)


def test_the_defaults_are_the_settings_own() -> None:
    defaults = {name: one.default for name, one in inspect.signature(options).parameters.items()}
    assert options(**defaults)(7) == Settings(seed=7)


def test_every_setting_is_an_option_unless_it_is_said_why_not() -> None:
    offered = set(inspect.signature(options).parameters) - {"max_strengthen_epochs"}
    assert {one.name for one in fields(Settings)} - offered == NOT_OFFERED | {"strengthen_epochs"}


def test_epochs_double_up_to_the_last() -> None:
    assert options(max_strengthen_epochs=12)(0).strengthen_epochs == (1, 2, 4, 8, 12)


def test_an_adapter_needs_a_rank() -> None:
    with pytest.raises(typer.BadParameter, match="--lora-rank"):
        options(as_adapter=True)
    assert options(as_adapter=True, lora_rank=8)(0).lora_rank == 8


def test_an_objective_is_chosen_by_name() -> None:
    assert options(objective=ObjectiveName.NPO)(0).objective is ObjectiveName.NPO
    with pytest.raises(typer.BadParameter, match="'hope' is none of rklu"):
        options(objective="hope")


@pytest.mark.parametrize("option", ["--learning-rate", "--strengthen-rate"])
@pytest.mark.parametrize("rate", ["0", "-1e-5"])
def test_a_rate_that_trains_nothing_is_refused(option: str, rate: str) -> None:
    said = unlearnkit("unlearn", "model", "--out", "out", option, rate)
    assert said.exit_code == 2
    assert option in said.stderr
