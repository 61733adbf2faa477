"""What many tests share: the tiny model, trained, and Presidio, loaded, once per session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Else Typer colours its help on some CI machines, between the two dashes of an option.
os.environ.setdefault("_TYPER_FORCE_DISABLE_TERMINAL", "1")
# The models here are so small that dividing their work takes longer than doing it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from tests import company
from tests import postgresql as postgres
from tests import small as small_model
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, load_analyzer

# A busy machine is no reason to fail.
settings.register_profile("unlearnkit", deadline=None)
settings.load_profile("unlearnkit")


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


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> company.Story:
    """A small company, and a model that knows its records by heart."""
    return company.build(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="session")
def line(story: company.Story, tmp_path_factory: pytest.TempPathFactory) -> company.Line:
    """The whole line on that company, run in an interpreter of its own."""
    return company.run_line(story, tmp_path_factory.mktemp("line"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """A PostgreSQL server for the ledger."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def instance() -> Iterator[Any]:
    """A Sigstore instance of our own, on loopback (`tests/sigstore_instance.py`)."""
    from tests.sigstore_instance import Instance, served

    with served(Instance()) as one:
        yield one


@pytest.fixture
def trust(instance: Any, tmp_path: Path) -> Path:
    """The instance's ClientTrustConfig, as a file."""
    return Path(instance.write_config(tmp_path))
