"""Kinds of identifier beyond Presidio's usual ones, each in a file of its own.

A file is found by being here, and has

    ENTITY                 its name in the index, as NATIONAL_ID
    recogniser(language)   a Presidio EntityRecognizer that finds it; imports Presidio inside
    standard(value)        the one spelling that two of the same have in common, or "" where the
                           value is none for certain; standard(standard(x)) == standard(x)
"""

from __future__ import annotations

from typing import Any, Protocol, cast

from unlearnkit.members import members


class Kind(Protocol):
    """What a file here has."""

    ENTITY: str

    def recogniser(self, language: str) -> Any:
        """What finds it."""

    def standard(self, value: str) -> str:
        """Its one spelling."""


def kinds() -> list[Kind]:
    """The kinds whose files are here, by their files' names."""
    return cast(list[Kind], members(__name__))
