"""Torch and transformers are imported where an engine needs them, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from unlearnkit.corpus import sparing as room
from unlearnkit.corpus.nlp import EMAIL, NlpSettings, detect, load_without_ner
from unlearnkit.corpus.sparing import sparing

LOAD = """
import sys
from unlearnkit.corpus.nlp import NlpSettings, detect, load_analyzer
from unlearnkit.errors import BadInput

analyzer = load_analyzer(NlpSettings(engine={engine!r}))
((one, *_),) = detect(analyzer, ["zoltana@quibble.co.uk wrote"])
print(one.entity, sorted({{"torch", "transformers"}} & set(sys.modules)))
"""
LATER = """
import torch
from transformers import AutoTokenizer
print(torch.zeros(1).item(), AutoTokenizer.__name__)
"""
CLASSIFIER = """
try:
    load_analyzer(NlpSettings(engine="transformers", model={folder!r}))
except BadInput as error:
    print(error.what)
"""


def printed(code: str) -> str:
    """By a process of its own, in which nothing has been imported yet."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout


@pytest.mark.parametrize("engine", ["patterns", "spacy"])
def test_neither_is_imported_for_an_engine_that_does_without(engine: str) -> None:
    said = printed(LOAD.format(engine=engine) + LATER)
    assert said == "EMAIL_ADDRESS []\n0.0 AutoTokenizer\n"


def test_a_token_classifier_behind_another_engine_is_told_apart_from_a_broken_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text("{}")
    said = printed(LOAD.format(engine="patterns") + CLASSIFIER.format(folder=str(tmp_path)))
    assert said.splitlines()[1].startswith("this process has loaded Presidio for another engine")


def test_what_only_searches_needs_no_model() -> None:
    analyzer = load_without_ner(NlpSettings(model="xx_absent"))
    ((one,),) = detect(analyzer, ["Robert Smith: a@quibble.example"])
    assert one.entity == EMAIL


ABSENT = "fallow"
"""A module that is made here, and that nothing has imported."""


@pytest.fixture
def a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{ABSENT}.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(room, "_SPARED", frozenset({ABSENT}))
    monkeypatch.delitem(sys.modules, ABSENT, raising=False)


@pytest.mark.usefixtures("a_module")
def test_what_is_spared_can_be_imported_afterwards() -> None:
    with sparing("patterns"), pytest.raises(ModuleNotFoundError, match=ABSENT):
        __import__(ABSENT)
    assert __import__(ABSENT)
    with sparing("patterns"):
        assert __import__(ABSENT), "it is there already"


@pytest.mark.usefixtures("a_module")
def test_another_thread_imports_what_it_likes() -> None:
    with sparing("patterns"):
        other = Thread(target=__import__, args=(ABSENT,))
        other.start()
        other.join()
    assert ABSENT in sys.modules


@pytest.mark.usefixtures("a_module")
def test_nothing_is_spared_a_token_classifier() -> None:
    with sparing("transformers"):
        assert __import__(ABSENT)


@pytest.mark.usefixtures("a_module")
def test_nothing_is_spared_spacy_where_its_transformers_are_installed(
    tmp_path: Path,
) -> None:
    (tmp_path / "spacy_curated_transformers.py").write_text("")
    with sparing("spacy"):
        assert __import__(ABSENT)
