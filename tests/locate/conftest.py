"""Small corpora, indexed without NER, which is all that most rules need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.locate.world import Text, World
from unlearnkit.corpus.nlp import Analyzer

Build = Callable[..., World]


@pytest.fixture
def world(tmp_path: Path, patterns_only: Analyzer) -> Build:
    """`world("text", ("text", "thread"), ...)`: a corpus of these texts."""

    def build(*texts: Text) -> World:
        return World.of(tmp_path, patterns_only, texts)

    return build


@pytest.fixture
def world_with_names(tmp_path: Path, analyzer: Analyzer) -> Build:
    """The same with spaCy's NER."""

    def build(*texts: Text) -> World:
        return World.of(tmp_path, analyzer, texts)

    return build
