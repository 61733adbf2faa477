"""The options of `unlearn` and `process` are one list, and reach the settings."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest
import typer

from unlearnkit.cli.forget import process, unlearn
from unlearnkit.cli.settings import options, with_options
from unlearnkit.unlearning.settings import ObjectiveName, Settings

NOT_OFFERED = {"retain_weight", "retain_pool", "retain_sample", "early_stop", "fixed_alpha", "seed"}
"""Of research and benchmarks, or of the workspace."""


@pytest.mark.parametrize("command", [unlearn, process])
def test_both_commands_take_every_option(command: object) -> None:
    taken = inspect.signature(with_options(command)).parameters  # type: ignore[arg-type]
    assert set(inspect.signature(options).parameters) < set(taken)
    assert "choices" not in taken


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
