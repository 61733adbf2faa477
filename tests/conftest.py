"""What many tests share: the tiny model, trained, and Presidio, loaded, once per session."""

from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest

from tests import small as small_model
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> small_model.Small:
    """A tiny model that knows its records, and one that never saw the forget set."""
    return small_model.build(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """Presidio with the spaCy model."""
    return load_analyzer(NlpSettings())


@pytest.fixture(scope="session")
def patterns_only() -> Analyzer:
    """Presidio without NER, as a workspace may choose."""
    return load_analyzer(NlpSettings(engine="patterns"))
