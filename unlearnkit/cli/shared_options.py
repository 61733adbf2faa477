"""Options that several commands share, written once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

R = TypeVar("R")


def with_options(command: Callable[..., R], **groups: Callable[..., Any]) -> Callable[..., R]:
    """The command, with a group's options in the place of its parameter of that name.

    What the group's function returns for the options given is what the command gets.
    """
    shared = {
        name: inspect.signature(group, eval_str=True).parameters for name, group in groups.items()
    }

    @wraps(command)
    def chosen(**given: Any) -> R:
        for name, group in groups.items():
            given[name] = group(**{option: given.pop(option) for option in shared[name]})
        return command(**given)

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for one in inspect.signature(command, eval_str=True).parameters.values()
        for parameter in (shared[one.name].values() if one.name in shared else (one,))
    ]
    made: Any = chosen
    made.__signature__ = inspect.Signature(parameters)
    made.__annotations__ = {one.name: one.annotation for one in parameters}
    return chosen
