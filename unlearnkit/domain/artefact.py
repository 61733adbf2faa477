"""What every stage shares: values that are stored, and how progress is told."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

Progress = Callable[[str, int, int], None]
"""Called as progress(what, done, total) by anything long; the terminal decides how to show it."""


def silent(what: str, done: int, total: int) -> None:
    """The Progress that shows nothing."""


class Artefact(BaseModel):
    """A frozen value that is stored as JSON; unknown fields are refused.

    What is no finite number is stored as a word, and read back as what it was.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", use_attribute_docstrings=True
    )
