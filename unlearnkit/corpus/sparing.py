"""Presidio and spaCy without torch and transformers, where what they are loaded for needs neither.

Both import them wherever they are installed: 3 of 4 seconds that loading takes, and 300 MB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from threading import get_ident
from typing import Literal

_SPARED = frozenset({"torch", "transformers"})
_IN_SPACY = ("spacy_transformers", "spacy_curated_transformers")
"""What spaCy's pipelines with a transformer are made with."""


@contextmanager
def sparing(engine: Literal["spacy", "transformers", "patterns"]) -> Iterator[None]:
    """What this thread imports meanwhile takes torch and transformers for not installed.

    Not where the engine needs them. What has been imported before stays as it is.
    """
    finder = _Finder(get_ident(), frozenset() if _needs_torch(engine) else _SPARED)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _needs_torch(engine: str) -> bool:
    return engine == "transformers" or (engine == "spacy" and any(map(find_spec, _IN_SPACY)))


class _Finder:
    """Finds nothing; says of some modules that there are none."""

    def __init__(self, thread: int, spared: frozenset[str]) -> None:
        self.thread, self.spared = thread, spared

    def find_spec(self, name: str, path: Sequence[str] | None, target: object = None) -> None:
        if name in self.spared and get_ident() == self.thread:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
